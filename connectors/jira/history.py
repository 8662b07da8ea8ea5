"""An issue's histories as a timeline of canonical changes.

Values are taken from `from`/`to`; `fromString`/`toString` are in the locale and zone of the site and serve
only where nothing else is there (keys, titles, names). A date is cleared by null in one field and by an empty
text in another. facts/jira.md §1.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from connectors.jira.fields import Resolved
from connectors.jira.values import States, instant
from connectors.jira.wire import History, Item, Status
from portfolio.records import Change, ItemId, SourceId, item_id

# Text longer than this says nothing that a timeline needs; descriptions change by the page.
_LONGEST_TEXT = 255
# Wire names of items that carry no field id, and of system fields: canonical name.
_CANONICAL: Mapping[str, str] = {
    "assignee": "owner",
    "duedate": "duedate",
    "fixVersions": "release",
    "priority": "priority",
    "labels": "labels",
    "summary": "title",
    "status": "status",
    "resolution": "resolution",
    "issuetype": "type",
    "timeoriginalestimate": "estimate",
    "parent": "parent",
    "Key": "key",
    "Parent": "parent",
    "IssueParentAssociation": "parent",
    "Epic Link": "parent",
    "Parent Link": "parent",
}
_BY_NAME = frozenset({"Key", "Parent", "IssueParentAssociation", "Epic Link", "Parent Link"})
# Resolved field → canonical name; the two finish dates meet in `due` (see _Dates).
_CUSTOM: Mapping[str, str] = {
    "start": "start",
    "finish": "finish",
    "sprint": "iteration",
    "points": "points",
    "flagged": "blocked",
    "team": "team",
    "epic_link": "parent",
    "parent_link": "parent",
    "health": "health_declared",
    "severity": "severity",
}


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """The changes of one issue, oldest first, and what only they can tell."""

    changes: list[Change]
    blocked_at: datetime | None = None  # the last time the flag was raised
    started_at: datetime | None = None  # the first time it was in progress
    ended_at: datetime | None = None  # the last time it became done or removed


class HistoryReader:
    """Reads histories of one site. `own_account` and the fields we write mark our own echoes."""

    def __init__(
        self,
        source: SourceId,
        resolved: Resolved,
        statuses: Sequence[Status],
        states: States,
        own_account: str | None = None,
    ) -> None:
        self._source = source
        self._states = states
        self._by_id = {status.id: status for status in statuses}
        self._by_name = {status.name.casefold(): status for status in statuses}
        self._own = own_account
        self._own_fields = frozenset(field.id for field in resolved.writes.values())
        self._names = dict(_CANONICAL) | {
            field.id: _CUSTOM[name] for name, field in resolved.fields.items() if name in _CUSTOM
        }
        self.unknown_statuses: dict[str, int] = {}

    def read(
        self, issue: ItemId, histories: Sequence[History], *, due: str | None, finish: str | None
    ) -> Timeline:
        """The timeline of an issue from all its histories, in any order.

        `due` and `finish` are what stands in the two date fields today; together they are the due date.

        Raises:
            ValueError: a history without a readable instant.
        """
        dated = sorted(((instant(entry.created), entry) for entry in histories), key=_order)
        story = _Story(self._source, issue, _Dates(dated, self._names, due=due, finish=finish))
        for at, entry in dated:
            story.turn(at, entry)
            is_own = story.by is not None and story.by == self._own
            for index, item in enumerate(entry.items):
                if is_own and item.fieldId in self._own_fields:
                    continue  # our own echo is not news
                self._tell(story, index, item)
        return Timeline(
            changes=story.changes,
            blocked_at=story.blocked_at,
            started_at=story.started_at,
            ended_at=story.ended_at,
        )

    def _tell(self, story: _Story, index: int, item: Item) -> None:
        name = self._name(item)
        match name:
            case "status":
                before = self._state(item.before, item.before_text)
                after = self._state(item.after, item.after_text, story.resolution)
                story.status(index, item, before, after)
            case "duedate" | "finish":
                shown = story.dates.change(story.entry, index)
                if shown is None:
                    story.add(index, item.field, _short(item.before_text), _short(item.after_text))
                else:
                    story.add(index, "due", *shown)
            case "parent":
                story.parent(index, self._ref(item.before), self._ref(item.after))
            case "key":
                story.moved(index, item.before_text, item.after_text)
            case "blocked":
                story.flag(index, is_raised=bool(item.after or item.after_text))
            case "owner" | "start":
                story.add(index, name, item.before or None, item.after or None)
            case "release" | "iteration":
                story.add(index, name, self._refs(item.before), self._refs(item.after))
            case "labels":
                story.add(index, name, _labels(item.before_text), _labels(item.after_text))
            case "estimate":
                story.add(index, name, _hours(item.before), _hours(item.after))
            case _:
                story.add(index, name, _short(item.before_text), _short(item.after_text))

    def _name(self, item: Item) -> str:
        if item.fieldId is not None:
            name = self._names.get(item.fieldId)
            if name is not None:
                return name
        if item.field in _BY_NAME:
            return self._names[item.field]
        return "blocked" if item.field == "Flagged" else item.field or item.fieldId or "unknown"

    def _state(self, status_id: str | None, name: str | None, resolution: str | None = None) -> str | None:
        # A status that no workflow uses any more is not listed; one of the same name often is.
        status = self._by_id.get(status_id or "") or self._by_name.get((name or "").casefold())
        if status is None:
            if name:
                self.unknown_statuses[name] = self.unknown_statuses.get(name, 0) + 1
            return None
        return self._states.of(status.statusCategory.key, name or status.name, resolution)

    def _ref(self, native_id: str | None) -> str | None:
        return item_id(self._source, native_id) if native_id else None

    def _refs(self, native_ids: str | None) -> str | None:
        """Ids of versions or sprints, of which the sprint field holds several: "3, 5"."""
        if not native_ids:
            return None
        return ",".join(item_id(self._source, one.strip()) for one in native_ids.split(",") if one.strip())


class _Story:
    """The timeline of one issue while it is told: one save after the other."""

    def __init__(self, source: SourceId, issue: ItemId, dates: _Dates) -> None:
        self.dates = dates
        self.changes: list[Change] = []
        self.blocked_at: datetime | None = None
        self.started_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.by: str | None = None
        self.entry = ""
        self.resolution: str | None = None
        self._source = source
        self._issue = issue
        self._at: datetime | None = None
        self._parents: set[str | None] = set()

    def turn(self, at: datetime, entry: History) -> None:
        """Begin the next save."""
        self._at, self.entry = at, entry.id
        self.by = entry.author.accountId or None if entry.author else None
        self.resolution = next(
            (item.after_text for item in entry.items if item.fieldId == "resolution"), None
        )
        self._parents.clear()

    def add(self, index: int, name: str, before: str | None, after: str | None, part: str = "") -> None:
        """One change; `part` tells apart two changes that one item stands for."""
        assert self._at is not None  # noqa: S101 - turn() comes first
        self.changes.append(
            Change(
                source=self._source,
                event_id=f"{self.entry}.{index}{part}",
                item_id=self._issue,
                at=self._at,
                by=self.by,
                field=name,
                before=before,
                after=after,
            )
        )

    def status(self, index: int, item: Item, before: str | None, after: str | None) -> None:
        """The tracker's own status, and the state where that changed with it."""
        self.add(index, "status", item.before_text, item.after_text)
        if before != after:
            self.add(index, "state", before, after, ".state")
        if self.started_at is None and after == "in_progress":
            self.started_at = self._at
        self.ended_at = self._at if after in ("done", "removed") else None

    def parent(self, index: int, before: str | None, after: str | None) -> None:
        """A new parent. One move is told up to three times, as parent, epic link and parent link."""
        if after not in self._parents:
            self._parents.add(after)
            self.add(index, "parent", before, after)

    def moved(self, index: int, before: str | None, after: str | None) -> None:
        """A new key, and the new project where it moved to one."""
        self.add(index, "key", before, after)
        if _scope(before) != _scope(after):
            self.add(index, "scope", _scope(before), _scope(after), ".scope")

    def flag(self, index: int, *, is_raised: bool) -> None:
        """The impediment flag went up or down."""
        self.blocked_at = self._at if is_raised else None
        self.add(index, "blocked", None if is_raised else "true", "true" if is_raised else None)


