"""Every change of an issue: the one way in which builders and HTTP handlers alter a site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simulators.clock import Clock, to_ms
from simulators.jira import adf
from simulators.jira.model import (
    Comment,
    FieldDef,
    History,
    Issue,
    Json,
    Link,
    LinkType,
    Project,
    Status,
    User,
)
from simulators.jira.state import State
from simulators.jira.values import coerce, item, items

READ_ONLY = frozenset(
    {"status", "created", "updated", "creator", "project", "issuekey", "statusCategory", "comment"}
)


class Editing(State):
    """A site that can change. Callers hold the lock."""

    def __init__(self, clock: Clock | None = None, seed: int = 1) -> None:
        super().__init__(clock, seed)
        self.index_lag_seconds = 0.0
        self.epoch = 0  # moves when something that issues show changes without touching them
        self.found: dict[Any, Any] = {}  # the last searches and what they found
        self._stale: dict[int, list[tuple[float, Issue | None]]] = {}
        self._ghosts: list[tuple[float, Issue]] = []  # deleted, and still in the index

    # the search index, which lags behind the truth

    def indexed(self, issue: Issue) -> Issue | None:
        """The issue as the search index knows it; None while it does not know it at all."""
        versions = self._stale.get(issue.id)
        if versions is None:
            return issue
        now = self.clock.elapsed()
        while versions and versions[0][0] <= now:
            versions.pop(0)
        if not versions:
            del self._stale[issue.id]
            return issue
        return versions[0][1]

    def index_is_behind(self) -> bool:
        """Is any issue newer than the index?"""
        return bool(self._stale or self._ghosts)

    def ghosts(self) -> list[Issue]:
        """Issues that are deleted and that searches still find."""
        now = self.clock.elapsed()
        self._ghosts = [(until, issue) for until, issue in self._ghosts if until > now]
        return [issue for _, issue in self._ghosts]

    def remember(self, issue: Issue, *, is_new: bool = False) -> None:
        """Keep what the index still shows, before a change."""
        if self.index_lag_seconds > 0:
            until = self.clock.elapsed() + self.index_lag_seconds
            self._stale.setdefault(issue.id, []).append((until, None if is_new else issue.copy()))

    # changes

    def when(self, at: datetime | None) -> int:
        """Epoch milliseconds of an instant, now by default."""
        return to_ms(at) if at is not None else self.clock.now_ms()

    def touch(self, issue: Issue, at: datetime | None) -> None:
        """Move `updated`: every write does, also one that changed nothing."""
        moment = self.when(at)
        if at is None and moment <= issue.updated:
            moment = issue.updated + 1  # the clock may stand still; `updated` never does
        issue.updated = max(issue.updated, moment)
        issue.revision += 1
        self.revision += 1

    def history(self, issue: Issue, entries: list[dict[str, Json]], by: str, at: datetime | None) -> None:
        """Add one history entry."""
        if entries:
            number = self.next_id("history", 10_000)
            issue.histories.append(History(number, by, self.when(at), entries))

    def change(self, issue: Issue, changes: Mapping[FieldDef, Json], by: str, at: datetime | None) -> bool:
        """Set fields to canonical values; an equal value leaves no history. Did anything change?"""
        self.remember(issue)
        entries: list[dict[str, Json]] = []
        for field, value in changes.items():
            before = issue.type_id if field.id == "issuetype" else issue.fields.get(field.id)
            if (before or None) == (value or None) and not (value == 0 or before == 0):
                continue
            if before == value:
                continue
            entries += items(self, field, before, value)
            self._set(issue, field, value, by, at)
        self.touch(issue, at)
        self.history(issue, entries, by, at)
        return bool(entries)

    def _set(self, issue: Issue, field: FieldDef, value: Json, by: str, at: datetime | None) -> None:
        if field.id == "issuetype":
            issue.type_id = value
            return
        if field.id == "parent":
            self._reparent(issue, value, by, at)
        if value is None:
            issue.fields.pop(field.id, None)
        else:
            issue.fields[field.id] = value
        if field.id == "assignee" and value and value not in issue.watchers:
            issue.watchers.append(value)

    def _reparent(self, issue: Issue, parent: int | None, by: str, at: datetime | None) -> None:
        before = issue.fields.get("parent")
        pair = (str(issue.id), self.key_of(issue))
        if before in self.children:
            self.children[before].remove(issue.id)
            self._epic_child(before, pair, (None, None), by, at)
        if parent is not None:
            self.children.setdefault(parent, []).append(issue.id)
            self._epic_child(parent, (None, None), pair, by, at)

    def _epic_child(
        self, parent: int, before: tuple[Json, Json], after: tuple[Json, Json], by: str, at: datetime | None
    ) -> None:
        epic = self.issues.get(parent)
        if epic is not None and self.types[epic.type_id].level >= 1:
            self.remember(epic)
            self.touch(epic, at)
            self.history(epic, [item("Epic Child", None, before, after)], by, at)

    def move_to(self, issue: Issue, status: Status, by: str, at: datetime | None) -> None:
        """Change the status; entering or leaving `done` sets or clears the resolution."""
        before = self.statuses[issue.status_id]
        if before.id == status.id:
            return
        self.remember(issue)
        entries = []
        resolution = None
        if status.category == "done":
            resolution = "10001" if status.name == "Cancelled" else "10000"
        if issue.fields.get("resolution") != resolution:
            field = self.field_defs["resolution"]
            entries += items(self, field, issue.fields.get("resolution"), resolution)
            issue.fields["resolution"] = resolution
            issue.fields["resolutiondate"] = self.when(at) if resolution else None
        status_field = self.field_defs["status"]
        entries.append(item("status", status_field, (before.id, before.name), (status.id, status.name)))
        issue.status_id = status.id
        if before.category != status.category:
            issue.status_changed = self.when(at)
        self.touch(issue, at)
        self.history(issue, entries, by, at)

    def add_link(
        self, kind: LinkType, source: Issue, destination: Issue, by: str, at: datetime | None
    ) -> Link:
        """Link two issues; an equal link is not made twice."""
        for link_id in self.issue_links.get(source.id, ()):
            link = self.links[link_id]
            if (link.type_id, link.source, link.destination) == (kind.id, source.id, destination.id):
                return link
        link = Link(self.next_id("link", 10_000), kind.id, source.id, destination.id)
        self.links[link.id] = link
        for issue, verb, other in ((source, kind.outward, destination), (destination, kind.inward, source)):
            self.remember(issue)
            self.issue_links.setdefault(issue.id, []).append(link.id)
            self.touch(issue, at)
            key = self.key_of(other)
            # A link's history is a sentence and has no fieldId.
            self.history(issue, [item("Link", None, (None, None), (key, f"This issue {verb} {key}"))], by, at)
        return link

    def drop_link(self, link: Link, by: str, at: datetime | None) -> None:
        """Remove a link from both of its issues."""
        kind = self.link_types[link.type_id]
        del self.links[link.id]
        for here, verb, there in (
            (link.source, kind.outward, link.destination),
            (link.destination, kind.inward, link.source),
        ):
            self.issue_links[here].remove(link.id)
            issue, other = self.issues.get(here), self.issues.get(there)
            if issue is not None and other is not None:
                self.remember(issue)
                self.touch(issue, at)
                key = self.key_of(other)
                self.history(
                    issue, [item("Link", None, (key, f"This issue {verb} {key}"), (None, None))], by, at
                )

    def comment_on(
        self,
        issue: Issue,
        body: Json,
        by: str,
        at: datetime | None = None,
        *,
        properties: Mapping[str, Json] | None = None,
        visibility: dict[str, str] | None = None,
    ) -> Comment:
        """Add a comment."""
        self.remember(issue)
        moment = self.when(at)
        comment = Comment(
            id=self.next_id("comment", 10_000),
            author=by,
            body=body,
            created=moment,
            updated=moment,
            update_author=by,
            properties=dict(properties or {}),
            visibility=visibility,
        )
        issue.comments.append(comment)
        self.touch(issue, at)
        return comment

    def mail_about(self, issue: Issue, reason: str, body: Json = None) -> None:
        """Count the mail to the watchers, and one to each person mentioned."""
        key = self.key_of(issue)
        self.mails.append((key, reason))
        self.mails += [(key, f"mention of {account}") for account in adf.mentions(body)]

    def move_between(self, issue: Issue, target: Project, by: str, at: datetime | None) -> str:
        """Move an issue to another project: same id, new key, and a history that names both."""
        self.remember(issue)
        home, old_key = self.projects[issue.project_id], self.key_of(issue)
        issue.project_id, issue.number = target.id, target.next_number
        target.next_number += 1
        key = self.key_of(issue)
        self.keys[key] = issue.id
        issue.fields.pop("fixVersions", None)
        entries = [
            item(
                "project",
                self.field_defs["project"],
                (str(home.id), home.name),
                (str(target.id), target.name),
            ),
            item("Key", None, (None, old_key), (None, key)),
        ]
        self.touch(issue, at)
        self.history(issue, entries, by, at)
        return key

    def find_comment(self, comment_id: int) -> tuple[Issue, Comment]:
        """A comment with its issue, or KeyError."""
        for issue in self.issues.values():
            for comment in issue.comments:
                if comment.id == comment_id:
                    return issue, comment
        raise KeyError(f"no comment {comment_id} on this site")

    def forget_rendered(self) -> None:
        """Something that issues show has changed without touching them."""
        self.epoch += 1
        self.revision += 1

    def remove_issue(self, issue: Issue) -> None:
        """Delete an issue with its sub-tasks; nothing tells that it was ever there."""
        for child in list(self.children.get(issue.id, ())):
            if self.types[self.issues[child].type_id].level < 0:
                self.remove_issue(self.issues[child])
            else:
                self.issues[child].fields.pop("parent", None)
                self.issues[child].revision += 1
        self.children.pop(issue.id, None)
        parent = issue.fields.get("parent")
        if parent in self.children:
            self.children[parent].remove(issue.id)
        for link_id in list(self.issue_links.get(issue.id, ())):
            link = self.links.pop(link_id)
            for end in {link.source, link.destination}:
                self.issue_links[end].remove(link_id)
                self.issues[end].revision += 1
        self._stale.pop(issue.id, None)
        if self.index_lag_seconds > 0:
            self._ghosts.append((self.clock.elapsed() + self.index_lag_seconds, issue.copy()))
        del self.issues[issue.id]
        self.keys = {key: number for key, number in self.keys.items() if number != issue.id}
        self.revision += 1

    def canonical(
        self, values: Mapping[str, Json], project_id: int, *, version: int = 3, lenient: bool = True
    ) -> dict[FieldDef, Json]:
        """Fields by name or id to their definitions and canonical values.

        Raises:
            KeyError: a field that does not exist.
            FieldError: a value the tracker refuses.
        """
        found: dict[FieldDef, Json] = {}
        for name, value in values.items():
            field = self.find_field(name)
            if field is None:
                raise KeyError(name)
            found[field] = coerce(self, field, value, project_id, version=version, lenient=lenient)
        return found

    def person(self, account: str | User) -> str:
        """The account id of a user that exists."""
        if isinstance(account, User):
            return account.account_id
        if account not in self.users:
            raise KeyError(f"no user {account!r} on this site")
        return account
