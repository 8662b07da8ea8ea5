"""Revisions as a timeline of canonical changes, each dated by the `System.ChangedDate` of its revision.

A revision shows everything as it stood afterwards, so a change is the difference from the one before. Those
are kept packed and bounded; what is not kept has to be asked for. Links raise no revision
(facts/azure_devops.md §0.6): parents and dependencies come from the other cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from connectors.azure_devops.fields import Resolved
from connectors.azure_devops.mapping import ItemMapper
from connectors.azure_devops.mapping_site import iteration_id
from connectors.azure_devops.values import account_of, day, health_of, instant, number_of, tags_of, text_of
from connectors.azure_devops.wire import Account
from portfolio.records import Change, SourceId, item_id

# A packed state takes some 300 bytes, so this is at most some 40 MB, however large the organisation is.
KEPT = 100_000
_LONGEST_TEXT = 255

_PACK = msgspec.msgpack.Encoder().encode
_UNPACK = msgspec.msgpack.Decoder(tuple[Any, ...]).decode

# Fields that stand in a change as they stand in the revision: canonical name, by attribute.
_PLAIN: Mapping[str, str] = {
    "state": "status",
    "reason": "reason",
    "type": "type",
    "owner": "owner",
    "title": "title",
    "area": "scope",
    "column": "board_column",
    "priority": "priority",
    "severity": "severity",
}
_DATES, _NUMBERS = ("start", "due"), ("points", "estimate", "remaining", "spent")
_NONE: frozenset[str] = frozenset()
_STATE_PARTS = frozenset({"project", "type", "state", "reason"})


class HistoryReader:
    """Turns revisions, in the order in which they were made, into changes.

    `in_scope` says whether the items of a project are read. Changes of `own_meanings` by `own_account` are
    our own echo.
    """

    def __init__(
        self,
        source: SourceId,
        resolved: Resolved,
        mapper: ItemMapper,
        in_scope: Callable[[str | None], bool],
        *,
        own_account: Callable[[], str | None],
        own_meanings: frozenset[str] = frozenset(),
        kept: int = KEPT,
    ) -> None:
        self._source = source
        self._mapper = mapper
        self._in_scope = in_scope
        self._own_account = own_account
        self._own_meanings = own_meanings
        self._limit = kept
        self._values = resolved.tracked_values
        self._names = resolved.tracked_names
        self._fields = resolved.fields_type
        self._meanings_of = resolved.meanings_of(("blocked", *_DATES, *_NUMBERS, "health"))
        self._meanings_of["tags"] = self._meanings_of.get("tags", _NONE) | {"blocked"}
        self._kept: dict[int, tuple[int, bytes]] = {}  # item → its last revision, and that packed
        self.accounts: dict[str, Account | str] = {}  # everybody who changed something

    def missing(self, rows: Iterable[Any]) -> dict[int, Any]:
        """The first row of each item whose state before it is not known; items begin with revision 1."""
        found: dict[int, Any] = {}
        kept, in_scope = self._kept, self._in_scope
        begun: set[int] = set()
        for row in rows:
            if row.id in kept or row.id in begun or not in_scope(row.fields.project):
                continue
            begun.add(row.id)
            if row.rev > 1:
                found[row.id] = row
        return found

    def remember(self, row: Any) -> None:
        """Keep this revision as what stands before the next one of its item."""
        fields = row.fields
        self._keep(row.id, row.rev, _PACK((account_of(fields.owner), *self._values(fields))))

    def read(self, rows: Iterable[Any], *, everywhere: bool = False) -> list[Change]:
        """The changes that these revisions are, oldest first.

        `everywhere` reads items in whatever project they stood: those that have come into one of ours.
        """
        changes: list[Change] = []
        kept, in_scope, values_of = self._kept, self._in_scope, self._values
        for row in rows:
            fields = row.fields
            before = kept.pop(row.id, None)
            inside = everywhere or in_scope(fields.project)
            if before is None:
                if inside:
                    self.remember(row)
                continue
            if row.rev <= before[0]:  # told again
                kept[row.id] = before
                continue
            values = (account_of(fields.owner), *values_of(fields))
            packed = _PACK(values)
            if packed != before[1]:
                self._compare(row, _UNPACK(before[1]), values, changes)
            if inside:
                self._keep(row.id, row.rev, packed)
        return changes

    def _keep(self, item: int, rev: int, packed: bytes) -> None:
        if len(self._kept) >= self._limit:
            # Those that changed longest ago, many at a time: taking the first of a dictionary again and again
            # walks over all that were taken before.
            for old in list(islice(self._kept, max(1, self._limit // 10))):
                del self._kept[old]
        self._kept[item] = (rev, packed)

    def _compare(
        self, row: Any, before: tuple[Any, ...], after: tuple[Any, ...], changes: list[Change]
    ) -> None:
        fields = row.fields
        names = self._names
        differing = {name: at for at, name in enumerate(names) if before[at] != after[at]}
        if not differing:
            return
        by = account_of(fields.changed_by)
        if by is not None and by not in self.accounts:
            self.accounts[by] = fields.changed_by
        teller = _Teller(self._source, row, instant(fields.changed_date), by, changes)
        for name, at in differing.items():
            plain = _PLAIN.get(name)
            if plain is not None:
                teller.add(plain, _short(before[at]), _short(after[at]))
            elif name == "iteration":
                teller.add("iteration", self._iteration(before[at]), self._iteration(after[at]))
            elif name == "tags":
                teller.add("labels", _labels(before[at]), _labels(after[at]))
            elif name == "is_deleted":
                teller.add("deleted", "true" if before[at] else None, "true" if after[at] else None)
        if not _STATE_PARTS.isdisjoint(differing):
            teller.add("state", self._state(before), self._state(after))
        touched = self._touched(differing)
        if touched:
            self._meanings(teller, before, fields, touched)

    def _touched(self, differing: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for name in differing:
            found |= self._meanings_of.get(name, _NONE)
        return found

    def _meanings(self, teller: _Teller, before: tuple[Any, ...], fields: Any, touched: set[str]) -> None:
        """Dates, efforts, blocked and health, each from the first of its fields in which something stands."""
        was: Any = self._fields(**dict(zip(self._names, before, strict=True)))
        own = self._own_meanings and teller.by == self._own_account()
        old, new = self._mapper.getter(before[1], before[2]), self._mapper.getter(fields.project, fields.type)
        for meaning in touched:
            if meaning == "blocked" or (own and meaning in self._own_meanings):
                continue  # our own echo is not news
            a = old[meaning](was) if meaning in old else None
            b = new[meaning](fields) if meaning in new else None
            if a == b:
                continue
            if meaning in _DATES:
                teller.add(meaning, self._date(a), self._date(b))
            elif meaning in _NUMBERS:
                teller.add(meaning, _number(a), _number(b))
            else:
                teller.add("health_declared", _health(a), _health(b))
        if "blocked" not in touched:
            return
        blocked = [
            self._mapper.is_blocked(get["blocked"](one) if "blocked" in get else None, tags_of(one.tags))
            for get, one in ((old, was), (new, fields))
        ]
        teller.add("blocked", *("true" if one else None for one in blocked))

    def _state(self, values: tuple[Any, ...]) -> str | None:
        _, project, type_, state, reason = values[:5]
        return self._mapper.state(project, type_, state, reason)

    def _iteration(self, node: int | None) -> str | None:
        return iteration_id(self._source, node) if node else None

    def _date(self, value: Any) -> str | None:
        try:
            found = day(value, self._mapper.zones) if value else None
        except (ValueError, TypeError):
            return _short(value)
        return found.isoformat() if found else None


class _Teller:
    """Tells the changes of one revision."""

    def __init__(
        self, source: SourceId, row: Any, at: datetime, by: str | None, changes: list[Change]
    ) -> None:
        self._source = source
        self._entry = f"{row.id}.{row.rev}."
        self._item = item_id(source, row.id)
        self._at = at
        self.by = by
        self._changes = changes

    def add(self, name: str, before: str | None, after: str | None) -> None:
        """One change, where it is one in the portfolio's words."""
        if before == after:
            return
        self._changes.append(
            Change(
                source=self._source,
                event_id=self._entry + name,
                item_id=self._item,
                at=self._at,
                by=self.by,
                field=name,
                before=before,
                after=after,
            )
        )


def first_of_each(rows: Sequence[Any]) -> dict[int, Any]:
    """The first row of each item."""
    found: dict[int, Any] = {}
    for row in rows:
        found.setdefault(row.id, row)
    return found


def last_of_each(rows: Sequence[Any]) -> dict[int, Any]:
    """The last row of each item, which is how it stands at the end of a batch."""
    return {row.id: row for row in rows}


def _short(value: Any) -> str | None:
    text = text_of(value)
    return text if text is None or len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _labels(value: str | None) -> str | None:
    return "; ".join(sorted(tags_of(value))) or None


def _number(value: Any) -> str | None:
    number = number_of(value)
    return None if number is None else f"{number:g}"


def _health(value: Any) -> str | None:
    text = text_of(value)
    return health_of(text) or text