class _Dates:
    """The due date over time, where two fields give it: the finish field first, then Jira's own due date."""

    def __init__(
        self,
        dated: Sequence[tuple[datetime, History]],
        names: Mapping[str, str],
        *,
        due: str | None,
        finish: str | None,
    ) -> None:
        steps = [
            (entry.id, index, names[item.fieldId], _date(item.before), _date(item.after))
            for _, entry in dated
            for index, item in enumerate(entry.items)
            if item.fieldId is not None and names.get(item.fieldId) in ("duedate", "finish")
        ]
        self._shown: dict[tuple[str, int], tuple[str | None, str | None]] = {}
        if not steps:
            return
        # What stood there before the first change of each field; what stands there today if it never changed.
        value = {"duedate": _date(due), "finish": _date(finish)}
        value |= {name: before for _, _, name, before, _ in reversed(steps)}
        last_of_save = {entry: index for entry, index, *_ in steps}
        effective = value["finish"] or value["duedate"]
        for entry, index, name, _, after in steps:
            value[name] = after
            now = value["finish"] or value["duedate"]
            # Both fields saved at once are one move of the date, told at the last of them.
            if index == last_of_save[entry] and now != effective:
                self._shown[entry, index] = (effective, now)
                effective = now

    def change(self, history: str, index: int) -> tuple[str | None, str | None] | None:
        """Before and after, where this item of a history moved the due date; None where it did not."""
        return self._shown.get((history, index))


def _order(pair: tuple[datetime, History]) -> tuple[datetime, int]:
    at, entry = pair
    return at, int(entry.id) if entry.id.isdigit() else 0


def _date(value: str | None) -> str | None:
    return value[:10] if value else None


def _hours(seconds: str | None) -> str | None:
    if not seconds:
        return None
    try:
        return f"{float(seconds) / 3600:g}"
    except ValueError:
        return None


def _short(text: str | None) -> str | None:
    if not text:
        return None
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _labels(text: str | None) -> str | None:
    """Labels have no spaces here; elsewhere they do, so a timeline has them as `a; b` for all."""
    return "; ".join(sorted((text or "").split())) or None


def _scope(key: str | None) -> str | None:
    return key.rpartition("-")[0] or None if key else None
