"""Scores of finished work: warnings and their lead, how much forecasts moved, and how far they were off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from statistics import median
from typing import Any, TypeAlias

import numpy as np
import pytest
from test_forecasts import LONG_AGO, derived, done, finished, instant, story

from schedule.calendars import work_calendar
from store import Store, open_store

MONDAY = date(2026, 11, 23)
EARLY, MID = "network, early", "network, mid"
History: TypeAlias = Mapping[str, Sequence[tuple[Any, ...]]]
"""By item: the day after 23 November, the class, the date, P50, since when it warns, and how far it moved."""


@pytest.fixture(autouse=True)
def short_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of 26,000 working days has no part in these tests and is most of a small run's time."""
    monkeypatch.setattr("sync.derive.workday_table", lambda _: {"day": [], "ord": []})


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store("sqlite://") as opened:
        opened.declare_source("shop", "jira", "jira", "1")
        opened.mark_source("shop", good_at=instant(MONDAY))
        yield opened


def day(after: int) -> date:
    return MONDAY + timedelta(days=after)


def remember(store: Store, told: History) -> None:
    """Store forecasts that all have their P80 on the day after their P50."""
    for after in sorted({row[0] for rows in told.values() for row in rows}):
        rows = [(item, row) for item, rows in told.items() for row in rows if row[0] == after]
        store.save_forecasts(
            day(after),
            {
                "item_id": [f"shop/{item}" for item, _ in rows],
                "class": [row[1] for _, row in rows],
                "due": [day(row[2]) for _, row in rows],
                "p50": [day(row[3]) for _, row in rows],
                "p80": [day(row[3] + 1) for _, row in rows],
                "warned_since": [None if row[4] is None else day(row[4]) for _, row in rows],
                "moved_wd": [row[5] for _, row in rows],
            },
        )


