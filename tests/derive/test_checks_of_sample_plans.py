"""The checks of plans that others wrote: none breaks them, and the numbers are those one counts by hand."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from plan_world import counted
from shared import shared

from store import Store, open_store
from sync.config import default_config
from sync.derive import derive
from sync.pull import pull
from sync.settings import open_connectors, sync_settings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
RATIOS = {"cpli", "tfci", "bei"}  # these may exceed 1


@contextmanager
def derived(path: Path) -> Iterator[Store]:
    config = default_config(
        [{"name": "plans", "kind": "project_file", "path": [glob.escape(str(path))]}], folder=path.parent
    )
    settings = sync_settings(config)
    with open_store("sqlite://") as store:
        connectors, unopened = open_connectors(
            config, clock=lambda: NOW, sleep=lambda _: None, say=lambda _: None
        )
        assert unopened == {}
        pull(store, connectors, run_id="r", now=NOW, settings=settings.pull)
        derive(store, settings.derive, today=NOW.date(), now=NOW)
        yield store


def shown(store: Store) -> dict[str, tuple[Any, ...]]:
    """What each check counted, members by their numbers in the plan."""
    found: dict[str, tuple[Any, ...]] = {}
    for row in store.rows("schedule_check"):
        numbers = counted(row)
        if len(numbers) == 3:
            ends = [[one.split("#")[-1] for one in name.split("->")] for name in numbers[2]]
            numbers = (numbers[0], numbers[1], ["->".join(one) for one in ends])
        found[str(row["check"])] = numbers
    return found


def test_no_sample_breaks_the_checks_and_every_row_counts_within_its_population() -> None:
    folder = shared("samples/msproject")
    names = sorted(path for path in folder.rglob("*.xml"))
    assert len(names) > 30
    plans = 0
    for path in names:
        with derived(path) as store:
            for row in store.rows("schedule_check"):
                numbers = counted(row)
                if len(numbers) == 3:
                    assert row["share"] == pytest.approx(numbers[0] / numbers[1]), (path.name, row["check"])
                    assert row["check"] in RATIOS or 0 <= numbers[0] <= numbers[1], (path.name, row["check"])
            plans += len(list(store.rows("schedule")))
    assert plans > 30


def test_the_types_of_links_of_a_small_plan_are_seen() -> None:
    with derived(shared("samples/msproject/sample.xml")) as store:
        found = shown(store)
    assert found["link-types"] == (3, 6, ["14->15", "16->17", "18->19"])
    assert found["leads"] == (1, 6, ["12->13"])
    assert found["lags"] == (1, 6, ["10->11"])
    assert found["start-to-finish"] == (1, 6, ["18->19"])
    # 14 starts 15, 16 ends 17, and 18, by its start, ends 19.
    assert found["dangling-start"] == (2, 15, ["17", "19"])
    assert found["dangling-finish"] == (2, 15, ["14", "18"])
    assert found["invalid-dates"] == ("no status date",)


def test_the_end_of_a_plan_is_its_last_minute_and_not_its_last_row() -> None:
    # The fifth task ends at 8:00 of the day on which the others end at 17:00; nothing critical leads to it.
    with derived(shared("samples/msproject/mspdirelations.xml")) as store:
        assert shown(store)["critical-path"] == (0, 1, [])


def test_a_plan_of_houses_has_four_loose_ends_and_no_float_to_speak_of() -> None:
    with derived(shared("samples/msproject/derived/Residential_Construction.mpxj-mspdi.xml")) as store:
        found = shown(store)
    assert found["logic"] == (4, 83, ["108", "2", "67", "73"])
    assert found["link-types"] == (112, 112, [])
    assert found["no-baseline"][:2] == (89, 89)
    assert found["critical-path"] == (0, 1, [])


def test_a_plan_that_was_statused_as_a_whole_has_its_dates_in_the_past_and_in_the_future(
    tmp_path: Path,
) -> None:
    path = shared("samples/msproject/derived/Software_Development.mpxj-mspdi.xml")
    text = path.read_text(encoding="utf-8")
    plan = tmp_path / "plan.xml"
    begin = "<ScheduleFromStart>"
    plan.write_text(
        text.replace(begin, f"<StatusDate>2013-02-15T17:00:00</StatusDate>{begin}", 1), encoding="utf-8"
    )
    with derived(plan) as store:
        found = shown(store)
        (schedule,) = list(store.rows("schedule"))
    assert schedule["status_date"] == date(2013, 2, 15)
    # Every task is 30 % complete: those behind the status date are not finished, those ahead have begun.
    assert found["invalid-forecast-dates"][:2] == (30, 62)
    assert found["invalid-actual-dates"][:2] == (30, 62)
    assert found["bei"][:2] == (0, 30)
    assert found["missed-tasks"][:2] == (0, 30)  # nobody moved a date: see docs/schedule-checks.md
    assert found["leads"] == (3, 71, ["29->30", "29->59", "29->63"])
    assert found["critical-path"] == (0, 1, [])
    # From 15 February to 6 May are 56 working days in the plan's calendar, and nothing has slipped.
    assert found["cpli"] == (56, 56, ["86"])
