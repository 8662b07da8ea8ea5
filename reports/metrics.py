"""Metrics: how reliably is delivered, how honest the forecasts are, how quickly problems are settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from statistics import mean, median

import msgspec

from reports.reading import Item, Views

MONTHS = 12
RECENT_DAYS = 90
HISTORY_DAYS = 90


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """Work that was finished in one month (its first day) and had been promised.

    `on_time` is measured against the commitment, which does not move when the date does.
    """

    month: date
    finished: int
    on_time: int


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """How often work of one class was done by P50 and P80; 0.5 and 0.8 are perfect. See the view."""

    name: str
    n: int
    p50_coverage: float | None
    p80_coverage: float | None
    brier: float | None
    pinball: float | None


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """How many findings were open at the end of one day, by severity."""

    day: date
    open: Mapping[str, int]


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """The figures; a share is 0 to 1, and None where there is nothing to measure.

    Attributes:
        finished, on_time_share: promised work finished in the last 12 months.
        mean_slip_wd, median_slip_wd: working days from commitment to finish of the same; positive is late.
        months: the same by month.
        calibration: how good the forecasts were, the largest class first.
        scored: forecasts that were scored in all.
        p80_share: how often work was done by its P80, over all classes.
        owner_coverage: share of committed work and risks with an owner who can act.
        risk_age_days: age of each open risk of which it is known.
        median_risk_age_days: the middle of them.
        resolved, resolve_days: findings resolved in the last 90 days, and the median days that took.
        by_severity: severity → (resolved, median days, open, median age in days of what is open).
        open_findings: how many were open each day; of days before the first look nothing is known.
    """

    finished: int
    on_time_share: float | None
    mean_slip_wd: float | None
    median_slip_wd: float | None
    months: Sequence[Month]
    calibration: Sequence[Calibration]
    scored: int
    p80_share: float | None
    owner_coverage: float | None
    risk_age_days: Sequence[int]
    median_risk_age_days: float | None
    resolved: int
    resolve_days: float | None
    by_severity: Mapping[str, tuple[int, float | None, int, float | None]]
    open_findings: Sequence[Day]


def metrics(views: Views) -> Metrics:
    """Measure."""
    today = views.scope.today
    first = (today.replace(day=1) - timedelta(days=31 * (MONTHS - 1))).replace(day=1)
    promised = _each_once(
        views,
        [
            one
            for one in views.done_items
            if one.finish_slip_wd is not None
            and one.actual_finish is not None
            and first <= one.actual_finish <= today
        ],
    )
    slips = [one.finish_slip_wd for one in promised if one.finish_slip_wd is not None]
    calibration = _calibration(views)
    scored = sum(one.n for one in calibration)
    work = [one for one in views.open_items if one.is_leaf or one.kind == "risk"]  # as in `people`
    counted = [one for one in work if one.is_committed or one.kind == "risk"]
    lacking = [one for one in counted if one.owner_problem is not None]
    ages = sorted(
        (today - day).days
        for one in views.open_items
        if one.kind == "risk" and (day := views.scope.day(one.created_at)) is not None and day <= today
    )
    resolved = _resolved_days(views)
    return Metrics(
        finished=len(promised),
        on_time_share=_share(slip <= 0 for slip in slips),
        mean_slip_wd=mean(slips) if slips else None,
        median_slip_wd=median(slips) if slips else None,
        months=_months(promised, first, today),
        calibration=calibration,
        scored=scored,
        p80_share=_mean_share((one.p80_coverage, one.n) for one in calibration),
        owner_coverage=None if not counted else 1 - views.pieces(lacking) / views.pieces(counted),
        risk_age_days=ages,
        median_risk_age_days=median(ages) if ages else None,
        resolved=sum(len(days) for days in resolved.values()),
        resolve_days=_median(day for days in resolved.values() for day in days),
        by_severity=_by_severity(views, resolved),
        open_findings=_open_findings(views),
    )


def _share(values: Iterable[bool]) -> float | None:
    known = list(values)
    return sum(known) / len(known) if known else None


def _mean_share(shares: Iterable[tuple[float | None, int]]) -> float | None:
    """The mean of shares by their number; one that is not known counts for nothing, not as 0."""
    known = [(share, n) for share, n in shares if share is not None]
    count = sum(n for _, n in known)
    return sum(share * n for share, n in known) / count if count else None


def _each_once(views: Views, items: Iterable[Item]) -> list[Item]:
    """Finished work, each piece once: of twins the side that was later against its promise."""
    found: dict[str, Item] = {}
    for one in sorted(items, key=lambda each: -(each.finish_slip_wd or 0)):
        found.setdefault(views.piece(one), one)
    return list(found.values())


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return median(known) if known else None


def _months(promised: Sequence[Item], first: date, today: date) -> list[Month]:
    found: list[Month] = []
    month = first
    while month <= today:
        after = (month + timedelta(days=32)).replace(day=1)
        mine = [
            one for one in promised if one.actual_finish is not None and month <= one.actual_finish < after
        ]
        found.append(
            Month(
                month=month,
                finished=len(mine),
                on_time=sum((one.finish_slip_wd or 0) <= 0 for one in mine),
            )
        )
        month = after
    return found


def _calibration(views: Views) -> list[Calibration]:
    names = ("p50_coverage", "p80_coverage", "brier", "pinball")
    rows = [
        Calibration(name=row["class"], n=row["n"], **{name: row[name] for name in names})
        for row in views.rows("calibration")
        if row["n"]
    ]
    return sorted(rows, key=lambda one: (-one.n, one.name))


def _resolved_days(views: Views) -> dict[str, list[float]]:
    since = views.scope.now - timedelta(days=RECENT_DAYS)
    found: dict[str, list[float]] = {}
    for one in views.findings:
        if one.resolved_at is not None and one.opened_at is not None and one.resolved_at >= since:
            days = (one.resolved_at - one.opened_at).total_seconds() / 86_400
            found.setdefault(one.severity, []).append(days)
    return found


def _by_severity(
    views: Views, resolved: Mapping[str, Sequence[float]]
) -> dict[str, tuple[int, float | None, int, float | None]]:
    live: dict[str, list[float]] = {}
    for one in views.live_findings:
        if one.opened_at is not None:
            age = max(0.0, (views.scope.now - one.opened_at).total_seconds() / 86_400)
            live.setdefault(one.severity, []).append(age)
    return {
        severity: (
            len(resolved.get(severity, ())),
            _median(resolved.get(severity, ())),
            len(live.get(severity, ())),
            _median(live.get(severity, ())),
        )
        for severity in ("critical", "high", "medium", "low", "info")
    }


def _open_findings(views: Views) -> list[Day]:
    """Counted from when each was opened and resolved; a finding that came back counts from its first time."""
    spans = [
        (views.scope.day(one.opened_at), views.scope.day(one.resolved_at), one.severity)
        for one in views.findings
        if one.opened_at is not None and one.state != "pending"
    ]
    if not spans:
        return []
    earliest = min(start for start, _, _ in spans if start is not None)
    day = max(earliest, views.scope.today - timedelta(days=HISTORY_DAYS))
    found = []
    while day <= views.scope.today:
        counts: dict[str, int] = {}
        for start, end, severity in spans:
            if start is not None and start <= day and (end is None or end > day):
                counts[severity] = counts.get(severity, 0) + 1
        found.append(Day(day=day, open=counts))
        day += timedelta(days=1)
    return found