def scores(store: Store, told: History, ended: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """The view `calibration` by class, when these items were done so many days after 23 November."""
    remember(store, told)
    derived(store, *(done(key, day(80), day(after)) for key, after in ended.items()), today=day(90))
    return {row["class"]: row for row in store.rows("calibration")}


def test_late_work_counts_as_warned_from_where_the_warning_lasted(store: Store) -> None:
    # All are due on Friday 4 December. The days are: 0, 7 and 14 Mondays; 4, 11 and 18 Fridays.
    found = scores(
        store,
        {
            "LONG": [(0, EARLY, 11, 14, 0, 0)],  # warned of from the first day
            "LATER": [(0, EARLY, 11, 9, None, 0), (7, EARLY, 11, 15, 7, 4)],
            "NEVER": [(0, EARLY, 11, 11, None, 0)],
            "WITHDRAWN": [(0, EARLY, 11, 14, 0, 0), (8, EARLY, 11, 10, None, 2)],
            "TOO-LATE": [(0, EARLY, 11, 9, None, 0), (14, EARLY, 11, 16, 14, 5)],
            "WRONGLY": [(0, EARLY, 11, 14, 0, 0)],
            "GOOD": [(0, EARLY, 11, 9, None, 0)],
        },
        {**dict.fromkeys(("LONG", "LATER", "NEVER", "WITHDRAWN", "TOO-LATE"), 18), "WRONGLY": 11, "GOOD": 9},
    )[EARLY]
    assert (found["warned"], found["late"]) == (2, 5)
    assert (found["false_warnings"], found["on_time"]) == (1, 2)
    # Nine working days from 23 November to 4 December, four from 30 November.
    assert found["warning_lead_wd"] == 6.5


def test_a_date_that_is_moved_ends_its_warning_and_is_judged_by_itself(store: Store) -> None:
    found = scores(
        store,
        {
            # Warned of, then moved: the old date was missed, the new one is another class and was kept.
            "MOVED": [(0, EARLY, 11, 14, 0, 0), (7, MID, 25, 25, None, 0)],
            # Moved before anything was said: what is said of the new date warns of the new one only.
            "SILENT": [(0, EARLY, 11, 11, None, 0), (7, EARLY, 25, 30, 7, 0)],
        },
        {"MOVED": 25, "SILENT": 25},
    )
    assert [(name, found[name]["warned"], found[name]["late"]) for name in sorted(found)] == [
        (EARLY, 1, 2), (MID, 0, 0),
    ]  # fmt: skip
    assert (found[MID]["false_warnings"], found[MID]["on_time"]) == (0, 1)
    assert found[MID]["warning_lead_wd"] is None


def test_bias_interval_and_churn_by_hand(store: Store) -> None:
    # P50 said 4 December: three working days too early, and one too late.
    found = scores(
        store,
        {
            "LATE": [(0, EARLY, 11, 11, None, 0), (7, EARLY, 11, 15, 7, 6)],
            "EARLY": [(0, EARLY, 11, 11, None, 2)],
        },
        {"LATE": 16, "EARLY": 10},
    )[EARLY]
    assert found["bias_wd"] == -1.0
    # P80 is a Saturday, which is the Friday before it. One of two was covered: Wilson's interval.
    assert (found["p80_coverage"], found["p80_low"], found["p80_high"]) == (0.5, 0.0945, 0.9055)
    # Six working days of change in 12 + 8. What "EARLY" moved before it was scored is not counted.
    assert found["churn_wd"] == 1.5


def test_each_class_is_judged_by_its_own_time(store: Store) -> None:
    found = scores(
        store,
        {"A": [(0, EARLY, 25, 25, None, 0), (7, EARLY, 25, 32, 7, 5), (14, MID, 25, 39, 7, 10)]},
        {"A": 28},
    )
    # Early: five days of change in the two weeks until the class became another one; then none in two.
    assert [found[one]["churn_wd"] for one in (EARLY, MID)] == [2.5, 0.0]
    # The warning lasted through both: from Monday 30 November to Friday 18 December.
    assert [found[one]["warning_lead_wd"] for one in (EARLY, MID)] == [14.0, 14.0]


def test_what_a_tracker_tells_late_is_scored_up_to_its_last_forecast(store: Store) -> None:
    # Done on Wednesday, still forecast on the Monday after: one move in five working days, no warning.
    found = scores(store, {"A": [(0, EARLY, 30, 30, None, 0), (7, EARLY, 30, 37, 7, 5)]}, {"A": 2})[EARLY]
    assert (found["churn_wd"], found["false_warnings"], found["on_time"]) == (5.0, 0, 1)


def trail(store: Store) -> list[tuple[date, date | None, int]]:
    found = store.read("engine_forecast", ("as_of", "warned_since", "moved_wd"))
    return list(zip(*found.values(), strict=True))


def test_forecasts_carry_since_when_they_warn_and_how_far_they_moved(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Due on Saturday 5 December, for which Monday is no warning; the network moves by whole weeks.
    for after, due, finish in (
        (0, 12, 14), (1, 12, 21), (2, 12, 28), (3, 12, 11), (4, 12, 35), (7, 40, 42), (8, 40, 35),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            derived(
                store, story("OPEN", due=day(due)), today=day(after), network={"shop/OPEN": day(finish)},
                monkeypatch=patch,
            )  # fmt: skip
    assert trail(store) == [
        (day(0), None, 0),
        (day(1), day(1), 5),
        (day(2), day(1), 10),
        (day(3), None, 21),  # eleven working days back: 11 December is a Friday, 28 a Monday
        (day(4), day(4), 37),
        (day(7), None, 37),  # the date was moved: Monday for a Saturday again, and no unrest of ours
        (day(8), None, 42),
    ]


def test_what_is_thinned_out_changes_no_score_which_is_what_all_forecasts_say(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(7)
    prior = finished(40, 30, 60)
    store.save_forecasts(
        LONG_AGO,
        {
            "item_id": [one.item_id for one in prior], "class": [EARLY] * 40,
            "predicted": [LONG_AGO + timedelta(days=30)] * 40,
        },
    )  # fmt: skip
    derived(store, *prior, today=day(-1))
    keys = [f"N{number}" for number in range(12)]
    due = {key: random.choice((18, 28, 39)) for key in keys}
    for after in (0, 1, 2, 3, 4, 7, 8, 9):
        due |= {key: due[key] + 7 for key in keys if random.random() < 0.04}
        network = {f"shop/{key}": day(after + random.choice((5, 12, 15, 18, 30))) for key in keys}
        percent = 10.0 if after < 7 else 40.0
        items = [story(key, due=day(due[key]), percent_complete=percent) for key in keys]
        with monkeypatch.context() as patch:
            derived(store, *items, today=day(after), network=network, monkeypatch=patch)
    ended = {key: random.choice((20, 38, 45, 60)) for key in keys}
    derived(store, *(done(key, day(due[key]), day(ended[key])) for key in keys), today=day(70))
    first = list(store.rows("calibration"))
    assert {row["class"]: by_all_rows(store, row["class"], ended) for row in first} == {
        row["class"]: (row["warned"], row["late"], row["warning_lead_wd"], row["churn_wd"]) for row in first
    }
    assert [row["class"] for row in first] == [EARLY, MID]
    assert all(0 < row["warned"] < row["late"] < row["n"] for row in first)
    assert store.forget_forecasts(day(70)) > 20
    derived(store, today=day(71))
    assert list(store.rows("calibration")) == first


def by_all_rows(store: Store, name: str, ended: Mapping[str, int]) -> tuple[Any, ...]:
    """The same scores without anything that rows carry along: forecast by forecast."""
    calendar = work_calendar()

    def number(of: date) -> int:
        return int(calendar.known_ordinals(np.array([of], dtype="datetime64[D]"))[0][0])

    columns = ("item_id", "as_of", "class", "due", "p50", "p80")
    rows = sorted(zip(*store.read("engine_forecast", columns).values(), strict=True))
    leads: list[int] = []
    late, moved, stood = 0, 0, 0
    for key, after in ended.items():
        mine = [row for row in rows if row[0] == f"shop/{key}"]
        at = next((place for place, row in enumerate(mine) if row[2] == name and row[5]), None)
        if at is None:
            continue
        date_then = mine[at][3]
        stop = next((n for n in range(at, len(mine)) if mine[n][2:4] != (name, date_then)), len(mine))
        stood += number(mine[stop][1] if stop < len(mine) else day(after)) - number(mine[at][1])
        moved += sum(abs(number(b[4]) - number(a[4])) for a, b in pairwise(mine[at:stop]))
        if day(after) <= date_then:
            continue
        late += 1
        warned_since = None
        for row in mine[:stop]:
            is_warning = row[3] == date_then and row[4] > date_then
            warned_since = (warned_since or row[1]) if is_warning else None
        if warned_since is not None:
            leads.append(number(date_then) - number(warned_since))
    return len(leads), late, median(leads) if leads else None, round(5 * moved / stood, 4)
