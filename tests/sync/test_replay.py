"""Items as they stood: replaying is undoing, and what nobody told is unknown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.registry import KINDS
from sync.as_of import end_of_day
from sync.replay import Columns, replay

BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)
TOLD = {"shop": KINDS["jira"].told}
NAMES = (
    "item_id", "source", "native_id", "key", "url", "scope", "kind", "type", "title", "schedule_id", "state",
    "status", "owner_id", "due", "points", "iteration_id", "release_id", "release_ids", "labels",
    "is_blocked", "is_milestone", "budget", "created_at", "updated_at", "deleted_at", "deleted_because",
)  # fmt: skip


def at(hours: float) -> datetime:
    return BEGIN + timedelta(hours=hours)


def item(**values: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "item_id": "shop/1", "source": "shop", "native_id": "1", "key": "CHK-1", "scope": "CHK",
        "schedule_id": "shop/p", "title": "now", "state": "todo", "release_ids": [], "labels": [],
        "is_blocked": False, "is_milestone": True, "budget": 100.0, "created_at": BEGIN, "updated_at": at(10),
    }  # fmt: skip
    return {**dict.fromkeys(NAMES), **given, **values}


def columns(rows: list[dict[str, Any]], names: tuple[str, ...]) -> Columns:
    return {name: [row[name] for row in rows] for name in names}


def change(
    field: str, before: str | None, after: str | None, hours: float, of: str = "shop/1"
) -> dict[str, Any]:
    return {"item_id": of, "at": at(hours), "field": field, "before": before, "after": after}


CHANGE_NAMES = ("item_id", "at", "field", "before", "after")


def replayed(
    hours: float, *changes: dict[str, Any], told: Any = TOLD, before: tuple[str, ...] = (), **values: Any
) -> tuple[dict[str, Any], dict[str, bool]] | None:
    found = replay(
        columns([item(**values)], NAMES),
        columns(list(changes), CHANGE_NAMES),
        at=at(hours),
        told=told,
        read_before=before,
    )
    if not found.columns["item_id"]:
        return None
    return (
        {name: found.columns[name][0] for name in NAMES},
        {name: found.known[name][0] for name in NAMES},
    )


def value(name: str, hours: float, *changes: dict[str, Any], **values: Any) -> tuple[Any, bool]:
    found = replayed(hours, *changes, **values)
    assert found is not None
    return found[0][name], found[1][name]


def test_the_value_is_what_stood_before_the_first_change_from_then_on() -> None:
    edits = [change("due", None, "2026-11-10", 1), change("due", "2026-11-10", "2026-11-17", 5)]
    due = date(2026, 11, 17)
    assert value("due", 0.5, *edits, due=due) == (None, True)
    assert value("due", 1, *edits, due=due) == (None, True)  # what happened at the instant has not happened
    assert value("due", 1.001, *edits, due=due) == (date(2026, 11, 10), True)
    assert value("due", 5.001, *edits, due=due) == (date(2026, 11, 17), True)
    assert value("due", 99, *edits, due=due) == (date(2026, 11, 17), True)


def test_what_a_timeline_does_not_tell_is_unknown_once_the_item_has_changed() -> None:
    assert value("budget", 9, change("title", "then", "now", 10)) == (None, False)
    # Nothing has happened to it since: what stands there stood there.
    assert value("budget", 10.001, change("title", "then", "now", 10)) == (100.0, True)
    assert value("is_milestone", 9, change("type", "Task", "Gate", 10)) == (False, False)
    assert value("is_milestone", 9, change("title", "then", "now", 10)) == (True, True)


def test_a_source_that_keeps_no_timeline_is_known_from_its_last_reading_on() -> None:
    assert value("title", 9, told={}) == (None, False)
    assert value("title", 9, told={}, before=("shop",)) == ("now", True)
    assert value("key", 9, told={}) == ("CHK-1", True)
    assert value("budget", 99, told={}) == (None, False)  # that its items did not change is told by nobody


def test_an_item_exists_from_its_creation_to_its_end() -> None:
    assert replayed(0) is None
    assert replayed(0.001) is not None
    assert replayed(5, deleted_at=at(4)) is None
    assert replayed(5, deleted_at=at(6)) is not None
    # The tracker may say when, hours before Dovetail noticed.
    gone = change("deleted", None, "true", 4)
    assert replayed(5, gone, deleted_at=at(6)) is None
    assert replayed(4, gone, deleted_at=at(6)) is not None


def test_an_item_that_was_deleted_since_is_back_and_no_tombstone() -> None:
    found = replayed(5, deleted_at=at(6), deleted_because="gone")
    assert found is not None
    assert (found[0]["deleted_at"], found[0]["deleted_because"]) == (None, None)


def test_an_item_of_which_nobody_knows_since_when_it_exists_is_counted_and_left_out() -> None:
    found = replay(columns([item(created_at=None)], NAMES), columns([], CHANGE_NAMES), at=at(5), told=TOLD)
    assert (found.columns["item_id"], found.born_unknown) == ([], 1)
    assert replayed(5, created_at=None, before=("shop",)) is not None


def test_releases_that_are_told_one_by_one_are_undone_one_by_one() -> None:
    edits = [
        change("release", None, "shop/a", 1),
        change("release", None, "shop/b", 2),
        change("release", "shop/a", None, 3),
    ]
    now = {"release_ids": ["shop/b"], "release_id": "shop/b"}
    assert value("release_ids", 0.5, *edits, **now) == ([], True)
    assert value("release_ids", 1.5, *edits, **now) == (["shop/a"], True)
    assert value("release_ids", 2.5, *edits, **now) == (["shop/a", "shop/b"], True)
    assert value("release_id", 1.5, *edits, **now) == ("shop/a", True)
    assert value("release_id", 2.5, *edits, **now) == (None, False)  # which of two counted, nobody tells
    assert value("release_id", 3.5, *edits, **now) == ("shop/b", True)


def test_of_several_iterations_nobody_tells_which_one_counted() -> None:
    edits = [change("iteration", None, "shop/1", 1), change("iteration", "shop/1", "shop/1, shop/2", 2)]
    assert value("iteration_id", 1.5, *edits, iteration_id="shop/2") == ("shop/1", True)
    assert value("iteration_id", 2.5, *edits, iteration_id="shop/2") == (None, False)


def test_a_plan_is_another_one_only_where_the_project_changed() -> None:
    within = change("scope", "Retail\\Checkout", "Retail\\Payments", 5)
    across = change("scope", "Retail\\Checkout", "Other", 5)
    assert value("schedule_id", 4, within) == ("shop/p", True)
    assert value("schedule_id", 4, across) == (None, False)


def test_a_text_that_is_no_date_is_unknown_and_no_crash() -> None:
    assert value("due", 1, change("due", "soon", "2026-11-17", 5), due=date(2026, 11, 17)) == (None, False)


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Europe/Zurich", date(2026, 11, 24), datetime(2026, 11, 24, 23, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 24), datetime(2026, 11, 25, 5, tzinfo=UTC)),
        ("Pacific/Auckland", date(2026, 11, 24), datetime(2026, 11, 24, 11, tzinfo=UTC)),
        ("Europe/Zurich", date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC)),  # 23 hours long
        ("Europe/Zurich", date(2026, 10, 25), datetime(2026, 10, 25, 23, tzinfo=UTC)),  # 25 hours long
        # Clocks go forward at midnight: 6 September 2026 has no 00:00 in Santiago.
        ("America/Santiago", date(2026, 9, 5), datetime(2026, 9, 6, 4, tzinfo=UTC)),
    ],
)
def test_a_day_ends_where_the_next_begins(zone: str, day: date, expected: datetime) -> None:
    assert end_of_day(day, ZoneInfo(zone)) == expected


# A history that is told forward, and undone.
_DAYS = st.sampled_from([None, "2026-11-10", "2026-11-17", "2060-12-31"])
_EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("due"), _DAYS),
        st.tuples(st.just("title"), st.text(alphabet="äb ", min_size=1, max_size=5)),
        st.tuples(st.just("owner_id"), st.sampled_from([None, "ana", "bo"])),
        st.tuples(st.just("points"), st.sampled_from([None, 0.0, 2.5])),
        st.tuples(st.just("is_blocked"), st.booleans()),
        st.tuples(st.just("labels"), st.lists(st.sampled_from(["a", "b c"]), unique=True).map(sorted)),
        st.tuples(
            st.just("release_ids"),
            st.lists(st.sampled_from(["shop/x", "shop/y", "shop/z"]), unique=True).map(sorted),
        ),
    ),
    max_size=25,
)
_FIELDS = {"owner_id": "owner", "is_blocked": "blocked", "release_ids": "release"}


def _told(name: str, old: Any, new: Any, hours: float) -> list[dict[str, Any]]:
    """What a tracker's timeline says of an edit."""
    if name == "release_ids":
        return [
            *(change("release", one, None, hours) for one in old if one not in new),
            *(change("release", None, one, hours) for one in new if one not in old),
        ]

    def text(value: Any) -> str | None:
        match value:
            case None | False | []:
                return None
            case True:
                return "true"
            case float():
                return f"{value:g}"
            case list():
                return "; ".join(value)
            case _:
                return str(value)

    return [change(_FIELDS.get(name, name), text(old), text(new), hours)]


@given(_EDITS, st.floats(0.5, 27))
def test_replaying_gives_what_stood_there_at_every_instant(
    edits: list[tuple[str, Any]], hours: float
) -> None:
    state: dict[str, Any] = {
        "due": None, "title": "first", "owner_id": None, "points": None, "is_blocked": False, "labels": [],
        "release_ids": [],
    }  # fmt: skip
    then = dict(state)
    changes: list[dict[str, Any]] = []
    updated = BEGIN
    for number, (name, new) in enumerate(edits, 1):
        if state[name] != new:
            changes += _told(name, state[name], new, number)
            state[name] = new
            updated = at(number)
        if number < hours:
            then = dict(state)

    def dated(values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "due": date.fromisoformat(values["due"]) if values["due"] else None}

    found = replayed(hours, *changes, **dated(state), updated_at=updated)
    assert found is not None
    assert {name: found[0][name] for name in then} == dated(then)
    assert all(found[1][name] for name in then)
    # At now, replaying changes nothing at all.
    now = replayed(99, *changes, **dated(state), updated_at=updated)
    assert now is not None
    assert {**now[0], "release_id": None} == item(**dated(state), updated_at=updated)
