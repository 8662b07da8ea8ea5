"""What stands in the places Dovetail may write to: our fields, and our one comment, by its reference line.

A comment is ours only if our own account wrote it and its reference names the very item it stands on: a line
can be copied by anybody, and items are copied with their comments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from connectors.answers import Refusal
from connectors.azure_devops import edits, reference, wire
from connectors.azure_devops import wire_writing as writing
from connectors.azure_devops.client import ITEMS_AT_ONCE
from connectors.azure_devops.render import Format
from connectors.azure_devops.site import Site
from connectors.azure_devops.slots import FieldSlot, WriteFields, write_fields
from connectors.azure_devops.values import day
from connectors.parallel import completed
from connectors.targets import GONE, native
from portfolio.errors import AccessDenied, BadAnswer, TargetMissing, Unsupported
from portfolio.intents import COMMENT, RemoteComment, Slots, Value
from portfolio.records import ItemId, item_id

_ITEMS = msgspec.json.Decoder(writing.ItemsNow)
_SYSTEM = ("System.Id", "System.Rev", "System.TeamProject", "System.WorkItemType", "System.CommentCount")


class Standing(msgspec.Struct, frozen=True):
    """One item as it stands now; `comment_count` is None where the tracker does not say."""

    item: str
    rev: int
    project: str
    type_name: str
    comment_count: int | None
    values: Mapping[str, Value]


class Found(msgspec.Struct, frozen=True):
    """Our comment, and the format in which it is kept."""

    comment: RemoteComment
    form: Format


class Remote:
    """Looks at items of one organisation."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._source = site.settings.name
        self._client = site.client
        self._has_comments = bool(site.settings.write and site.settings.write.comments)
        self._zones = [site.zone, *map(ZoneInfo, site.settings.date_zones)]
        self._uses: dict[tuple[str, str], list[wire.TypeField] | None] = {}

    def look(self, targets: Sequence[ItemId]) -> Iterator[Slots]:
        """What stands now; one answer per target, also for those that are gone."""
        for start in range(0, len(targets), ITEMS_AT_ONCE):
            ids = [native(one) for one in targets[start : start + ITEMS_AT_ONCE]]
            standing = self.standing(ids)
            for now in standing.values():  # what all need to know is asked for once, before they part
                self.unwritable(now)
                if self._has_comments and now.comment_count != 0:
                    _ = self.comment_api
            calls = [partial(self._slots, item, standing.get(item)) for item in ids]
            latency = self._client.http.latency_seconds
            found = {one.item_id: one for one in completed(calls, latency_seconds=latency)}
            yield from (found[item_id(self._source, item)] for item in ids)

    def _slots(self, item: str, now: Standing | None, *, is_second: bool = False) -> Slots:
        ident = item_id(self._source, item)
        if now is None:
            return Slots(item_id=ident, exists=False, gone_because=GONE)
        unwritable = self.unwritable(now)
        found: Found | None = None
        if self._has_comments:
            try:
                found = self.find_comment(now)
            except TargetMissing:
                if is_second:
                    raise
                # It went, or its project was renamed, since it was looked at a moment ago.
                return self._slots(item, self.standing([item]).get(item), is_second=True)
            except AccessDenied as error:
                unwritable[COMMENT] = f"{error.message} {error.hint}"
        return Slots(
            item_id=ident,
            fields=now.values,
            unwritable=unwritable,
            comment=found.comment if found else None,
            revision=str(now.rev),
        )

    def standing(self, items: Sequence[str]) -> dict[str, Standing]:
        """These items as they stand now, without their comments; the missing and the hidden are not there.

        At most 200 of them.
        """
        numbers = [one for one in items if one.isdigit()]
        if not numbers:
            return {}
        asked = [*_SYSTEM, *(one.reference_name for one in self.slots.values())]
        found = self._client.items([int(one) for one in numbers], _ITEMS, fields=asked).value
        return {str(one.id): self._standing(one) for one in found if one is not None}

    def values(self, fields: Mapping[str, Any]) -> dict[str, Value]:
        """Our fields in canonical form."""
        day_of = self._day_of
        return {
            slot: field.read(fields.get(field.reference_name), day_of) for slot, field in self.slots.items()
        }

    @cached_property
    def write_fields(self) -> WriteFields:
        """Our fields as this organisation has them."""
        settings = self._site.settings
        if not settings.write_fields or settings.write is None:
            return WriteFields(slots={}, problems={})
        return write_fields(settings.write_fields, settings.write.values, self._site.fields)

    @property
    def slots(self) -> Mapping[str, FieldSlot]:
        """Our fields that were found."""
        return {str(slot): field for slot, field in self.write_fields.slots.items()}

    def unwritable(self, now: Standing) -> dict[str, str]:
        """Slot → why it cannot be written on this item."""
        if not self._site.settings.write_fields:
            return {}
        return self.write_fields.unwritable(now.type_name, self.uses(now.project, now.type_name))

    def allowed(self, now: Standing, reference_name: str) -> list[Any] | None:
        """The values that the type's list allows; None or empty where there is no list."""
        uses = self.uses(now.project, now.type_name) or ()
        return next((one.allowed_values for one in uses if one.reference_name == reference_name), None)

    def uses(self, project: str, type_name: str) -> list[wire.TypeField] | None:
        """The fields of a type, read once; None where the account may not see them."""
        key = (project, type_name)
        if key not in self._uses:
            try:
                self._uses[key] = self._client.type_fields(project, type_name)
            except (AccessDenied, TargetMissing):
                self._uses[key] = None
        return self._uses[key]

    # The comment.

    @cached_property
    def comment_api(self) -> edits.CommentApi:
        """What this server offers for comments; today's cloud where it does not list its resources."""
        try:
            return edits.comment_api(self._client.http)
        except (AccessDenied, TargetMissing, Refusal, BadAnswer, Unsupported):
            return edits.CommentApi()

    @property
    def form(self) -> Format:
        """The format of a new comment."""
        write = self._site.settings.write
        wanted: Format = write.comment_format if write else "html"
        return wanted if self.comment_api.has_formats else "html"

    def find_comment(self, now: Standing, known: str | None = None, *, surely: bool = False) -> Found | None:
        """Our comment on an item: by its id where that is known, else among all of them.

        `surely` lists them even where the item says that it has none.
        """
        if now.comment_count == 0 and not surely:
            return None
        if known is not None and known.isdigit():
            try:
                one = edits.comment(self._client.http, self.comment_api, now.project, now.item, known)
            except TargetMissing:
                one = None
            if one is not None and (found := self.ours(now.item, [one])) is not None:
                return found
        return self.ours(
            now.item, edits.comments_of(self._client.http, self.comment_api, now.project, now.item)
        )

    def ours(self, item: str, comments: Sequence[writing.Comment]) -> Found | None:
        """Our comment among these; further ones with our reference are its duplicates."""
        marked = [
            (one, read)
            for one in comments
            if not one.is_deleted
            and one.created_by is not None
            and self.is_me(one.created_by)
            and (read := reference.read(one.text or "", form_of(one))).reference is not None
            and read.reference.item == item
        ]
        if not marked:
            return None
        marked.sort(key=lambda pair: pair[0].id)
        first, read = marked[0]
        by_other = first.modified_by is not None and not self.is_me(first.modified_by)
        comment = RemoteComment(
            remote_id=str(first.id),
            digest=read.reference.digest if read.reference else None,
            is_edited=by_other or not read.is_as_written,
            body=read.said,
            duplicates=tuple(str(one.id) for one, _ in marked[1:]),
        )
        return Found(comment, form_of(first))

    def _day_of(self, text: str) -> date | None:
        try:
            return day(text, self._zones)
        except ValueError:
            return None

    def is_me(self, author: writing.Author) -> bool:
        """Whether an author is the account that we write with."""
        me = self._client.me()
        if author.descriptor and me.subject_descriptor:
            return author.descriptor == me.subject_descriptor
        return (author.id or "").casefold() == me.id.casefold()

    def _standing(self, one: writing.ItemNow) -> Standing:
        count = one.fields.get("System.CommentCount")
        return Standing(
            item=str(one.id),
            rev=one.rev,
            project=str(one.fields.get("System.TeamProject", "")),
            type_name=str(one.fields.get("System.WorkItemType", "")),
            comment_count=count if isinstance(count, int) else None,
            values=self.values(one.fields),
        )


def form_of(comment: writing.Comment) -> Format:
    """How a comment's text is to be read: an organisation mixes both."""
    return "markdown" if comment.format == "markdown" else "html"
