"""Revisions as a timeline of canonical changes, each dated by the `System.ChangedDate` of its revision.

A revision shows everything as it stood afterwards, so a change is the difference from the one before. Those
are kept packed and bounded; what is not kept has to be asked for. Links raise no revision
(facts/azure_devops.md §0.6): parents and dependencies come from the other cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import compress, islice
from operator import ne
from typing import Any, TypeAlias

import msgspec

from connectors.azure_devops.fields import Resolved
from connectors.azure_devops.mapping import ItemMapper
from connectors.azure_devops.mapping_site import iteration_id
from connectors.azure_devops.values import account_of, day, instant_of, number_of, tags_of, text_of
from connectors.azure_devops.wire import Account
from connectors.ratings import health_of
from portfolio.records import Change, SourceId, item_id

# A packed state takes some 300 bytes, so this is at most some 30 MB, however large the organisation is.
KEPT = 100_000
_REV = 4  # bytes of a revision's number before its packed state: a tuple of both would take 70 more
_LONGEST_TEXT = 255

_PACK = msgspec.msgpack.Encoder().encode
_UNPACK = msgspec.msgpack.Decoder(tuple[Any, ...]).decode

# Attributes that stand in a change by themselves: canonical name.
_PLAIN: Mapping[str, str] = {
    "state": "status",
    "type": "type",
    "owner": "owner",
    "title": "title",
    "area": "scope",
    "column": "board_column",
    "priority": "priority",
    "severity": "severity",
    "iteration": "iteration",
    "tags": "labels",
    "is_deleted": "deleted",
}
_DATES, _NUMBERS = ("start", "due"), ("points", "estimate", "remaining", "spent")
_MEANINGS = (*_DATES, *_NUMBERS, "blocked", "health")
_STATE_PARTS = frozenset({"project", "type", "state", "reason"})
_NONE: frozenset[str] = frozenset()
# Where things stand in a packed revision, see `Resolved.tracked_names`.
_PROJECT, _TYPE, _STATE, _REASON = 1, 2, 3, 4


_PLANS = 4096
_Render: TypeAlias = Callable[[Any], str | None]
_Plan: TypeAlias = tuple[list[tuple[int, str, _Render]], list[str]]


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
        kept: int | None = None,
    ) -> None:
        self._source = source
        self._mapper = mapper
        self._in_scope = in_scope
        self._own_account = own_account
        self._own_meanings = own_meanings
        self._limit = kept or KEPT
        self._values = resolved.tracked_values
        names = resolved.tracked_names
        self._places = range(len(names))
        self._plain = [self._renderer(name) for name in names]
        self._tags = names.index("tags")
        touched = resolved.meanings_of(_MEANINGS)
        touched["tags"] = touched.get("tags", _NONE) | {"blocked"}
        for name in _STATE_PARTS:
            touched[name] = touched.get(name, _NONE) | {"state"}
        self._touched = [touched.get(name, _NONE) for name in names]
        self._chains = resolved.chains
        self._plans: dict[tuple[int, ...], _Plan] = {}
        self._kept: dict[int, bytes] = {}  # item → the number of its last revision, and that packed
        self.accounts: dict[str, Account | str] = {}  # everybody who changed something
        self.problems: list[str] = []  # revisions that could not be understood

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
        packed = _PACK((account_of(fields.owner), *self._values(fields)))
        self._kept[row.id] = row.rev.to_bytes(_REV) + packed

    def read(self, rows: Iterable[Any], *, everywhere: bool = False) -> list[Change]:
        """The changes that these revisions are, oldest first.

        `everywhere` reads items in whatever project they stood: those that have come into one of ours.
        """
        changes: list[Change] = []
        kept, in_scope, values_of = self._kept, self._in_scope, self._values
        project, inside = None, everywhere
        for row in rows:
            fields = row.fields
            before = kept.pop(row.id, None)
            if fields.project != project:  # half a million rows, a handful of projects
                project = fields.project
                inside = everywhere or in_scope(project)
            if before is None:
                if inside:
                    self.remember(row)
                    if row.rev == 1:
                        self._born(row, changes)
                continue
            if row.rev <= int.from_bytes(before[:_REV]):  # told again
                kept[row.id] = before
                continue
            owner = fields.owner
            # The descriptor is the usual case, half a million times.
            known = type(owner) is Account and owner.descriptor
            values = (known or account_of(owner), *values_of(fields))
            packed = _PACK(values)
            earlier = before[_REV:]
            if packed != earlier:
                was = _UNPACK(earlier)
                self._compare(row, was, values, tuple(compress(self._places, map(ne, was, values))), changes)
            if inside:
                kept[row.id] = row.rev.to_bytes(_REV) + packed
        if not everywhere:
            self._let_go()
        return changes

    def _by(self, account: Account | str | None) -> str | None:
        by = account_of(account)
        if by is not None and account is not None and by not in self.accounts:
            self.accounts[by] = account
        return by

    def _born(self, row: Any, changes: list[Change]) -> None:
        """What an item was made with is no change, but since when it is blocked would be lost."""
        fields = row.fields
        get = self._mapper.getter(fields.project, fields.type).get("blocked")
        at = instant_of(fields.changed_date)
        if at is not None and self._mapper.is_blocked(get and get(fields), tags_of(fields.tags)):
            by = self._by(fields.changed_by)
            self._tell(row, at, by, [("blocked", None, "true")], changes)

    def _let_go(self) -> None:
        """Forget those that changed longest ago; between batches only, or the next rows would miss them."""
        excess = len(self._kept) - self._limit
        if excess > 0:
            # Many at a time: taking the first of a dictionary again and again walks over all taken before.
            for old in list(islice(self._kept, excess + self._limit // 10)):
                del self._kept[old]

    def _compare(
        self,
        row: Any,
        before: tuple[Any, ...],
        after: tuple[Any, ...],
        differing: tuple[int, ...],
        changes: list[Change],
    ) -> None:
        plan = self._plans.get(differing)
        if plan is None:
            plan = self._plan(differing)
        plain, touched = plan
        told = [(name, render(before[place]), render(after[place])) for place, name, render in plain]
        if not (told or touched):
            return
        fields = row.fields
        by = self._by(fields.changed_by)
        if touched:
            self._meanings(told, touched, before, after, by)
        at = instant_of(fields.changed_date)
        if at is None:
            self.problems.append(
                f"{self._source}: revision {row.rev} of {row.id} does not say when it was made"
            )
            return
        self._tell(row, at, by, told, changes)

    def _tell(
        self,
        row: Any,
        at: datetime,
        by: str | None,
        told: Iterable[tuple[str, str | None, str | None]],
        changes: list[Change],
    ) -> None:
        source, entry = self._source, f"{row.id}.{row.rev}."
        item = item_id(source, row.id)
        for name, old, new in told:
            if old != new:
                changes.append(
                    Change(
                        source=source,
                        event_id=entry + name,
                        item_id=item,
                        at=at,
                        by=by,
                        field=name,
                        before=old,
                        after=new,
                    )
                )

    def _plan(self, differing: tuple[int, ...]) -> _Plan:
        """What to tell when these places differ. The same few combinations come half a million times."""
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        plain = [(place, *found) for place in differing if (found := self._plain[place]) is not None]
        touched = sorted({name for place in differing for name in self._touched[place]})
        plan = self._plans[differing] = (plain, touched)
        return plan

    def _meanings(
        self,
        told: list[tuple[str, str | None, str | None]],
        touched: Sequence[str],
        before: tuple[Any, ...],
        after: tuple[Any, ...],
        by: str | None,
    ) -> None:
        """State, dates, efforts, blocked and health, the latter from the first field that holds something."""
        own = not self._own_meanings.isdisjoint(touched) and by == self._own_account()
        old = self._chains(before[_PROJECT], before[_TYPE])
        is_alike = after[_PROJECT] == before[_PROJECT] and after[_TYPE] == before[_TYPE]
        new = old if is_alike else self._chains(after[_PROJECT], after[_TYPE])
        for meaning in touched:
            if meaning == "state":
                told.append(("state", self._state(before), self._state(after)))
                continue
            a, b = _first(before, old.get(meaning, ())), _first(after, new.get(meaning, ()))
            if meaning == "blocked":
                told.append(("blocked", self._blocked(a, before), self._blocked(b, after)))
            elif a == b or (own and meaning in self._own_meanings):
                continue  # our own echo is not news
            elif meaning in _DATES:
                told.append((meaning, self._date(a), self._date(b)))
            elif meaning in _NUMBERS:
                told.append((meaning, _number(a), _number(b)))
            else:
                told.append(("health_declared", _health(a), _health(b)))

    def _renderer(self, name: str) -> tuple[str, _Render] | None:
        """How an attribute that stands by itself is told."""
        canonical = _PLAIN.get(name)
        if canonical is None:
            return None
        special: Mapping[str, _Render] = {
            "iteration": self._iteration,
            "tags": _labels,
            "is_deleted": _flag,
        }
        return canonical, special.get(name, _short)

    def _state(self, values: tuple[Any, ...]) -> str | None:
        return self._mapper.state(values[_PROJECT], values[_TYPE], values[_STATE], values[_REASON])

    def _blocked(self, value: Any, values: tuple[Any, ...]) -> str | None:
        return _flag(self._mapper.is_blocked(value, tags_of(values[self._tags])))

    def _iteration(self, node: int | None) -> str | None:
        return iteration_id(self._source, node) if node else None

    def _date(self, value: Any) -> str | None:
        try:
            found = day(value, self._mapper.zones) if value else None
        except (ValueError, TypeError):
            return _short(value)
        return found.isoformat() if found else None


def last_of_each(rows: Sequence[Any]) -> dict[int, Any]:
    """The last row of each item, which is how it stands at the end of a batch."""
    return {row.id: row for row in rows}


def _short(value: Any) -> str | None:
    text = text_of(value)
    return text if text is None or len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _first(values: tuple[Any, ...], places: Sequence[int]) -> Any:
    for place in places:
        value = values[place]
        if value is not None and value != "":
            return value
    return None


def _flag(value: Any) -> str | None:
    return "true" if value else None


def _labels(value: str | None) -> str | None:
    return "; ".join(sorted(tags_of(value))) or None


def _number(value: Any) -> str | None:
    number = number_of(value)
    return None if number is None else f"{number:g}"


def _health(value: Any) -> str | None:
    text = text_of(value)
    return health_of(text) or text
