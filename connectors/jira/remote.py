"""What stands in the places Dovetail may write to: our fields, and our one comment, found by its marker.

A comment is ours only if its author is our own account and its property names the very issue it stands on: a
property can be copied by anybody, and issues are cloned with their comments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from connectors.jira import wire, wire_site
from connectors.jira.client import MARKER_PROPERTY
from connectors.jira.render import decode_body, text_hash, text_of
from connectors.jira.site import Site
from connectors.jira.slots import FieldSlot, slot_for
from connectors.targets import GONE, native
from portfolio.errors import AccessDenied, BadAnswer, TargetMissing, Unavailable
from portfolio.intents import COMMENT, RemoteComment, Slots
from portfolio.records import ItemId, item_id

# Comments embedded in an issue make the vendor's limit 100 issues a request. facts/jira.md §1.2.
_AT_ONCE = 100
_CUSTOMERS = (
    "it is in a service project, where customers would read the comment; write.service_projects allows it"
)


class Marker(msgspec.Struct, frozen=True):
    """The property of our comment: the issue it is for, what was written, and what that said."""

    issue: str
    digest: str
    body: str
    v: int = 1


_MARKER = msgspec.json.Decoder(Marker)


class _Look(msgspec.Struct):
    """One issue while it is looked at."""

    id: str
    fields: Any
    own: list[str]
    is_cut: bool


class Remote:
    """Looks at items of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._source = site.settings.name
        self._client = site.client
        write = site.settings.write
        self._comments = bool(write and write.comments)
        self._service_projects = bool(write and write.service_projects)
        self._screens: dict[tuple[str, str], wire_site.EditMeta | None] = {}
        self._screen_of: dict[str, wire_site.EditMeta | None] = {}

    def look(self, targets: Sequence[ItemId]) -> Iterator[Slots]:
        """What stands now; one answer per target, also for those that are gone."""
        self._client.myself()
        for start in range(0, len(targets), _AT_ONCE):
            yield from self._batch([native(one) for one in targets[start : start + _AT_ONCE]])

    def look_at(self, issue: str) -> Slots:
        """What stands now at one issue."""
        return next(iter(self._batch([issue])))

    def comment(self, issue: str, comment_id: str) -> RemoteComment | None:
        """One comment by its id, if it is ours and on this issue."""
        return self._ours(issue, self._client.comments([comment_id]))

    def decode(self, raw: bytes) -> Any:
        """The fields of an issue as a write's answer shows it; None where there are none."""
        try:
            issue = msgspec.json.decode(raw, type=wire.Issue)
            return self._decoder.decode(issue.fields) if bytes(issue.fields) != b"{}" else None
        except msgspec.DecodeError:
            return None

    def values(self, fields: Any) -> dict[str, Any]:
        """Our fields in canonical form."""
        return {slot: one.read(getattr(fields, slot)) for slot, one in self.slots.items()}

    @property
    def slots(self) -> dict[str, FieldSlot]:
        """Our fields as this site has them."""
        settings = self._site.settings
        labels = settings.write.values if settings.write else {}
        return {
            slot: slot_for(slot, field, labels.get(slot, {}))
            for slot, field in (self._site.resolved.writes.items() if settings.write_fields else ())
        }

    def options(self, issue: str, field_id: str) -> list[msgspec.Raw] | None:
        """The values that a select field of an issue allows; None where that is not known."""
        screen = self._screen_of.get(issue)
        field = screen.fields.get(field_id) if screen else None
        return field.allowedValues if field else None

    def _screen(self, issue: str, fields: Any) -> wire_site.EditMeta | None:
        """The edit screen of an issue, read once per project and type; None where it cannot be read."""
        key = (fields.project.id if fields.project else "", fields.issuetype.id if fields.issuetype else "")
        if key not in self._screens:
            try:
                self._screens[key] = self._client.editmeta(issue)
            except (AccessDenied, TargetMissing):
                self._screens[key] = None
        self._screen_of[issue] = self._screens[key]
        return self._screens[key]

    @property
    def _decoder(self) -> Any:
        custom: dict[str, tuple[str, Any]] = {
            slot: (field.field_id, msgspec.Raw) for slot, field in self.slots.items()
        }
        if self._comments:
            custom["comment"] = ("comment", wire.CommentPage)
        return msgspec.json.Decoder(wire.fields_struct(custom))

    def _batch(self, issues: Sequence[str]) -> Iterator[Slots]:
        asked = ["project", "issuetype", "status", "updated", *(one.field_id for one in self.slots.values())]
        answer = self._client.details(issues, [*asked, "comment"] if self._comments else asked)
        if answer.issueErrors:
            raise Unavailable(self._source, f"{len(answer.issueErrors)} issues cannot be read at the moment.")
        decoder, me = self._decoder, self._client.myself().accountId
        found: dict[str, _Look] = {}
        for issue in answer.issues:
            try:
                fields = decoder.decode(issue.fields)
            except msgspec.DecodeError as error:
                raise BadAnswer(self._source, f"{issue.key}: {str(error)[:160]}") from error
            page = fields.comment if self._comments else None
            shown = page.comments if page else []
            own = [one.id for one in shown if one.author and one.author.accountId == me]
            is_cut = self._comments and (page is None or page.total > len(shown))
            found[issue.id] = _Look(id=issue.id, fields=fields, own=own, is_cut=is_cut)
        comments = self._comments_of(found, me)
        for issue_id in issues:
            look = found.get(issue_id)
            ident = item_id(self._source, issue_id)
            if look is None:
                yield Slots(item_id=ident, exists=False, gone_because=GONE)
            else:
                yield Slots(
                    item_id=ident,
                    fields=self.values(look.fields),
                    unwritable=self._unwritable(look),
                    comment=comments.get(issue_id),
                    revision=look.fields.updated,
                )

    def _comments_of(self, found: dict[str, _Look], me: str) -> dict[str, RemoteComment]:
        """Our comments on these issues: embedded ones first, all of them only where that was not enough."""
        shown = self._by_marker(found)
        cut = {key: look for key, look in found.items() if look.is_cut and key not in shown}
        for look in cut.values():
            known = set(look.own)
            rest = self._client.comments_of(look.id)
            look.own = [
                one.id for one in rest if one.author and one.author.accountId == me and one.id not in known
            ]
        return shown | self._by_marker(cut)

    def _by_marker(self, found: dict[str, _Look]) -> dict[str, RemoteComment]:
        home = {comment: key for key, look in found.items() for comment in look.own}
        grouped: dict[str, list[wire.Comment]] = {}
        for comment in self._client.comments(list(home)):
            grouped.setdefault(home.get(comment.id, ""), []).append(comment)
        ours = {key: self._ours(key, comments) for key, comments in grouped.items()}
        return {key: comment for key, comment in ours.items() if comment is not None}

    def _ours(self, issue: str, comments: Sequence[wire.Comment]) -> RemoteComment | None:
        me = self._client.myself().accountId
        marked = [
            (comment, marker)
            for comment in comments
            if comment.author is not None
            and comment.author.accountId == me
            and (marker := _marker(comment)) is not None
            and marker.issue == issue
        ]
        if not marked:
            return None
        marked.sort(key=lambda pair: int(pair[0].id))
        first, marker = marked[0]
        body = decode_body(first.body)
        by_other = first.updateAuthor is not None and first.updateAuthor.accountId not in ("", me)
        return RemoteComment(
            remote_id=first.id,
            digest=marker.digest,
            is_edited=by_other or text_hash(body) != marker.body,
            body=text_of(body),
            duplicates=tuple(comment.id for comment, _ in marked[1:]),
        )

    def _unwritable(self, look: _Look) -> dict[str, str]:
        reasons: dict[str, str] = {}
        project = look.fields.project
        if (
            self._comments
            and project is not None
            and project.projectTypeKey == "service_desk"
            and not self._service_projects
        ):
            reasons[COMMENT] = _CUSTOMERS
        if self._site.settings.write_fields:
            reasons |= {slot: str(why) for slot, why in self._site.resolved.write_problems.items()}
        screen = self._screen(look.id, look.fields) if self.slots else None
        for slot, field in self.slots.items():
            why = field.problem or _off_screen(field, screen)
            if why:
                reasons[slot] = why
        return reasons


def _off_screen(field: FieldSlot, screen: wire_site.EditMeta | None) -> str | None:
    if screen is None:
        return "the account may not edit it"
    if field.field_id not in screen.fields:
        return f"the field {field.name} is not on the edit screen, or the account may not edit the issue"
    return None


def _marker(comment: wire.Comment) -> Marker | None:
    for one in comment.properties:
        if one.key == MARKER_PROPERTY:
            try:
                return _MARKER.decode(one.value)
            except msgspec.DecodeError:
                return None
    return None
