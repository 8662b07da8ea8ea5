"""All checks of many schedules in one call: what the view `schedule_check` shows, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schedule.check_inputs import BoolArray, CheckInputs, DayArray
from schedule.check_results import Check
from schedule.critical_path_test import Reschedule, critical_path_test
from schedule.date_checks import date_checks
from schedule.logic_checks import logic_checks
from schedule.schedule_indices import (
    CriticalPath,
    Period,
    baseline_execution_index,
    critical_path_length_index,
    current_execution_index,
    hit_rate,
    total_float_consumption_index,
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was forecast when a period began.

    Attributes:
        period: of each schedule.
        forecast: the finish of each item as it stood then, NaT where it had none.
        has_snapshot: for each schedule whether anything is known from then.
    """

    period: Period
    forecast: DayArray
    has_snapshot: BoolArray


def schedule_checks(
    inputs: CheckInputs,
    path: CriticalPath,
    reschedule: Reschedule | None,
    earlier: Mapping[str, Earlier],
) -> list[Check]:
    """Every check of every schedule.

    Args:
        inputs: from `check_inputs`.
        path: of each schedule's end, see `completion_of`.
        reschedule: for the critical path test; None leaves it out.
        earlier: what was forecast when the last periods began, by the name of the check (`cei`, …).
    """
    checks = [*logic_checks(inputs), *date_checks(inputs)]
    if reschedule is not None:
        checks.append(critical_path_test(inputs, path.completion, reschedule))
    checks += [
        critical_path_length_index(inputs, path),
        total_float_consumption_index(inputs, path),
        baseline_execution_index(inputs),
        hit_rate(inputs),
    ]
    checks += [
        current_execution_index(inputs, name, one.period, one.forecast, one.has_snapshot)
        for name, one in earlier.items()
    ]
    return checks
