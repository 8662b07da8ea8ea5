"""After a change the network is computed as far as it reaches, and says what it says of everything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from effort import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from test_incremental import NOW, TREE, both, derived, item, link, opened, save, tables

from portfolio.records import AnyRecord, Dependency, OwnedBy, Schedule
from store import Store
from sync import reach_links
from sync.derive import DeriveCounts, derive
from sync.workspace import DeriveSettings


def day(number: int, month: int = 12) -> date:
    return date(2026, month, number)


def row(store: Store, name: str) -> dict[str, Any]:
    (found,) = store.rows("item", where={"item_id": name})
    return found


@pytest.fixture
def store() -> Iterator[Store]:
    """A project: a chain of three, two that stand alone, and one that is finished last."""
    with opened() as made:
        save(
            made,
            item("1", start=day(1), due=day(2)),
            item("2", start=day(3), due=day(4)),
            item("3", start=day(7), due=day(8)),
            link("1", "2"),
            link("2", "3"),
            item("8", start=day(1), due=day(9)),
            item("7", title="undated"),
            item("9", start=day(1), due=day(18)),
        )
        derived(made)
        yield made


def test_a_moved_date_reaches_what_it_pushes_and_what_loses_float_by_it(store: Store) -> None:
    save(store, item("2", start=day(7), due=day(8)))
    counts, found, expected = both(store)
    assert found == expected
    # Itself, the third, which it pushes to the 9th and 10th, and the first: it may finish as late as before,
    # and later than before without moving the second.
    assert counts.reached == 3
    assert (row(store, "shop/3")["driver_id"], row(store, "shop/3")["total_float_wd"]) == ("shop/2", 6)
    assert row(store, "shop/1")["total_float_wd"] == 8
    save(store, item("3", start=day(7), due=day(9)))
    counts, found, expected = both(store)
    assert found == expected
    # It takes three days now, so that all three have one day less.
    assert counts.reached == 3
    assert row(store, "shop/1")["total_float_wd"] == 7


def test_what_moves_nothing_else_reaches_nothing_else(store: Store) -> None:
    save(store, item("8", start=day(1), due=day(10)))
    counts, found, expected = both(store)
    assert found == expected
    assert counts.reached == 1
    save(store, item("2", start=day(3), due=day(4), title="another"))
    assert derived(store).reached == 1


def test_the_last_that_is_moved_later_gives_float_to_the_whole_project(store: Store) -> None:
    save(store, item("9", start=day(1), due=day(21)))
    counts, found, expected = both(store)
    assert found == expected
    # All that have a date.
    assert counts.reached == 5
    assert row(store, "shop/8")["total_float_wd"] == 8


def test_the_last_that_is_moved_earlier_lets_the_project_end_with_the_one_that_is_last_now(
    store: Store,
) -> None:
    save(store, item("9", start=day(1), due=day(7)))
    counts, found, expected = both(store)
    assert found == expected
    assert counts.reached == 5
    assert (row(store, "shop/8")["total_float_wd"], row(store, "shop/9")["total_float_wd"]) == (0, 2)


def test_what_leaves_a_project_takes_its_end_along(store: Store) -> None:
    save(store, item("9", start=day(1), due=day(18), scope="PAY", schedule_id="shop/PAY"))
    _, found, expected = both(store)
    assert found == expected
    assert row(store, "shop/8")["total_float_wd"] == 0


def test_the_first_dependency_and_the_last_one_reach_everything() -> None:
    with opened() as store:
        save(store, item("1", start=day(1), due=day(2)), item("2", start=day(3), due=day(4)), item("3"))
        derived(store)
        assert row(store, "shop/1")["total_float_wd"] is None
        save(store, link("1", "2"))
        counts, found, expected = both(store)
        assert found == expected
        assert (counts.reached, row(store, "shop/1")["total_float_wd"]) == (3, 0)
        save(store, replaces=[OwnedBy(record="Dependency", item_ids=["shop/2"])])
        counts, found, expected = both(store)
        assert found == expected
        assert (counts.reached, row(store, "shop/1")["total_float_wd"]) == (3, None)


def test_a_long_chain_is_followed_to_its_end() -> None:
    with opened() as store:
        names = [str(number) for number in range(400)]
        save(
            store,
            *(item(name, start=day(1), due=day(1)) for name in names),
            *(link(before, after) for before, after in pairwise(names)),
            item("last", due=date(2029, 1, 1)),
        )
        derived(store)
        save(store, item("0", start=day(1), due=day(2)))
        counts, found, expected = both(store)
        assert found == expected
        # All but the last, which is connected with nothing.
        assert (counts.items, counts.reached) == (401, 400)


def test_a_network_that_is_too_large_is_derived_with_everything(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach_links, "LARGEST_NETWORK", 3)
    save(store, item("2", start=day(7), due=day(8)))
    assert derived(store).reached == 3
    monkeypatch.setattr(reach_links, "LARGEST_NETWORK", 2)
    save(store, item("2", start=day(8), due=day(9)))
    assert derived(store).reached == 6


def test_a_derivation_that_was_killed_between_the_ends_and_the_items_is_made_up_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = store.replace

    def until_items(table: str, *rest: Any, **named: Any) -> int:
        if table == "derived_item":
            raise ZeroDivisionError
        return complete(table, *rest, **named)

    save(store, item("9", start=day(1), due=day(21)))
    with monkeypatch.context() as killed:
        killed.setattr(store, "replace", until_items)
        with pytest.raises(ZeroDivisionError):
            derived(store)
    # The end that was stored is that of the 21st; it was never the end of any item.
    save(store, item("9", start=day(1), due=day(14)))
    _, found, expected = both(store)
    assert found == expected


TWINS = DeriveSettings(
    timezone="Europe/Zurich", tree=TREE, twins=[("shop:CHK-1", "boards:1"), ("shop:CHK-4", "boards:2")]
)


def twice(store: Store) -> DeriveCounts:
    counts = derive(store, TWINS, today=NOW.date(), now=NOW)
    found = tables(store)
    assert derive(store, TWINS, today=NOW.date(), now=NOW, full=True).changed == 0
    assert tables(store) == found
    return counts


def two_trackers(store: Store) -> None:
    save(
        store,
        Schedule(schedule_id="boards/B", source="boards", scope="B", name="B", kind="plan"),
        source="boards",
    )
    for record in (
        *(item(str(number), start=day(1), due=day(2), twin_keys=[]) for number in range(6)),
        *(board(str(number), start=day(1), due=day(2)) for number in range(4)),
        link("2", "3"),
        waits("boards/2", "boards/3"),
    ):
        save(store, record, source=record.source)
    twice(store)


def board(name: str, **values: Any) -> Any:
    return item(name, source="boards", scope="B", schedule_id="boards/B", key=name, **values)


def waits(before: str, after: str, **values: Any) -> Dependency:
    return Dependency(
        dependency_id=f"{before}>{after}",
        source=after.partition("/")[0],
        predecessor_id=before,
        successor_id=after,
        **values,
    )


def test_lateness_of_one_twin_reaches_what_waits_for_the_other() -> None:
    with opened(sources=2) as store:
        two_trackers(store)
        save(store, item("4", start=day(1), due=day(4), twin_keys=[]))
        # Both twins, and what waits for the one that did not change; all of the project, which ends later.
        # What stands in the plan alone and waits for nothing is not reached.
        assert twice(store).reached == 9
        save(store, item("5", start=day(1), due=day(3), twin_keys=[]))
        assert twice(store).reached == 1
        assert row(store, "boards/3")["driver_id"] == "boards/2"


_ids = st.sampled_from(
    [*(f"shop/{number}" for number in range(6)), *(f"boards/{number}" for number in range(4))]
)


def _changed_item(name: str, **values: Any) -> AnyRecord:
    source, _, number = name.partition("/")
    return item(number, twin_keys=[], **values) if source == "shop" else board(number, **values)


_changes = st.builds(
    _changed_item,
    _ids,
    start=st.dates(day(1), day(12)) | st.none(),
    due=st.dates(day(1), day(16)) | st.none(),
    state=st.sampled_from(["todo", "in_progress"]),
    parent_id=st.none() | st.sampled_from(["shop/0", "shop/1", "boards/2"]),
    percent_complete=st.sampled_from([None, 50.0]),
) | st.builds(waits, _ids, _ids, type=st.sampled_from(["FS", "SS"]))


@settings(max_examples=examples(6), deadline=None)
@given(st.lists(st.lists(_changes, min_size=1, max_size=3), min_size=1, max_size=5))
def test_over_twins_what_a_change_reaches_is_what_a_full_derivation_changes(runs: list[list[Any]]) -> None:
    with opened(sources=2) as store:
        two_trackers(store)
        for run in runs:
            for record in run:
                save(store, record, source=record.source)
            twice(store)
