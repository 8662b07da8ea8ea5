"""The sums of the rollup: what is known of each piece of work, carried up to everything that contains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from portfolio.findings import severity_of
from schedule.containment import Containment
from schedule.health import AMBER, GREEN, GREY, IGNORANCE, RED, Health
from schedule.hierarchy import FloatArray, IntArray
from sync.rollup_health import healths
from sync.rollup_sides import AMOUNTS
from sync.rollup_work import Work

Array = npt.NDArray[Any]
Columns = Mapping[str, Array]
_NO_DAY = 0  # before every ordinal of a date
_FAR = date.max.toordinal()
_DECLARED = (None, GREEN, AMBER, RED)  # by rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollups:
    """The rollup of each class, and of each node of the PMO's tree behind them; lists are parallel to these.

    Attributes:
        percent: None where nothing is below, and where a plan's own figure stands.
        items_below: the pieces of work it counts: those with nothing below them, risks aside.
        item_count: everything at or below it that is not removed.
        declared: the worst colour that people say of what stands directly at a node.
        money: budget, actual cost, forecast cost and their one currency, of the nodes alone.
        earned: earned value and cost performance, of the nodes alone.
    """

    health: list[Health]
    declared: list[str | None]
    percent: list[float | None]
    open_risks: list[int]
    open_findings: list[int]
    worst_finding: list[str | None]
    p50: list[date | None]
    p80: list[date | None]
    items_below: list[int]
    item_count: list[int]
    start: list[date | None]
    commitment: list[date | None]
    money: dict[int, tuple[float | None, float | None, float | None, str | None]]
    earned: dict[int, tuple[float | None, float | None]]


def sum_up(work: Work) -> Rollups:
    """The rollup of everything."""
    own = _own_columns(work)
    leaves = _leaves(work.containment, own)
    sums = _sum_up(work.containment, _counted(own, leaves))
    highest = _maxima(work, own)
    has_members = leaves["has_members"]
    open_findings = sums["findings"] + _shared_findings(work)
    below_has_p80 = (sums["open"] > 0) & (sums["forecast"] == sums["open"]) & has_members
    below_has_p50 = (sums["open"] > 0) & (sums["expected"] == sums["open"]) & has_members
    p50 = np.where((own["p50"] > _NO_DAY) | below_has_p50, highest["p50"], _NO_DAY)
    p80 = np.where((own["p80"] > _NO_DAY) | below_has_p80, highest["p80"], _NO_DAY)
    percent = _percents(work, sums, leaves)
    return Rollups(
        health=healths(work, own, sums, highest, leaves),
        declared=[_DECLARED[rank] for rank in highest["declared"].tolist()],
        percent=percent,
        open_risks=_whole(sums["risks"]),
        open_findings=_whole(open_findings),
        worst_finding=[severity_of(rank) for rank in highest["worst"].tolist()],
        p50=_days(p50),
        p80=_days(p80),
        items_below=_whole(np.where(has_members, sums["items"], 0)),
        item_count=_whole(sums["parts"]),
        start=_days(np.where(highest["start"] > -_FAR, -highest["start"], _NO_DAY)),
        commitment=_days(highest["commitment"]),
        money={here: _money(sums, here) for _, here in work.nodes},
        earned=_earned(work, own, sums, leaves, percent),
    )


def _shared_findings(work: Work) -> IntArray:
    """A finding about several pieces of work counts once wherever any of them is counted."""
    counts = np.zeros(len(work.containment.group), dtype=np.int64)
    for classes in work.findings.shared:
        counts[list(work.containment.around(classes))] += 1
    return counts[work.containment.group]


def _own_columns(work: Work) -> Columns:
    """What is known of each position by itself, as arrays; nodes of the tree know nothing by themselves."""
    known, findings = work.known, work.findings
    nodes = len(work.containment.group) - len(work.live)

    def column(values: Sequence[Any], nothing: Any) -> Array:
        found = [*(nothing if one is None else one for one in values), *[nothing] * nodes]
        return np.array(found, dtype=None if found else type(nothing))

    def days(values: Sequence[date | None]) -> Array:
        return column([None if day is None else day.toordinal() for day in values], _NO_DAY)

    state = column(known.state, "node")
    columns = {
        "is_open": state == "open",
        "is_done": state == "done",
        "is_part": (state == "open") | (state == "done"),
        "is_risk": column(known.is_risk, False),
        "is_joined": column([len(sides) > 1 for sides in work.classes.sides], False),
        "percent": column(known.percent, 0.0),
        "points": column(known.points, 0.0),
        "colour": column([one.colour for one in known.own], GREY),
        "unknown": column([one.unknown or "" for one in known.own], ""),
        "start": days(known.start),
        "commitment": days(known.commitment),
        "p50": days(known.p50),
        "p80": days(known.p80),
        "declared": column(
            [
                _DECLARED.index(said) if is_top and said in _DECLARED else 0
                for said, is_top in zip(known.declared, work.is_top, strict=True)
            ],
            0,
        ),
        "findings": column(findings.counts, 0),
        "worst": column(findings.worst, -1),
    }
    for index, name in enumerate(AMOUNTS):
        columns[name] = column([amounts[index][0] for amounts in known.amounts], np.nan).astype(np.float64)
        columns[f"{name} currency"] = column([amounts[index][1] for amounts in known.amounts], "")
    return columns


def _leaves(containment: Containment, own: Columns) -> Columns:
    """What has work below it, and what is counted: work with nothing below it, in whatever tracker.

    Of an amount what stands lowest counts: where anything below knows one, what stands above is its sum.
    """
    is_work = own["is_part"] & ~own["is_risk"]
    known = {"work": is_work, "joined": own["is_joined"], **{name: ~np.isnan(own[name]) for name in AMOUNTS}}
    at_or_below = _sum_up(containment, known)
    alone = dict(zip(known, containment.own_sum(_table(known)).T, strict=True))
    has_members = at_or_below["work"] > alone["work"]
    found: dict[str, Array] = {
        "has_members": has_members,
        "has_twins": at_or_below["joined"] > 0,
        "is_leaf": is_work & ~has_members,
    }
    for name in AMOUNTS:
        found[name] = known[name] & (at_or_below[name] == alone[name])
    return found


def _counted(own: Columns, leaves: Columns) -> Columns:
    """What is summed up: numbers of the leaves, and what counts wherever it stands."""
    is_leaf = leaves["is_leaf"]
    is_open = is_leaf & own["is_open"]
    points = np.where(is_leaf, own["points"], 0.0)
    columns = {
        "parts": own["is_part"],
        "items": is_leaf,
        "done": is_leaf & own["is_done"],
        "open": is_open,
        "red": is_open & (own["colour"] == RED),
        "amber": is_open & (own["colour"] == AMBER),
        "expected": is_open & (own["p50"] > _NO_DAY),
        "forecast": is_open & (own["p80"] > _NO_DAY),
        "with points": points > 0,
        "points": points,
        "points done": points * own["percent"],
        "items done": np.where(is_leaf, own["percent"], 0.0),
        "risks": own["is_open"] & own["is_risk"],
        "findings": own["findings"],
    }
    for what in IGNORANCE:
        columns[what] = is_open & (own["colour"] == GREY) & (own["unknown"] == what)
    for name in AMOUNTS:
        columns[name] = np.where(leaves[name], own[name], 0.0)
        columns[f"{name} known"] = leaves[name]
        for currency in (
            np.unique(own[f"{name} currency"][leaves[name]]).tolist() if leaves[name].any() else ()
        ):
            columns[f"{name} in {currency}"] = leaves[name] & (own[f"{name} currency"] == currency)
    return columns


def _maxima(work: Work, own: Columns) -> Columns:
    """What is carried up as the latest or the worst. The earliest start is the latest before nothing."""
    columns = {
        "worst": own["worst"],
        "p50": own["p50"],
        "p80": own["p80"],
        "declared": own["declared"],
        "commitment": np.where(own["is_part"], own["commitment"], _NO_DAY),
        "start": np.where(own["is_part"] & (own["start"] > _NO_DAY), -own["start"], -_FAR),
    }
    sources = work.columns["source"]
    for name in work.stale:
        flags = np.zeros(len(own["worst"]), dtype=np.int64)
        flags[: len(work.live)] = [any(sources[one] == name for one in sides) for sides in work.live]
        columns[f"unread {name}"] = flags
    found = work.containment.maximum_up(_table(columns).astype(np.int64))
    return dict(zip(columns, found.T, strict=True))


def _sum_up(containment: Containment, columns: Columns) -> dict[str, FloatArray]:
    return dict(zip(columns, containment.sum_up(_table(columns)).T, strict=True))


def _table(columns: Columns) -> FloatArray:
    return np.column_stack([one.astype(np.float64) for one in columns.values()])


def _percents(work: Work, sums: Columns, leaves: Columns) -> list[float | None]:
    """Weighted by points where everything counted has them, else by count.

    None where a tracker's own figure stands: of a leaf (though an epic without one is complete when it is
    done), and of a plan's summary that has no twin at or below it, because the plan weighs by duration what
    the plan alone holds.
    """
    own_percent = work.columns["percent_complete"]
    has_members, has_twins = leaves["has_members"].tolist(), leaves["has_twins"].tolist()
    items, with_points = sums["items"].tolist(), sums["with points"].tolist()
    points, points_done = sums["points"].tolist(), sums["points done"].tolist()
    items_done = sums["items done"].tolist()
    found: list[float | None] = []
    for one, count in enumerate(items):
        is_node = one >= len(work.live)
        if not has_members[one]:
            is_said = not is_node and work.known.is_container[one]
            if is_said and len(work.live[one]) == 1:
                is_said = own_percent[work.live[one][0]] is None
            found.append(work.known.percent[one] if is_said else None)
        elif not count or (not is_node and not has_twins[one] and own_percent[work.live[one][0]] is not None):
            found.append(None)
        elif with_points[one] == count:
            found.append(round(points_done[one] / points[one], 1))
        else:
            found.append(round(items_done[one] / count, 1))
    return found


def _money(sums: Columns, here: int) -> tuple[float | None, float | None, float | None, str | None]:
    """Sums of what is known. Amounts of several currencies are not added up: that would be a lie."""
    currencies = {name.partition(" in ")[2] for name, numbers in sums.items() if numbers[here] > 0} - {""}
    budget, actual, forecast = (
        round(float(sums[name][here]), 2) if len(currencies) < 2 and sums[f"{name} known"][here] > 0 else None
        for name in AMOUNTS
    )
    return budget, actual, forecast, next(iter(currencies)) if len(currencies) == 1 else None


def _earned(
    work: Work, own: Columns, sums: Columns, leaves: Columns, percent: Sequence[float | None]
) -> dict[int, tuple[float | None, float | None]]:
    """Earned value (budget times progress) and what it cost: earned value over actual cost.

    Of what has a budget and is not started nothing is earned; a progress that nobody states counts as nothing
    too, so the figure is never better than what is known. The ratio is given only where everything with a
    budget also has an actual cost, in one currency.
    """
    done = np.array([0.0 if one is None else one for one in percent])
    done = np.where([one is None for one in percent], own["percent"], done)
    has_budget = leaves["budget"]
    earned = {
        "value": np.where(has_budget, own["budget"], 0.0) * done / 100,
        "spent": np.where(has_budget & leaves["actual_cost"], own["actual_cost"], 0.0),
        "both": has_budget & leaves["actual_cost"],
    }
    totals = _sum_up(work.containment, earned)
    found: dict[int, tuple[float | None, float | None]] = {}
    for _, here in work.nodes:
        budget, *_ = _money(sums, here)
        value = None if budget is None else round(float(totals["value"][here]), 2)
        spent, is_whole = float(totals["spent"][here]), totals["both"][here] == sums["budget known"][here]
        found[here] = (value, round(value / spent, 2) if value is not None and is_whole and spent else None)
    return found


def _whole(values: Array) -> list[int]:
    return [int(one) for one in values.tolist()]


def _days(ordinals: IntArray) -> list[date | None]:
    return [None if one <= _NO_DAY else date.fromordinal(int(one)) for one in ordinals.tolist()]
