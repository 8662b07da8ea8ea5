"""Forecasts are remembered by day, thinned out with time, and the last one stands."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from store_samples import item, save

from store import Store
from store.frames import Frame
from store.values import BadValueError


def day(number: int, month: int = 11) -> date:
    return date(2026, month, number)


def keep(store: Store, made: date, **items: tuple[str, str | None, date | None]) -> int:
    """Store (class, method, p50) of items named by their native id."""
    rows = [(f"shop/{name}", *values) for name, values in items.items()]
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * 4
    return store.save_forecasts(
        made, dict(zip(("item_id", "class", "forecast_method", "p50"), columns, strict=True))
    )


PLACES = {"shop/a": 0, "shop/b": 1, "shop/c": 2}


def shown(found: Frame) -> list[tuple[Any, ...]]:
    ids = list(PLACES)
    return [
        (ids[place], made, p50)
        for place, made, p50 in zip(
            found.places("item_id").tolist(), found.values("as_of"), found.values("p50"), strict=True
        )
    ]


def test_the_last_forecast_before_a_day_stands(store: Store) -> None:
    keep(store, day(2), a=("date", None, day(20)), b=("date", None, day(21)))
    keep(store, day(9), a=("date", None, day(27)))

    assert shown(store.standing_forecasts(day(2), places=PLACES)) == []
    assert shown(store.standing_forecasts(day(9), places=PLACES)) == [
        ("shop/a", day(2), day(20)),
        ("shop/b", day(2), day(21)),
    ]
    assert shown(store.standing_forecasts(day(10), places=PLACES)) == [
        ("shop/a", day(9), day(27)),
        ("shop/b", day(2), day(21)),
    ]


def test_every_column_comes_back_as_it_went(store: Store) -> None:
    values = {
        "item_id": ["shop/a"], "class": ["date, 5 to 20 days"], "forecast_method": ["plan date"],
        "predicted": [day(20)], "due": [day(20)], "p50": [day(20)], "p80": [None],
        "forecast_references": [7], "late_chance": [0.25],
        "warned_since": [day(1)], "moved_wd": [12],
    }  # fmt: skip
    store.save_forecasts(day(2), values)

    found = store.standing_forecasts(day(3), places=PLACES)
    assert {name: found.values(name) for name in found.names} == {
        **values,
        "item_id": [0],
        "as_of": [day(2)],
    }


def test_a_second_look_on_the_same_day_replaces_the_first_and_equal_rows_are_not_written(
    store: Store,
) -> None:
    assert keep(store, day(2), a=("date", None, day(20)), b=("date", None, day(21))) == 2
    assert keep(store, day(2), a=("date", None, day(20)), b=("date", None, day(21))) == 0
    assert keep(store, day(2), a=("date", None, day(20)), c=("date", None, day(22))) == 2
    assert shown(store.standing_forecasts(day(3), places=PLACES)) == [
        ("shop/a", day(2), day(20)),
        ("shop/c", day(2), day(22)),
    ]
    assert keep(store, day(2)) == 2


def test_the_first_of_each_item_class_and_method_is_what_is_scored(store: Store) -> None:
    keep(store, day(2), a=("date", None, day(20)))
    keep(store, day(3), a=("date", None, day(21)))
    keep(store, day(4), a=("date", "plan date", day(22)))
    keep(store, day(5), a=("network", "plan date", day(23)))
    keep(store, day(6), a=("date", "plan date", day(24)))

    assert [p50 for _, _, p50 in shown(store.first_forecasts(day(30), places=PLACES))] == [
        day(20),
        day(22),
        day(23),
    ]
    assert [p50 for _, _, p50 in shown(store.first_forecasts(day(5), places=PLACES))] == [day(20), day(22)]


def test_old_forecasts_are_thinned_out_to_the_first_and_the_last_of_each_class_and_date(
    store: Store,
) -> None:
    for number in range(2, 13):
        keep(store, day(number), a=("date", None, day(20)), b=("date", "plan date", day(21)))
    keep(store, day(6), a=("network", None, day(20)))

    assert store.forget_forecasts(day(12)) == 12
    left = store.read("engine_forecast", ("item_id", "as_of"))
    assert list(zip(*left.values(), strict=True)) == [
        *(("shop/a", day(number)) for number in (2, 5, 6, 7, 11, 12)),
        *(("shop/b", day(number)) for number in (2, 11, 12)),
    ]
    assert store.forget_forecasts(day(12)) == 0


def test_a_new_date_begins_another_stretch_and_no_date_is_one_like_any_other(store: Store) -> None:
    for number, due in enumerate([None, None, None, day(20), day(20), day(20), day(25)], start=2):
        columns = {"item_id": ["shop/1"], "class": ["date"], "due": [due], "moved_wd": [number]}
        store.save_forecasts(day(number), {**columns, "warned_since": [due]})
    assert forecast_ends(store) == []  # it is still open
    save(store, item(1, state="done"))

    ends = [(day(4), None, 4, day(5)), (day(7), day(20), 7, day(8)), (day(8), day(25), 8, None)]
    assert forecast_ends(store) == ends
    assert store.forget_forecasts(day(9)) == 2
    assert store.read("engine_forecast", ("as_of",))["as_of"] == [day(2), *map(day, (4, 5, 7, 8))]
    assert forecast_ends(store) == ends


def forecast_ends(store: Store) -> list[tuple[Any, ...]]:
    found = store.forecast_ends(day(9), places={"shop/1": 0})
    return sorted(
        zip(*(found.values(one) for one in ("as_of", "warned_since", "moved_wd", "until")), strict=True)
    )


def test_a_forecast_of_nothing_known_is_refused(store: Store) -> None:
    with pytest.raises(BadValueError, match="class may not be empty"):
        store.save_forecasts(day(2), {"item_id": ["shop/a"]})


def test_what_is_forgotten_takes_its_forecasts_along(store: Store) -> None:
    save(store, item(1), item(2))
    store.save_forecasts(day(2), {"item_id": ["shop/1", "shop/2"], "class": ["date", "date"]})
    store.tombstone("shop", {"shop/1": "deleted"}, datetime(2026, 11, 3, tzinfo=UTC))
    store.forget_gone("shop", datetime(2026, 11, 4, tzinfo=UTC))

    assert store.read("engine_forecast", ("item_id",))["item_id"] == ["shop/2"]


def test_only_some_items_are_asked_about_and_written(store: Store) -> None:
    keep(store, day(2), a=("date", None, day(20)), b=("date", None, day(21)))

    assert shown(store.standing_forecasts(day(3), places=PLACES, among=["shop/b"])) == [
        ("shop/b", day(2), day(21))
    ]
    assert shown(store.standing_forecasts(day(3), places=PLACES, among=[])) == []
    assert store.standing_forecasts(day(3), places={"shop/b": 7}).places("item_id").tolist() == [-1, 7]
    assert store.save_forecasts(day(2), {"item_id": [], "class": []}, within=["shop/b", "shop/c"]) == 1
    assert shown(store.standing_forecasts(day(3), places=PLACES)) == [("shop/a", day(2), day(20))]


def test_what_was_learned_is_kept_until_something_else_is(store: Store) -> None:
    assert store.reference_basis() is None
    store.save_references("monday", {"late": {"a": {"ratios": [0.1, 3.0]}, "b": {}}, "owners": {"a": {}}})
    assert store.reference_basis() == "monday"
    assert store.references("late") == {"a": {"ratios": [0.1, 3.0]}, "b": {}}
    assert store.references("late", ["b", "c"]) == {"b": {}}
    store.save_references("tuesday", {"owners": {"b": {}}})
    assert store.reference_basis() == "tuesday"
    assert (store.references("late"), store.references("owners")) == ({}, {"b": {}})
