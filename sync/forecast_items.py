"""What forecasting needs of each item, as arrays: its promise, its prediction, its class, how it ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedule.calendars import DayArray, days_of_instants
from schedule.forecast import BANDS, STAGES, bands, stages
from schedule.hierarchy import IntArray
from schedule.reference_classes import Path
from store.frames import NO_DAY, BoolArray, Coded
from sync.workspace import ENDED, Workspace

NETWORK, DATE, PAST, BACKLOG = "network", "date", "past its date", "backlog"
CLASSES = (
    *(f"{DATE}, {band}" for band in BANDS),
    *(f"{NETWORK}, {stage}" for stage in STAGES),
    PAST,
    BACKLOG,
)
NETWORK_CLASSES = range(len(BANDS), len(BANDS) + len(STAGES))
PAST_CLASS, BACKLOG_CLASS = CLASSES.index(PAST), CLASSES.index(BACKLOG)
NEVER = np.iinfo(np.int64).min
_NO_WORK = ("risk",)  # its date is that of a response, not of a finish


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastItems:
    """The loaded items, all parallel to them. NaT is unknown.

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
        class_code: the class of a forecast that is made today, under which it will be scored, as a position
            in `CLASSES`.
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
    class_code: IntArray
    kind: Coded
    place: Coded

    def paths(self, rows: IntArray, class_code: IntArray) -> tuple[IntArray, list[Path]]:
        """The finest classes of some items: the position of each item's among them, and the classes.

        A class is a path from coarse to fine; above the stages of networks stands what they share.

        Args:
            rows: positions of items.
            class_code: the coarse class of each of these.
        """
        kinds, places = len(self.kind.words), len(self.place.words)
        numbers = (class_code * kinds + self.kind.codes[rows]) * places + self.place.codes[rows]
        found, codes = np.unique(numbers, return_inverse=True)
        paths: list[Path] = []
        for number in found.tolist():
            rest, place = divmod(number, places)
            coarse, kind = divmod(rest, kinds)
            above = (NETWORK,) if coarse in NETWORK_CLASSES else ()
            paths.append((*above, CLASSES[coarse], self.kind.words[kind], self.place.words[place]))
        return codes, paths

    def reached(self, since: DayArray) -> IntArray:
        """Days from a day of each item to its finish, or to today where it is open.

        Returns:
            `NEVER` where the item has not come so far, or its finish is unknown.
        """
        end = np.where(self.is_open, self.today, self.finish).astype("datetime64[D]")
        days = (end - since).astype(np.int64)
        is_known = ~np.isnat(end) & ~np.isnat(since) & ((self.is_open & (days > 0)) | self.is_done)
        return np.where(is_known, days, NEVER)


def forecast_items(work: Workspace) -> ForecastItems:
    """Read what forecasting needs from a workspace that knows effective dates, promises and the network."""
    items, derived, zone = work.items, work.derived, work.zone
    state = items.codes("state")
    is_work = ~items.codes("kind").is_one_of(_NO_WORK)
    due = derived.dates("effective_due")
    # Nobody is later on a Saturday than on the Friday before it: on days off no forecast moves.
    today = np.datetime64(work.portfolio_calendar.add(work.today, 0) or work.today, "D")
    network = np.where(work.network.is_waiting, work.network.finish, NO_DAY)
    has_network = ~np.isnat(network)
    # What is open ends today at the earliest, whatever a network says that was not brought up to date.
    predicted = np.where(has_network, np.maximum(network, today), due)
    planned_from = _first_known(items.dates("baseline_start"), items.dates("start"))
    promised_on = _first_known(days_of_instants(derived.instants("committed_at"), zone), planned_from)
    since = _first_known(promised_on, days_of_instants(items.instants("created_at"), zone))
    stage = stages(items.numbers("percent_complete"), state.is_one_of(("in_progress",)))
    return ForecastItems(
        today=today,
        is_open=~state.is_one_of(ENDED) & is_work,
        is_done=state.is_one_of(("done",)) & is_work,
        finish=derived.dates("actual_finish"),
        due=due,
        predicted=predicted,
        has_network=has_network,
        since=since,
        promised_on=promised_on,
        promised=_first_known(derived.dates("commitment"), items.dates("baseline_finish")),
        class_code=_class_codes(predicted, since, has_network, stage),
        kind=_kinds(items.codes("kind"), items.flags("is_summary")),
        place=_first_word(derived.codes("project"), items.codes("schedule_id"), items.codes("source")),
    )


def _class_codes(predicted: DayArray, since: DayArray, has_network: BoolArray, stage: IntArray) -> IntArray:
    is_dated = ~np.isnat(predicted)
    planned = np.where(is_dated & ~np.isnat(since), (predicted - since).astype(np.int64), 0)
    dated = np.where(has_network, NETWORK_CLASSES.start + stage, bands(planned))
    return np.where(is_dated, dated, BACKLOG_CLASS)


def _kinds(kind: Coded, is_summary: BoolArray) -> Coded:
    """What each item is; a summary task is work of another kind than a task."""
    is_other = is_summary & kind.is_one_of(("task",))
    return Coded(
        np.where(is_other, len(kind.words), kind.codes).astype(np.int32), [*kind.words, "summary"]
    ).compact()


def _first_known(one: DayArray, other: DayArray) -> DayArray:
    return np.where(np.isnat(one), other, one)


def _first_word(*columns: Coded) -> Coded:
    """In each row the word of the first column that has one."""
    words = [word for column in columns for word in column.words]
    codes = np.full(len(columns[0]), -1, dtype=np.int32)
    offset = 0
    for column in columns:
        codes = np.where((codes < 0) & (column.codes >= 0), column.codes + offset, codes).astype(np.int32)
        offset += len(column.words)
    return Coded(codes, words).compact()
