"""Forecasts of finished projects of DSLIB, one project left out at a time, several methods in one run.

For each project and stage (early < 30 % done, late > 70 %) one status report, the middle one, is forecast by
what the other projects show. Errors are shares of the project's actual duration. Intervals are of 2,000
bootstrap samples of whole projects; the coverage of P80 has Wilson's. The library priors of the product
come from these projects, so they are not used here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from bench.dslib import STAGES, Plan, Report, finished_plans, samples
from bench.measure import table
from schedule.distributions import Distribution, observed
from schedule.earned_schedule import earned_schedule, planned_value
from schedule.reference_classes import ReferenceClasses
from schedule.scoring import Coverage, coverage, pinball

FloatArray: TypeAlias = npt.NDArray[np.float64]
OURS = "network × residual (ours)"
LEVELS = (0.5, 0.8)
TRIALS = 400
_BOOTSTRAPS = 2_000
_MINIMUM_LINKED = 0.6
_LARGEST_RATIO = 5.0  # without it, Monte Carlo draws ratios of 26 and loses before it starts
_DAY = 24.0  # hours; what is left is never less than a day


@dataclass
class Case:
    """One report, and what each method says of it: errors of P50 and P80 as shares of the actual duration."""

    plan: int
    p50: dict[str, float] = field(default_factory=dict)
    p80: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """How good one method was at one stage."""

    stage: str
    method: str
    count: int
    error: float
    error_interval: tuple[float, float]
    error_against_ours: tuple[float, float]
    coverage: Coverage | None
    loss: float | None
    loss_interval: tuple[float, float] | None
    loss_against_ours: tuple[float, float] | None


def main() -> None:
    """Print one table per stage."""
    folder = samples()
    if not (folder / "dslib").is_dir():
        sys.exit(f"no sample of DSLIB in {folder}: set DOVETAIL_SAMPLES")
    tracked = finished_plans(folder)
    plans = with_logic(tracked)
    reports = sum(len(one.reports) for one in plans)
    print(
        f"{len(tracked)} projects tracked to their end; {len(plans)} of them link 60 % of their activities,"
        f" with {reports} status reports, of which one per stage counts"
    )
    for stage in STAGES:
        print(f"\n{stage}")
        _print(scores(plans, stage))
    print(
        "\nactual over predicted remaining time, by the re-forecast of the network (the library prior: all)"
    )
    levels = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
    ratios = {name: residual_ratios(plans, name) for name in STAGES}
    ratios["all"] = [one for some in ratios.values() for one in some]
    table(
        ("stage", "n", *(f"P{round(100 * level)}" for level in levels)),
        [
            (name, len(some), *(f"{one:.2f}" for one in _all_ended(np.array(some)).quantiles(levels)))
            for name, some in ratios.items()
        ],
    )


def with_logic(plans: Sequence[Plan]) -> list[Plan]:
    """The plans whose network says something: facts/rules.md §1.3 asks for links of 60 % of the items."""
    return [one for one in plans if one.linked_share >= _MINIMUM_LINKED]


def residual_ratios(plans: Sequence[Plan], stage: str) -> list[float]:
    """What was left over what the network predicted, for one report of each plan that reached the stage."""
    found: list[float] = []
    for plan in plans:
        report = plan.one_per_stage().get(stage)
        if report is not None:
            predicted = float(plan.network_finish(report)[0]) - report.status
            found.append((plan.actual_finish - report.status) / max(predicted, _DAY))
    return found


def scores(plans: Sequence[Plan], stage: str) -> list[Score]:
    """Every method at one stage; ours last."""
    cases = back_test(plans, stage)
    return [_score(cases, stage, method) for method in cases[0].p50]


def back_test(plans: Sequence[Plan], stage: str) -> list[Case]:
    """The cases of one stage, each forecast by the other projects."""
    chosen = [one.one_per_stage() for one in plans]
    finishes = [
        {name: float(plan.network_finish(report)[0]) for name, report in reports.items()}
        for plan, reports in zip(plans, chosen, strict=True)
    ]
    random = np.random.default_rng(20261129)
    cases: list[Case] = []
    for number, (plan, reports) in enumerate(zip(plans, chosen, strict=True)):
        if stage not in reports:
            continue
        others = [one for one in range(len(plans)) if one != number]
        residuals = _residuals([(plans[one], chosen[one], finishes[one]) for one in others])
        spans = _all_ended(np.array([plans[one].span_ratio for one in others]))
        pool = np.concatenate([plans[one].duration_ratios for one in others]).clip(max=_LARGEST_RATIO)
        report = reports[stage]
        case = Case(number)
        span = plan.actual_finish - plan.actual_start

        def add(
            method: str, p50: float, p80: float | None = None, *, case: Case = case, plan: Plan = plan,
            span: float = span,
        ) -> None:  # fmt: skip
            case.p50[method] = (p50 - plan.actual_finish) / span
            if p80 is not None:
                case.p80[method] = (p80 - plan.actual_finish) / span

        add("the plan's own finish", plan.baseline_finish)
        _earned(plan, report, add)
        planned_span = plan.baseline_finish - plan.baseline_start
        by_span = plan.actual_start + spans.quantiles(LEVELS) * planned_span
        add("reference class alone", *np.maximum(by_span, report.status).tolist())
        add("Monte Carlo, i.i.d. activities", *_monte_carlo(plan, report, pool, random))
        network = finishes[number][stage]
        add("network alone", network)
        answer = residuals.answer(("all", stage), LEVELS)
        assert answer.values is not None
        left = max(network - report.status, _DAY)
        add(OURS, *(report.status + answer.values * left).tolist())
        cases.append(case)
    return cases


def _all_ended(values: FloatArray) -> Distribution:
    return observed(values, np.zeros(len(values), dtype=bool))


def _residuals(others: Sequence[tuple[Plan, dict[str, Report], dict[str, float]]]) -> ReferenceClasses:
    """Actual over predicted remaining time of the other projects, by stage below all of them."""
    ratios: list[float] = []
    paths: list[tuple[str, ...]] = []
    for plan, reports, finishes in others:
        for stage, report in reports.items():
            ratios.append((plan.actual_finish - report.status) / max(finishes[stage] - report.status, _DAY))
            paths.append(("all", stage))
    return ReferenceClasses(np.array(ratios), np.zeros(len(ratios), dtype=bool), paths)


def _earned(plan: Plan, report: Report, add: Callable[..., None]) -> None:
    """Earned schedule in working days of eight hours, from the actual start."""
    begin = plan.planned_start.min()
    started = plan.hours.work(plan.actual_start)
    curve = planned_value((plan.planned_start - begin) / 8, (plan.planned_finish - begin) / 8, plan.value)
    elapsed = (plan.hours.work(report.status) - started) / 8
    found = earned_schedule(curve, plan.earned(report), elapsed)
    for name, duration in (
        ("earned schedule, PF = 1", found.duration_at_plan_pace),
        ("earned schedule, PF = SPI(t)", found.duration_at_own_pace),
    ):
        # Nothing earned yet gives no pace of its own: the plan's.
        days = found.duration_at_plan_pace if duration is None else duration
        end = float(plan.hours.to_clock(np.array([started + days * 8]))[0])
        add(name, max(end, report.status))


def _monte_carlo(
    plan: Plan, report: Report, pool: FloatArray, random: np.random.Generator
) -> tuple[float, float]:
    ratios = [random.choice(pool, TRIALS) for _ in plan.planned_hours]
    finishes = plan.network_finish(report, ratios, trials=TRIALS)
    p50, p80 = np.quantile(finishes, LEVELS)
    return float(p50), float(p80)


def _score(cases: Sequence[Case], stage: str, method: str) -> Score:
    errors = np.array([abs(one.p50[method]) for one in cases])
    ours = np.array([abs(one.p50[OURS]) for one in cases])
    covered, losses, loss_against = None, None, None
    if method in cases[0].p80:
        early = np.array([one.p80[method] for one in cases])
        covered = coverage(early, np.zeros(len(early)))
        losses = _losses(early)
        loss_against = losses - _losses(np.array([one.p80[OURS] for one in cases]))
    return Score(
        stage=stage,
        method=method,
        count=len(cases),
        error=float(errors.mean()),
        error_interval=_interval(errors),
        error_against_ours=_interval(errors - ours),
        coverage=covered,
        loss=None if losses is None else float(losses.mean()),
        loss_interval=None if losses is None else _interval(losses),
        loss_against_ours=None if loss_against is None else _interval(loss_against),
    )


def _losses(error_of_p80: FloatArray) -> FloatArray:
    zero = np.zeros(1)
    found = [pinball(np.array([one]), zero, 0.8) for one in error_of_p80.tolist()]
    return np.array(found, dtype=np.float64)


def _interval(values: FloatArray) -> tuple[float, float]:
    """The middle 95 % of the mean over bootstrap samples; there is one value per project."""
    random = np.random.default_rng(7)
    means = values[random.integers(0, len(values), (_BOOTSTRAPS, len(values)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def _print(found: Sequence[Score]) -> None:
    def between(interval: tuple[float, float] | None, sign: str = "") -> str:
        return "" if interval is None else f"{interval[0]:{sign}.3f} … {interval[1]:{sign}.3f}"

    table(
        (
            "method", "n", "MAPE of P50", "95 %", "minus ours", "P80 covers", "Wilson 95 %",
            "pinball P80", "95 %", "minus ours",
        ),
        [
            (
                one.method, one.count, f"{one.error:.3f}", between(one.error_interval),
                "" if one.method == OURS else between(one.error_against_ours, "+"),
                f"{one.coverage.share:.0%}" if one.coverage else "",
                f"{one.coverage.low:.0%} … {one.coverage.high:.0%}" if one.coverage else "",
                "" if one.loss is None else f"{one.loss:.4f}", between(one.loss_interval),
                "" if one.method == OURS else between(one.loss_against_ours, "+"),
            )
            for one in found
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
