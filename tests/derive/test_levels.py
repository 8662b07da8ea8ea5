"""Whether a schedule has levels, and which promised work stands outside of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from portfolio.records import AnyRecord, Gone, Page, Schedule, WorkItem
from rules.loading import load_catalogue
from schedule.calendars import work_calendar
from store import Store, open_store
from sync.check import CheckOutcome, CheckSettings, check
from sync.derive import derive
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CALENDAR = work_calendar()
RULES = [rule for rule in load_catalogue() if rule.id == "orphan-in-plan"]
EPIC = {"kind": "epic", "is_summary": True, "is_detail": False}


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store("sqlite://") as opened:
        opened.declare_source("shop", "jira", "jira", "1")
        opened.mark_source("shop", good_at=NOW)
        save(
            opened,
            *(Schedule(schedule_id=one, source="shop", scope=one, name=one, kind="project") for one in "AB"),
        )
        save(opened, item("E", **EPIC), item("other", schedule_id="B", **EPIC))
        yield opened


def save(store: Store, *records: AnyRecord, **page: Any) -> None:
    store.save_page("shop", "all", Page(records=records, **page), run_id="run", now=NOW)


def item(key: str, above: str | None = None, **values: Any) -> WorkItem:
    given = {"kind": "story", "is_detail": True, "schedule_id": "A", **values}
    parent = None if above is None else f"shop/{above}"
    return WorkItem(
        item_id=f"shop/{key}", source="shop", native_id=key, key=key, scope="A", parent_id=parent, **given
    )


def stories(below: int, beside: int) -> list[WorkItem]:
    return [
        *(item(f"in-{number}", "E") for number in range(below)),
        *(item(f"out-{number}", state="in_progress") for number in range(beside)),
    ]


def derived(store: Store, *, full: bool = False) -> int:
    return derive(store, DeriveSettings(), today=NOW.date(), now=NOW, full=full).changed


def has_levels(store: Store) -> bool:
    derived(store)
    (found,) = [row["has_levels"] for row in store.rows("schedule", where={"schedule_id": "A"})]
    told = {row["in_levelled_schedule"] for row in store.rows("item", where={"schedule_id": "A"})}
    assert told == {found}
    return bool(found)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (stories(8, 2), True),
        (stories(7, 3), False),
        (stories(10, 0), True),
        (stories(9, 0), False),  # too few to tell
        ([*stories(8, 2), item("more")], False),
        # Sub-tasks have a parent with or without levels.
        ([*stories(0, 3), *(item(f"sub-{number}", "out-1", kind="task") for number in range(20))], False),
        ([*stories(8, 2), *(item(f"sub-{number}", "out-1", kind="task") for number in range(9))], True),
        # An epic of another project is one, too, and so is a parent that nobody can see.
        ([*stories(0, 2), *(item(f"x-{number}", "other") for number in range(8))], True),
        ([*stories(0, 2), *(item(f"x-{number}", "hidden") for number in range(8))], True),
        # In a plan phases are tasks.
        (
            [
                item("phase", kind="task", is_summary=True, is_detail=False),
                *(item(f"t-{number}", "phase", kind="task") for number in range(10)),
            ],
            True,
        ),
        # What stands outside by habit, and what has ended, counts on neither side.
        ([*stories(8, 2), *(item(f"b-{number}", kind="bug") for number in range(9))], True),
        ([*stories(8, 2), *(item(f"m-{number}", is_milestone=True) for number in range(9))], True),
        ([*stories(8, 2), *(item(f"d-{number}", state="done") for number in range(9))], True),
        ([*stories(8, 2), *(item(f"r-{number}", is_detail=False) for number in range(9))], True),
        ([*stories(4, 1), *(item(f"d-{number}", "E", state="done") for number in range(20))], False),
    ],
)  # fmt: skip
def test_a_schedule_has_levels_where_four_fifths_of_its_open_work_have_a_parent(
    store: Store, records: list[WorkItem], expected: bool
) -> None:
    save(store, *records)
    assert has_levels(store) is expected


def checked(store: Store, run: str) -> CheckOutcome:
    settings = CheckSettings(rules=RULES, working_days=CALENDAR.working_days_between)
    return check(store, settings, run_id=run, today=NOW.date(), now=NOW, roll_up=lambda: 0)


def orphans(store: Store) -> list[str]:
    return sorted(str(one.key) for one in store.findings(states=("open",)))


def test_one_item_turns_a_schedule_and_a_check_of_what_changed_sees_all_the_others(store: Store) -> None:
    save(store, *stories(7, 3), item("elsewhere", schedule_id="B", state="in_progress"))
    derived(store)
    assert not checked(store, "first").is_partial
    assert orphans(store) == []
    for number, (record, page, expected) in enumerate(
        (
            (item("out-0", "E"), {}, ["out-1", "out-2"]),  # 8 of 10: it has levels now
            (item("in-0", "E", title="the same"), {}, ["out-1", "out-2"]),
            (item("in-0", "E", state="done"), {}, []),  # 9 are too few
            (item("in-0", "E"), {}, ["out-1", "out-2"]),
            (item("in-1", "E", kind="bug"), {}, []),
            (None, {"gone": [Gone(item_id="shop/out-1", reason="deleted")]}, []),
            (item("in-1", "E", schedule_id="A"), {}, []),
            (item("out-1", "E"), {}, ["out-2"]),
        )
    ):
        save(store, *([] if record is None else [record]), **page)
        derived(store)
        outcome = checked(store, f"run-{number}")
        assert (outcome.is_partial, orphans(store)) == (True, expected), number
        assert derived(store, full=True) == 0
