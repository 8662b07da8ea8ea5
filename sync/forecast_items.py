"""What forecasting needs of each item, as arrays: its promise, its prediction, its class, how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from portfolio.records import ItemId
from schedule.calendars import DayArray, IntArray, as_days, instants_as_days
from schedule.forecast import BANDS, STAGES, bands, stages
from schedule.reference_classes import Path
from sync.workspace import Workspace

BoolArray = npt.NDArray[np.bool_]
NETWORK, DATE, PAST, BACKLOG = "network", "date", "past its date", "backlog"
ENDED = ("done", "removed")
NEVER = np.iinfo(np.int64).min
_DATE_CLASSES = tuple(f"{DATE}, {band}" for band in BANDS)
_NETWORK_CLASSES = tuple(f"{NETWORK}, {stage}" for stage in STAGES)
_NO_WORK = ("risk",)  # its date is that of a response, not of a finish


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastItems:
    """The items of a workspace, all parallel to its columns. NaT is unknown.

    Attributes:
        today: the day of the run, or the last working day before it.
        is_open, is_done: neither for what is removed, or is no work.
        finish: the day on which it was done.
        due: the effective due date.
        predicted: the network's finish, else the effective due date.
        has_network: which predictions are the network's.
        since: from where the time to a date runs: the promise, else when the item was made.
        promised_on: the day on which a date was promised, at least by being planned.
        promised: the date that was promised.
        class_name: the class of a forecast that is made today, under which it will be scored.
        kind, place: what it is and where it belongs, which makes its class finer.
    """

    today: np.datetime64
    is_open: BoolArray
    is_done: BoolArray
    finish: DayArray
    due: DayArray
    predicted: DayArray
    has_network: BoolArray
    since: DayArray
    promised_on: DayArray
    promised: DayArray
    class_name: list[str]
    kind: list[str]
    place: list[str]

    def path(self, class_name: str, index: int) -> Path:
        """The class of an item from coarse to fine; above the stages of networks stands what they share."""
        coarse = (NETWORK, class_name) if class_name.startswith(NETWORK) else (class_name,)
        return (*coarse, self.kind[index], self.place[index])

    def reached(self, since: DayArray) -> IntArray:
        """Days from a day of each item to its finish, or to today where it is open.

        Returns:
            `NEVER` where the item has not come so far, or its finish is unknown.
        """
        end = np.where(self.is_open, self.today, self.finish).astype("datetime64[D]")
        days = (end - since).astype(np.int64)
        is_known = ~np.isnat(end) & ~np.isnat(since) & ((self.is_open & (days > 0)) | self.is_done)
        return np.where(is_known, days, NEVER)


def date_classes(planned_days: IntArray) -> list[str]:
    """The class of each date by how long was planned until then."""
    return [_DATE_CLASSES[band] for band in bands(planned_days).tolist()]


def forecast_items(work: Workspace, network_finish: Mapping[ItemId, date]) -> ForecastItems:
    """Read what forecasting needs from a workspace that knows effective dates and promises."""
    items, derived = work.items, work.derived
    is_work = np.array([kind not in _NO_WORK for kind in items["kind"]], dtype=bool)
    states = items["state"]
    is_open = np.array([state not in ENDED for state in states], dtype=bool) & is_work
    is_done = np.array([state == "done" for state in states], dtype=bool) & is_work
    due = as_days(derived["effective_due"])
    network = as_days([network_finish.get(item) for item in items["item_id"]])
    has_network = ~np.isnat(network)
    percent = np.array([np.nan if one is None else one for one in items["percent_complete"]], dtype=float)
    # Nobody is later on a Saturday than on the Friday before it: on days off no forecast moves.
    today = np.datetime64(work.portfolio_calendar.add(work.today, 0) or work.today, "D")
    # What is open ends today at the earliest, whatever a network says that was not brought up to date.
    predicted = np.where(has_network, np.maximum(network, today), due).astype("datetime64[D]")
    stage = stages(percent, np.array([state == "in_progress" for state in states], dtype=bool))
    promised_on = _promised_on(work)
    since = np.where(np.isnat(promised_on), _created_on(work), promised_on).astype("datetime64[D]")
    return ForecastItems(
        today=today,
        is_open=is_open,
        is_done=is_done,
        finish=as_days(items["actual_finish"]),
        due=due,
        predicted=predicted,
        has_network=has_network,
        since=since,
        promised_on=promised_on,
        promised=as_days(
            [
                first or baseline
                for first, baseline in zip(derived["commitment"], items["baseline_finish"], strict=True)
            ]
        ),
        class_name=_class_names(predicted, since, has_network, stage),
        kind=[
            "summary" if is_summary and kind == "task" else kind
            for kind, is_summary in zip(items["kind"], items["is_summary"], strict=True)
        ],
        place=[
            project or schedule or source
            for project, schedule, source in zip(
                derived["project"], items["schedule_id"], items["source"], strict=True
            )
        ],
    )


def _class_names(predicted: DayArray, since: DayArray, has_network: BoolArray, stage: IntArray) -> list[str]:
    is_dated = ~np.isnat(predicted)
    planned = np.where(is_dated & ~np.isnat(since), (predicted - since).astype(np.int64), 0)
    found: list[str] = []
    for name, dated, network, at in zip(
        date_classes(planned), is_dated.tolist(), has_network.tolist(), stage.tolist(), strict=True
    ):
        if dated:
            found.append(_NETWORK_CLASSES[at] if network else name)
        else:
            found.append(BACKLOG)
    return found


def _created_on(work: Workspace) -> DayArray:
    return instants_as_days(work.items["created_at"], ZoneInfo(work.settings.timezone))


def _promised_on(work: Workspace) -> DayArray:
    """The day of the commitment, else the planned start: from there the promised time runs."""
    zone = ZoneInfo(work.settings.timezone)
    items = work.items

    def first(committed: Any, baseline_start: date | None, start: date | None) -> date | None:
        return committed.astimezone(zone).date() if committed is not None else baseline_start or start

    return as_days(
        [
            first(*row)
            for row in zip(work.derived["committed_at"], items["baseline_start"], items["start"], strict=True)
        ]
    )
