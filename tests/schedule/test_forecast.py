"""P50 and P80 from a prediction and a reference class, by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedule.calendars import work_calendar
from schedule.forecast import (
    BANDS,
    STAGES,
    Forecasts,
    Method,
    bands,
    forecast,
    method_names,
    network_prior,
    on_working_days,
    stages,
)

TODAY = date(2026, 11, 24)
NAN = float("nan")


def one(
    predicted: str | None,
    q50: float = NAN,
    q80: float = NAN,
    *,
    network: bool = False,
    is_open: bool = True,
    references: int = 25,
    anchor: str | None = "2026-11-24",
) -> tuple[str | None, str | None, str | None, int]:
    found = forecast(
        TODAY,
        np.array([predicted], dtype="datetime64[D]"),
        anchor=np.array([anchor], dtype="datetime64[D]"),
        has_network=np.array([network]),
        is_open=np.array([is_open]),
        q50=np.array([q50]),
        q80=np.array([q80]),
        references=np.array([references]),
    )
    return (
        found.p50.tolist()[0] and found.p50.tolist()[0].isoformat(),
        found.p80.tolist()[0] and found.p80.tolist()[0].isoformat(),
        method_names(found.method)[0],
        int(found.references[0]),
    )


@pytest.mark.parametrize(
    ("network", "method"), [(False, "plan date × reference class"), (True, "network × reference class")]
)
def test_what_is_left_is_stretched_from_the_status_date(network: bool, method: str) -> None:
    # Ten days to 4 December; 12.5 of them end on the thirteenth.
    found = one("2026-12-04", 1.0, 1.25, network=network)
    assert found == ("2026-12-04", "2026-12-07", method, 25)


def test_a_class_that_is_early_brings_the_forecast_before_the_date() -> None:
    assert one("2026-12-04", 0.5, 0.9)[:2] == ("2026-11-29", "2026-12-03")


def test_a_whole_number_of_days_is_not_rounded_up_by_a_billionth() -> None:
    assert one("2026-12-01", 1.0, 1.0 + 1e-12)[:2] == ("2026-12-01", "2026-12-01")


def test_too_few_references_leave_the_plan_to_speak_and_nothing_for_80_percent() -> None:
    assert one("2026-12-04", references=19) == ("2026-12-04", None, "plan date", 19)
    assert one("2026-12-04", network=True, references=3) == ("2026-12-04", None, "network", 3)


def test_a_date_is_stretched_from_where_its_time_began() -> None:
    # Forty days from 25 October to 4 December; 1.1 times that are 44, and 1.25 times 50.
    found = one("2026-12-04", 1.1, 1.25, anchor="2026-10-25")
    assert found[:2] == ("2026-12-08", "2026-12-14")


def test_work_past_its_date_is_stretched_in_the_same_way_and_says_so() -> None:
    # Thirty days from 21 October to 20 November; 1.5 times that are 45.
    found = one("2026-11-20", 1.2, 1.5, anchor="2026-10-21")
    assert found == ("2026-11-26", "2026-12-05", "past its date, reference class", 25)


def test_from_the_date_itself_quantiles_are_days() -> None:
    found = one("2026-11-20", 9.0, 15.2, anchor="2026-11-20")
    assert found == ("2026-11-29", "2026-12-06", "past its date, reference class", 25)


def test_without_an_anchor_the_plan_speaks() -> None:
    assert one("2026-12-04", 1.0, 1.2, anchor=None) == ("2026-12-04", None, "plan date", 25)


def test_work_past_its_date_without_references_has_no_forecast() -> None:
    assert one("2026-11-23", references=4) == (None, None, None, 4)


def test_what_is_due_today_lies_ahead_and_has_a_day_left() -> None:
    assert one("2026-11-24", references=4) == ("2026-11-24", None, "plan date", 4)
    assert one("2026-11-24", 1.0, 3.0)[:2] == ("2026-11-25", "2026-11-27")
    assert one("2026-11-24", 0.0, 3.0)[:2] == ("2026-11-24", "2026-11-27")


def test_open_work_is_never_forecast_for_a_day_that_has_passed() -> None:
    assert one("2026-11-10", 3.0, 5.0, anchor="2026-11-10")[:2] == ("2026-11-24", "2026-11-24")


def test_what_is_over_has_an_actual_date_and_no_forecast_and_what_is_undated_has_none() -> None:
    assert one("2026-12-04", 1.0, 1.2, is_open=False) == (None, None, None, 0)
    assert one(None, 1.0, 1.2) == (None, None, None, 0)


def test_p80_is_never_before_p50() -> None:
    assert one("2026-12-04", 1.4, 1.2)[:2] == ("2026-12-08", "2026-12-08")


@pytest.mark.parametrize(
    ("percent", "started", "stage"),
    [(0, True, "early"), (29.9, True, "early"), (30, True, "mid"), (70, True, "mid"), (70.1, True, "late"),
     (NAN, False, "early"), (NAN, True, "mid"), (100, True, "late")],
)  # fmt: skip
def test_stages_turn_at_30_and_above_70_percent(percent: float, started: bool, stage: str) -> None:
    assert STAGES[stages(np.array([percent]), np.array([started]))[0]] == stage


@pytest.mark.parametrize(
    ("days", "band"),
    [(-3, 0), (0, 0), (4, 0), (5, 1), (19, 1), (20, 2), (59, 2), (60, 3), (900, 3)],
)
def test_bands_turn_at_5_20_and_60_days(days: int, band: int) -> None:
    assert bands(np.array([days])).tolist() == [band]
    assert len(BANDS) == 4


def test_a_forecast_on_a_day_off_is_the_next_working_day() -> None:
    calendar = work_calendar(days_off=[date(2026, 11, 30)])
    days = np.array(["2026-11-27", "2026-11-28", "2026-11-30", "NaT", "1980-01-06"], dtype="datetime64[D]")
    found = on_working_days(days, calendar)
    assert [str(day) for day in found] == ["2026-11-27", "2026-12-01", "2026-12-01", "NaT", "1980-01-06"]
    last = np.array(["2060-12-31"], dtype="datetime64[D]")  # a Friday
    assert on_working_days(last, work_calendar((1, 2, 3, 4))).tolist() == [date(2060, 12, 31)]


def test_the_shipped_prior_says_what_finished_networks_needed() -> None:
    values = network_prior().quantiles((0.5,))
    assert values[0] == pytest.approx(1.03, abs=0.01)
    assert np.interp((0.8, 0.9), np.cumsum(network_prior().weights), network_prior().values) == pytest.approx(
        [1.26, 1.46], abs=0.02
    )


def many(days: list[int | None], q50: list[float], spread: list[float]) -> Forecasts:
    predicted = [None if day is None else np.datetime64(TODAY, "D") + day for day in days]
    low = np.array(q50)
    return forecast(
        TODAY,
        np.array(predicted, dtype="datetime64[D]"),
        anchor=np.full(len(days), np.datetime64(TODAY, "D")),
        has_network=np.arange(len(days)) % 2 == 0,
        is_open=np.ones(len(days), dtype=bool),
        q50=low,
        q80=low + np.array(spread),
        references=np.full(len(days), 30),
    )


ITEMS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-300, 600)),
        st.one_of(st.just(NAN), st.floats(0, 20)),
        st.floats(0, 20),
    ),
    min_size=1,
    max_size=30,
)


@given(ITEMS, st.floats(0, 5))
def test_a_slower_class_never_gives_an_earlier_day_and_p50_never_follows_p80(
    items: Any, slower: float
) -> None:
    days, q50, spread = map(list, zip(*items, strict=True))
    first, second = many(days, q50, spread), many(days, [one + slower for one in q50], spread)
    for before, after in ((first.p50, second.p50), (first.p80, second.p80)):
        assert (np.isnat(before) == np.isnat(after)).all()
        assert (after >= before)[~np.isnat(before)].all()
    known = ~np.isnat(first.p80)
    assert (first.p50 <= first.p80)[known].all()
    assert not np.isnat(first.p50[known]).any()
    assert (first.p50[~np.isnat(first.p50)] >= np.datetime64(TODAY)).all()


@given(ITEMS)
def test_items_are_forecast_each_by_itself(items: Any) -> None:
    days, q50, spread = map(list, zip(*items, strict=True))
    forward = many(days, q50, spread)
    for index in range(len(items)):
        if index % 2 == 0:
            alone = many([days[index]], [q50[index]], [spread[index]])
            assert alone.p50.tolist() == forward.p50[index : index + 1].tolist()
            assert alone.p80.tolist() == forward.p80[index : index + 1].tolist()
            assert alone.method.tolist() == forward.method[index : index + 1].tolist()


def test_every_method_has_a_name_and_none_has_none() -> None:
    names = method_names(np.array(list(Method), dtype=np.int8))
    assert names[0] is None
    assert len(set(names)) == len(Method) == 7
