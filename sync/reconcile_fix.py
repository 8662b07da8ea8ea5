"""A plan that brings twins into line: the dates of the declared master, written where people allowed it.

It is made by `reconcile --fix` and by nothing else, and applied by `apply` like any plan. A date is written
only if all of this holds: people confirmed that the two items are the same work; the configuration names the
master of the field, and under `write.fields` the field of the other tracker as one that may be written; the
master has a date; and nobody set the other date after the master's. docs/decisions/0034.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.base import Connector
from portfolio.intents import DATE_NAMES, Slots, Value
from portfolio.records import ItemId, SourceId
from sync.decide import Decision, Kept, decide, same
from sync.masters import Masters
from sync.plan import Draft, PlanSettings
from sync.plan_file import NotWritten, Plan
from sync.progress import Progress, Tell, silent
from sync.reconcile import account_names
from sync.twin_classes import twin_classes
from sync.wanted import Wanted, WriteSettings
from sync.workspace import ENDED

if TYPE_CHECKING:
    from connectors.source_safety import ConflictPolicy
    from store import Store
    from store.results import SlotBase

Row = Mapping[str, Any]
_TWO_CLOCKS = timedelta(minutes=10)  # a tracker's and ours may differ by less
_DATE_RULE = "twins-disagree-date"
_BY_HAND = {
    "state": "Dovetail moves nothing through a workflow; do it in the tracker",
    "owner": "Dovetail assigns nobody; do it in the tracker",
    "title": "Dovetail renames nothing; do it in the tracker",
}


@dataclass(frozen=True, slots=True)
class _Correction:
    """A date of the master that should stand at a twin of it."""

    item: Row
    master: Row
    slot: str
    reason: str
    is_newer_here: bool
    changed_here: datetime | None


def fix_plan(
    store: Store,
    connectors: Mapping[str, Connector],
    settings: PlanSettings,
    masters: Masters,
    *,
    run_id: str,
    now: datetime,
    among: Collection[ItemId] | None = None,
    tell: Tell = silent,
) -> Plan:
    """Every write that would give twins the dates of their master, and every reason why one is not made.

    Applying it arms no source: that dates are brought into line says nothing about comments.

    Args:
        store: what was pulled and derived.
        connectors: the sources by name.
        settings: what the configuration lets Dovetail write, limits, and how long the plan may be applied.
        masters: which tracker is right, by field and project.
        run_id: the run that makes the plan.
        now: when it is made.
        among: only twins of these items; None is all.
        tell: is told about every source.
    """
    states = store.sources()
    found = _Search(store, settings, masters, frozenset(name for name, one in states.items() if one.error))
    found.search(among)
    draft = _FixDraft.of(store, settings, run_id, now, found)
    chosen = [source for source in settings.writes if source in found.by_source and source in connectors]
    for source in chosen:
        if states[source].error is not None:
            draft.failed[source] = f"{source}: it could not be read, so nothing is written to it"
            continue
        draft.look_at(connectors[source], settings.writes[source])
        tell(Progress(step="plan", source=source, done=len(draft.writes)))
    return Plan(
        run_id=run_id,
        created_at=now,
        expires_at=now + settings.expires_after,
        sources=[source for source in chosen if source not in draft.failed],
        writes=draft.writes,
        conflicts=draft.conflicts,
        skipped=[*draft.skipped, *found.left],
        notes=[*found.notes, *draft.notes],
        failed=draft.failed,
        cost=draft.cost,
        places={source: settings.writes[source].place for source in chosen},
        arms=False,
        audit_head=store.audit_head(),
    ).sealed()


class _Search:
    """Goes through the confirmed twins and compares each field with its declared master."""

    def __init__(
        self, store: Store, settings: PlanSettings, masters: Masters, stale: frozenset[SourceId]
    ) -> None:
        self._store = store
        self._writes = settings.writes
        self._masters = masters
        self._stale = stale
        self.by_source: dict[SourceId, list[_Correction]] = {}
        self.left: list[NotWritten] = []
        self.notes: list[str] = []

    def search(self, among: Collection[ItemId] | None) -> None:
        """Fill `by_source` with what should be written, `left` with what people have to do themselves."""
        pairs = {
            (str(row["a_id"]), str(row["b_id"])): row
            for row in self._store.rows("twin", where={"is_confirmed": True})
            if row["b_id"] is not None
        }
        classes = [one for one in twin_classes(pairs) if among is None or not set(one).isdisjoint(among)]
        wanted = sorted({item for one in classes for item in one})
        items: dict[ItemId, Row] = {}
        for start in range(0, len(wanted), 500):
            rows = self._store.rows("item", where={"item_id": wanted[start : start + 500]})
            items.update((str(row["item_id"]), row) for row in rows)
        differing = {end for ends, row in pairs.items() if row["owner_differs"] for end in ends}
        for one in classes:
            self._class([items[item] for item in one if item in items], differing)

    def _class(self, items: Sequence[Row], owners_differ: Collection[ItemId]) -> None:
        for item in items:
            for name, source in self._masters.of(item["project"] or item["program"]).items():
                if item["source"] != source:
                    self._compare(item, name, source, items, owners_differ)

    def _compare(
        self, item: Row, name: str, source: SourceId, items: Sequence[Row], owners_differ: Collection[ItemId]
    ) -> None:
        masters = [one for one in items if one["source"] == source]
        if not masters or (name != "state" and any(one["state"] in ENDED for one in (item, *masters))):
            return
        if name == "owner" and item["item_id"] not in owners_differ:
            return
        values = {_comparable(name, one[name]) for one in masters}
        if values == {_comparable(name, item[name])}:
            return
        master = masters[0]
        if len(values) > 1:
            keys = ", ".join(str(one["key"]) for one in masters)
            self._leave(item, name, None, f"{keys} in {source} are the same work and do not agree themselves")
        elif master[name] is None:
            self._leave(item, name, None, f"{master['key']} in {source}, the master of {name}, has none")
        elif source in self._stale:
            self._leave(item, name, master, f"{source}, the master of {name}, could not be read")
        elif name not in DATE_NAMES:
            self._leave(item, name, master, _BY_HAND[name])
        elif name not in self._writes.get(item["source"], WriteSettings()).fields:
            reason = (
                f"the configuration does not let Dovetail write it: write.fields.{name} of {item['source']}"
            )
            self._leave(item, name, master, reason)
        else:
            self._correct(item, master, name)

    def _correct(self, item: Row, master: Row, name: str) -> None:
        here, there = self._last(item, name), self._last(master, name)
        what = f"{name} of the same work in {master['source']} ({master['key']}), the master of {name}"
        told = [f"set there {there[1]}" if there else "", f"here {here[1]}" if here else ""]
        is_newer = here is not None and there is not None and here[0] > there[0]
        reason = "; ".join(filter(None, (what, *told)))
        one = _Correction(item, master, name, reason, is_newer, here[0] if here else None)
        self.by_source.setdefault(str(item["source"]), []).append(one)

    def _last(self, item: Row, name: str) -> tuple[datetime, str] | None:
        """When and by whom a date was set last, where the tracker tells."""
        rows: list[Row] = list(self._store.rows("change", where={"item_id": item["item_id"], "field": name}))
        last = max(rows, key=lambda row: row["at"], default=None)
        if last is None:
            return None
        by = account_names(self._store, str(item["source"])).get(str(last["by"]), last["by"])
        return last["at"], f"on {last['at']:%Y-%m-%d}" + (f" by {by}" if by else "")

    def _leave(self, item: Row, name: str, master: Row | None, reason: str) -> None:
        self.left.append(
            NotWritten(
                source=str(item["source"]),
                item_id=str(item["item_id"]),
                key=str(item["key"]),
                program=item["program"],
                project=item["project"],
                slot=name,
                now=_value(item[name]),
                wanted=None if master is None else _value(master[name]),
                reason=reason,
            )
        )


@dataclass
class _FixDraft(Draft):
    """The plan as it grows: nothing but dates of masters is wanted."""

    corrections: dict[tuple[ItemId, str], _Correction] = field(default_factory=dict)

    @classmethod
    def of(
        cls, store: Store, settings: PlanSettings, run_id: str, now: datetime, found: _Search
    ) -> _FixDraft:
        """A draft for what was found. Every place is looked at, whatever was written there last."""
        from dataclasses import replace

        every = replace(settings, look_everywhere=True)
        corrections = {
            (str(one.item["item_id"]), one.slot): one for some in found.by_source.values() for one in some
        }
        return cls(store, every, run_id, now, {}, lambda item: (), corrections=corrections)

    def wanted(
        self, connector: Connector, writes: WriteSettings, bases: Mapping[tuple[ItemId, str], SlotBase]
    ) -> tuple[list[Wanted], bool]:
        """The dates of the masters."""
        return [
            Wanted(
                item_id=item,
                slot=slot,
                value=_value(one.master[slot]),
                rules=(_DATE_RULE,) if slot == "due" else (),
                reason=one.reason,
            )
            for (item, slot), one in sorted(self.corrections.items())
            if one.item["source"] == connector.source
        ], False

    def decided(
        self,
        one: Wanted,
        base: SlotBase | None,
        slots: Slots,
        *,
        policy: ConflictPolicy,
        kept: Kept | None,
        echoes: Collection[Value],
    ) -> Decision:
        """As for every write, and two reasons more to leave a date as it is."""
        decision = decide(one, base, slots, policy=policy, kept=kept, echoes=echoes)
        if decision.verdict != "write":
            return decision
        told = self.corrections[one.item_id, one.slot]
        seen, now = _value(told.item[one.slot]), decision.now
        if not same(seen, now):
            reason = (
                f"{now or 'nothing'} stands there, and the last pull read {seen or 'nothing'} as its "
                f"{one.slot}: pull again, or name in write.fields.{one.slot} the field it is read from"
            )
            return Decision(verdict="skip", now=now, reason=reason)
        is_ours = base is not None and same(base.value, now) and not _is_after(told.changed_here, base.at)
        if told.is_newer_here and not is_ours and policy == "report":
            return Decision(verdict="conflict", now=now, reason=f"set by a person later; {told.reason}")
        return decision


def _is_after(changed: datetime | None, written: datetime | None) -> bool:
    """Whether a date was changed after we wrote it, be it to what we had written: then it is a person's."""
    return changed is not None and written is not None and changed > written + _TWO_CLOCKS


def _value(value: Any) -> Value:
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _comparable(name: str, value: Any) -> Any:
    """Two ends are one state: which of them it is, is each tracker's own matter."""
    if name == "state":
        return "ended" if value in ENDED else "open"
    if name == "title":
        return None if value is None else " ".join(str(value).split()).casefold()
    return None if name == "owner" and value is None else value
