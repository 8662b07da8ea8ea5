"""Networks by hand: link types, containers, calendars, cycles, why, and how much is left."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from schedule_worlds import WEEK, Work, World, world

from schedule.calendars import work_calendar
from schedule.day_tables import NEVER, day_tables, distinct_calendars
from schedule.drivers import Reason
from schedule.network import Links, build_network
from schedule.network_float import Floats, end_of_groups, floats_of

# 2026-11-23 is a Monday.
TWO_DAYS = Work("2026-11-23", "2026-11-24")


def floats(found: World, promised: str | None = None) -> Floats:
    """With one end for all: the latest finish, or what was promised where that is earlier."""
    group = np.zeros(len(found.names), dtype=np.int64)
    return floats_of(
        found.result, end_of_groups(found.result, group, np.array([promised], dtype="datetime64[D]"))
    )


@pytest.mark.parametrize(
    ("kind", "lag", "expected"),
    [
        ("FS", 0, ("2026-11-26", "2026-11-27")),
        ("FS", 2, ("2026-11-30", "2026-12-01")),
        ("FS", -1, ("2026-11-25", "2026-11-26")),
        ("SS", 0, ("2026-11-23", "2026-11-24")),
        ("SS", 1, ("2026-11-24", "2026-11-25")),
        ("FF", 0, ("2026-11-24", "2026-11-25")),
        ("FF", 3, ("2026-11-27", "2026-11-30")),
        ("SF", 0, ("2026-11-23", "2026-11-24")),
        ("SF", 4, ("2026-11-25", "2026-11-26")),
    ],
)
def test_each_link_type_pushes_the_end_it_binds_and_the_duration_is_kept(
    kind: str, lag: int, expected: tuple[str, str]
) -> None:
    found = world({"P": Work("2026-11-23", "2026-11-25"), "S": TWO_DAYS}, [("P", "S", kind, lag)])
    assert found.dates["S"] == expected


def test_a_milestone_takes_no_day_between_what_it_joins() -> None:
    milestone = Work(None, "2026-11-24", is_milestone=True)
    found = world(
        {"P": Work("2026-11-23", "2026-11-25"), "M": milestone, "S": TWO_DAYS}, [("P", "M"), ("M", "S")]
    )
    assert found.dates["M"] == ("2026-11-25", "2026-11-25")
    assert found.dates["S"] == ("2026-11-26", "2026-11-27")


def test_what_has_no_date_stays_without_one_but_what_it_waits_for_reaches_through_it() -> None:
    found = world({"P": Work(None, "2026-11-25"), "O": Work(), "S": TWO_DAYS}, [("P", "O"), ("O", "S")])
    assert found.dates["O"] == (None, None)
    assert found.dates["S"] == ("2026-11-26", "2026-11-27")
    assert found.why("S") == [("S", Reason.PREDECESSOR), ("O", Reason.PREDECESSOR), ("P", Reason.OWN_DATE)]


def test_work_without_anything_that_says_when_has_no_reason() -> None:
    assert world({"O": Work()}).why("O") == [("O", Reason.UNKNOWN)]


def test_work_on_a_day_off_keeps_its_dates_and_a_finish_before_the_start_is_a_day() -> None:
    found = world({"A": Work("2026-11-28", "2026-11-29"), "B": Work("2026-11-26", "2026-11-24")})
    assert found.dates == {"A": ("2026-11-28", "2026-11-29"), "B": ("2026-11-26", "2026-11-26")}


def test_each_piece_of_work_counts_in_its_own_calendar() -> None:
    no_friday = work_calendar((1, 2, 3, 4))
    works = {
        "P": Work("2026-11-25", "2026-11-26"),
        "S": Work("2026-11-26", "2026-11-30", calendar=1),
        "T": TWO_DAYS,
    }
    found = world(works, [("P", "S"), ("S", "T")], calendars=(WEEK, no_friday))
    # The second works on Monday and Tuesday, since Friday is its day off; the third goes on on Wednesday.
    assert found.dates["S"] == ("2026-11-30", "2026-12-01")
    assert found.dates["T"] == ("2026-12-02", "2026-12-03")


def test_many_that_wait_for_work_of_another_calendar_are_computed_like_one() -> None:
    no_friday = work_calendar((1, 2, 3, 4))
    many = {f"s{one}": Work("2026-11-26", "2026-11-30", calendar=1) for one in range(30)}
    works = {"P": Work("2026-11-25", "2026-11-26")} | many | {"T": Work("2026-11-23", "2026-11-24")}
    links = [("P", name) for name in many] + [(name, "T") for name in many]
    found = world(works, links, calendars=(WEEK, no_friday))
    assert {found.dates[name] for name in many} == {("2026-11-30", "2026-12-01")}
    assert found.dates["T"] == ("2026-12-02", "2026-12-03")
    # P may end on Friday, too: those that wait for it do not work then.
    assert floats(found).total_wd.tolist() == [1, *[0] * 30, 0]
    wide_first = world(
        {f"p{one}": Work("2026-11-25", "2026-11-26") for one in range(30)}
        | {"S": Work("2026-11-30", "2026-12-01", calendar=1)},
        [(f"p{one}", "S") for one in range(30)],
        calendars=(WEEK, no_friday),
    )
    assert floats(wide_first).total_wd.tolist() == [*[1] * 30, 0]


def test_calendars_that_are_equal_are_one() -> None:
    kept, numbers = distinct_calendars((WEEK, work_calendar((1, 2)), work_calendar()))
    assert (len(kept), numbers.tolist()) == (2, [0, 1, 0])
    assert day_tables(kept).over.shape[0] == 2


def test_out_of_sequence_work_goes_on_after_its_predecessor_and_keeps_its_due_date_if_room_remains() -> None:
    begun = Work("2026-11-16", "2026-12-04", state="in_progress")
    late = Work("2026-11-24", "2026-12-04")
    found = world({"P": TWO_DAYS, "S": begun}, [("P", "S")], today="2026-11-23")
    assert found.dates["S"] == ("2026-11-16", "2026-12-04")
    found = world({"P": late, "S": begun}, [("P", "S")], today="2026-11-23")
    assert found.dates["S"] == ("2026-11-16", "2026-12-07")


def test_a_link_to_a_start_that_has_happened_holds_nothing_back() -> None:
    begun = Work("2026-11-16", "2026-11-25", state="in_progress")
    later = Work("2026-11-30", "2026-12-01")
    found = world({"P": later, "S": begun}, [("P", "S", "SS")], today="2026-11-23")
    assert found.dates["S"] == ("2026-11-16", "2026-11-25")
    todo = world({"P": later, "S": Work("2026-11-23", "2026-11-25")}, [("P", "S", "SS")], today="2026-11-23")
    assert todo.dates["S"] == ("2026-11-30", "2026-12-02")


def test_a_container_ends_with_its_last_member_or_with_its_own_later_date() -> None:
    works = {"E": Work(None, "2026-11-27"), "A": Work("2026-11-23", "2026-11-26"), "B": TWO_DAYS}
    found = world(works, [("A", "B")], {"A": "E", "B": "E"})
    assert found.dates["E"] == ("2026-11-23", "2026-11-30")
    assert found.why("E") == [
        ("E", Reason.MEMBER),
        ("B", Reason.PREDECESSOR),
        ("A", Reason.OWN_DATE),
    ]
    assert found.driver("E") == "B"
    roomy = world(works | {"E": Work(None, "2026-12-18")}, [("A", "B")], {"A": "E", "B": "E"})
    assert roomy.dates["E"] == ("2026-11-23", "2026-12-18")
    assert roomy.why("E") == [("E", Reason.OWN_DATE)]


def test_a_container_that_is_open_while_all_in_it_is_done_ends_today_at_the_earliest() -> None:
    works = {"E": Work(None, "2026-11-20"), "A": Work("2026-11-16", "2026-11-18", state="done")}
    found = world(works, parents={"A": "E"}, today="2026-11-24")
    assert found.dates["E"] == ("2026-11-16", "2026-11-24")
    assert found.why("E") == [("E", Reason.TODAY)]


def test_what_a_container_waits_for_binds_everything_in_it_at_any_depth() -> None:
    found = world(
        {"P": Work("2026-11-23", "2026-11-25"), "E": Work(), "F": Work(), "S": TWO_DAYS},
        [("P", "E")],
        {"S": "F", "F": "E"},
    )
    assert found.dates["S"] == ("2026-11-26", "2026-11-27")
    assert found.dates["E"] == ("2026-11-26", "2026-11-27")
    assert found.driver("S") == "P"
    assert found.why("S") == [
        ("S", Reason.CONTAINER),
        ("F", Reason.CONTAINER),
        ("E", Reason.PREDECESSOR),
        ("P", Reason.OWN_DATE),
    ]


def test_a_container_of_which_only_itself_has_dates_is_pushed_like_any_other_work() -> None:
    found = world(
        {"P": Work("2026-11-23", "2026-11-25"), "E": TWO_DAYS, "S": Work()}, [("P", "E")], {"S": "E"}
    )
    assert found.dates == {
        "P": ("2026-11-23", "2026-11-25"),
        "E": ("2026-11-26", "2026-11-27"),
        "S": (None, None),
    }
    assert found.why("E") == [("E", Reason.PREDECESSOR), ("P", Reason.OWN_DATE)]
    assert found.driver("E") == "P"


def test_a_done_container_no_longer_waits_but_the_one_around_it_still_does() -> None:
    works = {
        "P": Work("2026-11-23", "2026-11-25"),
        "Q": Work("2026-11-23", "2026-11-27"),
        "E": Work(),
        "F": Work(state="done"),
        "S": TWO_DAYS,
    }
    found = world(works, [("P", "E"), ("Q", "F")], {"S": "F", "F": "E"})
    assert found.dates["S"] == ("2026-11-26", "2026-11-27")


def test_one_piece_of_work_in_two_containers_waits_for_what_both_wait_for() -> None:
    works = {
        "P": Work("2026-11-23", "2026-11-25"),
        "Q": Work("2026-11-23", "2026-11-27"),
        "E": Work(),
        "F": Work(),
        "S": TWO_DAYS,
    }
    found = world(works, [("P", "E"), ("Q", "F")], [("S", "E"), ("S", "F")])
    assert found.dates["S"] == ("2026-11-30", "2026-12-01")
    assert found.dates["E"] == found.dates["F"] == found.dates["S"]


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (Work("2026-11-25", "2026-11-26"), Reason.OWN_DATE),
        (Work("2026-11-25", "2026-11-26", is_constrained=True), Reason.CONSTRAINT),
        (Work("2026-11-20", "2026-11-23"), Reason.TODAY),
        (Work("2026-11-20", "2026-11-20", state="done"), Reason.ACTUAL),
        (Work("2026-11-20", "2026-11-23", state="in_progress"), Reason.TODAY),
        (Work("2026-11-20", "2026-11-27", state="in_progress"), Reason.OWN_DATE),
        (Work("2026-11-20", "2026-11-23", state="removed"), Reason.UNKNOWN),
    ],
)
def test_a_path_ends_with_the_reason_that_rests_on_nothing_else(work: Work, reason: Reason) -> None:
    assert world({"A": work}, today="2026-11-24").why("A") == [("A", reason)]


def test_the_path_follows_the_predecessor_that_binds_and_not_the_others() -> None:
    found = world(
        {"A": TWO_DAYS, "B": Work("2026-11-23", "2026-11-26"), "S": TWO_DAYS, "T": TWO_DAYS},
        [("A", "S"), ("B", "S"), ("S", "T")],
    )
    assert found.why("T") == [("T", Reason.PREDECESSOR), ("S", Reason.PREDECESSOR), ("B", Reason.OWN_DATE)]
    assert [found.driver(name) for name in "ABST"] == [None, None, "B", "S"]


def test_a_predecessor_that_leaves_a_gap_drives_nothing_and_one_that_leaves_none_does() -> None:
    gap = world({"P": TWO_DAYS, "S": Work("2026-11-26", "2026-11-26")}, [("P", "S")])
    assert (gap.driver("S"), gap.why("S")) == (None, [("S", Reason.OWN_DATE)])
    close = world({"P": TWO_DAYS, "S": Work("2026-11-25", "2026-11-26")}, [("P", "S")])
    assert close.driver("S") == "P"


def test_float_is_counted_back_from_the_last_finish() -> None:
    # A, B and D follow one another: six days. C is one day beside B, which takes three.
    found = world(
        {
            "A": TWO_DAYS,
            "B": Work("2026-11-25", "2026-11-27"),
            "C": Work("2026-11-25", "2026-11-25"),
            "D": Work("2026-11-30", "2026-11-30"),
            "X": TWO_DAYS,
        },
        [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")],
    )
    left = floats(found)
    assert left.total_wd.tolist() == [0, 0, 2, 0, 4]
    assert left.free_wd.tolist() == [0, 0, 2, 0, 4]
    assert left.is_critical.tolist() == [True, True, False, True, False]


def test_free_float_ends_at_the_next_one_where_total_float_goes_on() -> None:
    found = world(
        {"A": TWO_DAYS, "B": Work("2026-11-25", "2026-11-25"), "Z": Work("2026-11-30", "2026-12-01")},
        [("A", "B")],
    )
    left = floats(found)
    assert left.total_wd.tolist() == [4, 4, 0]
    assert left.free_wd.tolist() == [0, 4, 0]


def test_a_promise_before_the_last_finish_leaves_less_than_nothing_and_a_later_one_changes_nothing() -> None:
    found = world({"A": TWO_DAYS, "B": Work("2026-11-25", "2026-11-26")}, [("A", "B")])
    assert floats(found, "2026-11-25").total_wd.tolist() == [-1, -1]
    assert floats(found, "2026-12-25").total_wd.tolist() == [0, 0]


def test_float_is_unknown_where_a_finish_or_an_end_is_and_done_work_has_none() -> None:
    found = world(
        {"A": Work("2026-11-23"), "B": Work(), "C": Work(None, "2026-11-23", state="done"), "D": TWO_DAYS}
    )
    assert floats(found).is_known.tolist() == [False, False, False, True]
    nobody = floats_of(found.result, np.full(4, NEVER))
    assert nobody.is_known.tolist() == [False] * 4
    assert nobody.is_critical.tolist() == [False] * 4


def test_float_before_a_container_is_that_of_what_is_in_it() -> None:
    found = world(
        {
            "P": TWO_DAYS,
            "E": Work(),
            "S": Work("2026-11-26", "2026-11-26"),
            "Z": Work("2026-11-23", "2026-11-30"),
        },
        [("P", "E")],
        {"S": "E"},
    )
    left = floats(found)
    # P may be a day late before S moves, and three before the end does.
    assert (left.free_wd[0], left.total_wd[0]) == (1, 3)
    assert left.total_wd.tolist() == [3, 2, 2, 0]


def test_a_group_has_an_end_of_its_own_and_none_without_anything_dated() -> None:
    found = world({"A": TWO_DAYS, "B": Work("2026-11-23", "2026-11-30"), "C": Work(), "D": TWO_DAYS})
    none = np.array(["NaT"] * 3, dtype="datetime64[D]")
    ends = end_of_groups(found.result, np.array([0, 1, 2, -1]), none)
    finish = found.result.finish
    assert ends.tolist() == [finish[0], finish[1], NEVER, NEVER]


def cycles(
    count: int, rows: list[tuple[int, int]], pairs: list[tuple[int, int]] | None = None
) -> list[object]:
    links = Links.of([(a, b, "FS", 0) for a, b in rows])
    network = build_network(count, links, [a for a, _ in pairs or ()], [b for _, b in pairs or ()])
    return [(cycle.members, rows[cycle.cut]) for cycle in network.cycles]


def test_a_cycle_is_named_from_its_lowest_member_and_opened_where_it_closes() -> None:
    assert cycles(5, [(4, 0), (3, 1), (1, 2), (2, 3), (0, 1)]) == [((1, 2, 3), (3, 1))]


def test_the_order_of_the_rows_decides_nothing_about_a_cycle() -> None:
    rows = [(3, 1), (1, 2), (2, 3), (2, 1), (0, 1)]
    expected = [((1, 2), (2, 1)), ((1, 2, 3), (3, 1))]
    assert cycles(4, rows) == expected
    assert cycles(4, rows[::-1]) == expected


def test_work_that_waits_for_itself_is_a_cycle_of_one() -> None:
    assert cycles(2, [(1, 1), (0, 1)]) == [((1,), (1, 1))]


def test_a_cycle_through_a_container_is_opened_at_a_dependency() -> None:
    # The container waits for 0, which waits for 2 in it; and it precedes what it contains.
    assert cycles(3, [(0, 1), (2, 0)], [(2, 1)]) == [((0, 1, 2), (2, 0))]
    assert cycles(2, [(0, 1)], [(1, 0)]) == [((0, 1), (0, 1))]
    assert cycles(2, [(1, 0)], [(1, 0)]) == [((0, 1), (1, 0))]


def test_containers_that_contain_each_other_are_opened_without_being_a_dependency() -> None:
    network = build_network(2, Links.of([]), [0, 1], [1, 0])
    assert (len(network.members), list(network.cycles)) == (1, [])


def test_only_dependencies_between_members_of_a_cycle_are_in_it() -> None:
    links = Links.of([(0, 1, "FS", 0), (1, 0, "SS", 2), (1, 2, "FS", 0), (0, 2, "FS", 0)])
    assert build_network(3, links).in_cycle.tolist() == [True, True, False, False]


def test_a_tangle_of_cycles_is_opened_without_naming_the_same_members_over_and_over() -> None:
    # Everything waits for the one before it, and each of the first four hundred for one of the last, too.
    count, back = 1_000, 400
    rows = [(one, one + 1, "FS", 0) for one in range(count - 1)]
    rows += [(count - 1 - one, one, "FS", 0) for one in range(back)]
    network = build_network(count, Links.of(rows))
    assert len(network.cycles) == back
    assert network.cycles[0].members == tuple(range(399, 601))
    assert network.cycles[-1].members == (0, 999)
    assert sum(len(cycle.members) for cycle in network.cycles) < 101_000


def test_an_empty_network_is_a_network() -> None:
    found = world({})
    assert found.dates == {}
    assert floats_of(found.result, np.zeros(0, dtype=np.int64)).total_wd.tolist() == []


def test_a_chain_of_narrow_levels_between_wide_ones_is_computed_like_any_other() -> None:
    # Thirty starts, a chain of five, thirty ends: wide, narrow, wide.
    wide = [f"w{one}" for one in range(30)]
    chain = [f"c{one}" for one in range(5)]
    ends = [f"e{one}" for one in range(30)]
    links = [(one, "c0") for one in wide] + list(pairwise(chain))
    links += [("c4", one) for one in ends]
    day = Work("2026-11-23", "2026-11-23")
    found = world(dict.fromkeys([*wide, *chain, *ends], day), links)
    assert found.network.level_count == 7
    assert found.dates["c0"] == ("2026-11-24", "2026-11-24")
    assert {found.dates[one] for one in ends} == {("2026-12-01", "2026-12-01")}
    assert set(floats(found).total_wd.tolist()) == {0}
