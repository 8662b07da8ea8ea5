"""A network of a million pieces of work and two million dependencies: a full pass, and one changed item.

Beside it the same computation as bare as it can be: finish to start only, one calendar, no containers, no
states, no reasons; levels and reduceat over the same order of nodes. And networkx where it is installed, at a
size that it can carry. Processor time, because a machine that does other things makes the wall clock lie.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise
from typing import TypeVar

import numpy as np

from bench.measure import table
from schedule.calendars import work_calendar
from schedule.day_tables import DayTables
from schedule.drivers import drivers_of, reforecast
from schedule.levels import grouped, level_numbers
from schedule.network import FS, Links, Network, build_network
from schedule.network_float import end_of_groups, floats_of
from schedule.propagation import TODO, WorkDates
from schedule.reach import LiveForecast, reach
from schedule.work_dates import GivenDates, work_dates

T = TypeVar("T")
NODES = 1_000_000
REACH = 2_540  # how far back a predecessor may lie: gives about 1,930 levels
CHAIN = 100_000
SMALL = 20_000
IntArray = np.ndarray[tuple[int], np.dtype[np.int64]]


def main() -> None:
    """Print processor seconds, ratios and peak memory."""
    before, after = edges(NODES)
    days = np.random.default_rng(1).integers(1, 6, NODES)
    rows: list[tuple[str, ...]] = []
    bare_built, bare_order = seconds(lambda: bare_build(NODES, before, after))
    bare_run, (bare_finish, bare_float) = seconds(lambda: bare_pass(bare_order, days))
    bare = bare_built + bare_run
    built, network = seconds(lambda: build_network(NODES, links(before, after)))
    given = given_dates(days)
    read, (dates, tables) = seconds(lambda: work_dates(given))
    run, result = seconds(lambda: reforecast(network, dates, tables))
    group = np.zeros(NODES, dtype=np.int64)
    floated, floats = seconds(
        lambda: floats_of(result, end_of_groups(result, group, np.array(["NaT"], dtype="datetime64[D]")))
    )
    driven, _ = seconds(lambda: drivers_of(result))
    offset = int(dates.start.min())
    assert np.array_equal(result.finish - offset, bare_finish[bare_order[0]])
    assert np.array_equal(floats.total_wd, bare_float[bare_order[0]])
    ours = built + run + floated + driven
    print(f"{NODES:,} pieces of work, {len(before):,} dependencies, {network.level_count:,} levels")
    rows += [
        ("bare numpy: order", f"{bare_built:.2f}", f"{bare_built / bare:.2f}"),
        ("bare numpy: forward, backward, float", f"{bare_run:.2f}", f"{bare_run / bare:.2f}"),
        ("bare numpy: together", f"{bare:.2f}", "1.00"),
        ("ours: order, cycles", f"{built:.2f}", f"{built / bare:.2f}"),
        ("ours: forward", f"{run:.2f}", f"{run / bare:.2f}"),
        ("ours: backward, total and free float", f"{floated:.2f}", f"{floated / bare:.2f}"),
        ("ours: drivers and reasons", f"{driven:.2f}", f"{driven / bare:.2f}"),
        ("ours: together", f"{ours:.2f}", f"{ours / bare:.2f}"),
        ("dates to working days (not in the sum)", f"{read:.2f}", f"{read / bare:.2f}"),
    ]
    table(("what", "CPU s", "ratio"), rows)
    critical = np.flatnonzero(floats.is_critical)
    some = critical[[0, len(critical) // 2, -20, -5, -1]].tolist()
    one_change(network, dates, tables, some, run)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    chain()
    beside_networkx()


def seconds(work: Callable[[], T]) -> tuple[float, T]:
    started = time.process_time()
    answer = work()
    return time.process_time() - started, answer


def edges(count: int) -> tuple[IntArray, IntArray]:
    """About two predecessors for each node, all of them shortly before it."""
    random = np.random.default_rng(7)
    after = np.repeat(np.arange(count), 2)
    before = after - random.integers(1, REACH + 1, 2 * count)
    kept = before >= 0
    pairs = np.unique(before[kept] * count + after[kept])
    return pairs // count, pairs % count


def links(before: IntArray, after: IntArray) -> Links:
    return Links(before, after, np.full(len(before), FS), np.zeros(len(before), dtype=np.int64))


def given_dates(days: IntArray) -> GivenDates:
    """Everything may start today: what the bare pass computes."""
    count = len(days)
    today = np.datetime64("1990-01-08")
    calendar = work_calendar()
    worked = np.datetime64("1990-01-01") + np.flatnonzero(calendar.is_working)
    first = int(np.searchsorted(worked, today))
    return GivenDates(
        calendars=(calendar,),
        calendar=np.zeros(count, dtype=np.int64),
        state=np.full(count, TODO),
        start=np.full(count, today),
        finish=worked[first + days - 1],
        today=np.full(count, today),
        remaining_wd=np.full(count, -1),
        is_milestone=np.zeros(count, dtype=bool),
    )


def bare_build(count: int, before: IntArray, after: IntArray) -> tuple[IntArray, ...]:
    level = level_numbers(count, before, after)
    order = np.argsort(level, kind="stable")
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    first, last = place[before], place[after]
    entering, leaving = grouped(last, count), grouped(first, count)
    bounds = np.concatenate((np.flatnonzero(np.diff(level[order], prepend=-1)), [count]))
    return (
        place, bounds, first[entering.edges], entering.starts, last[leaving.edges], leaving.starts,
    )  # fmt: skip


def bare_pass(order: tuple[IntArray, ...], days: IntArray) -> tuple[IntArray, IntArray]:
    place, bounds, sources, into, targets, outof = order
    count = len(place)
    span = np.empty(count, dtype=np.int64)
    span[place] = days
    finish = span.copy()
    steps = bounds.tolist()
    for low, high in pairwise(steps[1:]):
        cut = into[low]
        found = finish[sources[cut : into[high]]]
        finish[low:high] = np.maximum.reduceat(found, into[low:high] - cut) + span[low:high]
    end = finish.max()
    late_start = end - span
    for low, high in zip(steps[-2::-1], steps[:0:-1], strict=True):
        has = np.flatnonzero(outof[low + 1 : high + 1] > outof[low:high])
        if not len(has):
            continue
        cut = outof[low]
        found = late_start[targets[cut : outof[high]]]
        nodes = has + low
        late_start[nodes] = np.minimum.reduceat(found, outof[nodes] - cut) - span[nodes]
    return finish, late_start + span - finish


def one_change(network: Network, dates: WorkDates, tables: DayTables, items: list[int], whole: float) -> None:
    """Single items without float that take a week longer, from the beginning to the end."""
    live = LiveForecast(network, dates, tables)
    rows = []
    for item in reversed(items):
        found, reached = seconds(lambda item=item: reach(network, np.array([item])))
        later = WorkDates(*(getattr(dates, one.name)[[item]] for one in fields(WorkDates)))
        later.finish[0] += 5
        moved_in, moved = seconds(lambda item=item, later=later: live.change(np.array([item]), later))
        again = reforecast(network, live.result.dates, tables)
        assert np.array_equal(again.values, live.result.values)
        rows.append(
            (
                f"item {item:,} takes a week longer",
                f"{len(reached):,}",
                f"{found:.3f}",
                f"{len(moved):,}",
                f"{moved_in:.4f}",
                f"{moved_in / whole:.4f}",
            )
        )
    table(("what", "reaches", "reach CPU s", "moves", "follow CPU s", "of forward"), rows)


def chain() -> None:
    nodes = np.arange(CHAIN)
    dates, tables = work_dates(given_dates(np.ones(CHAIN, dtype=np.int64)))
    built, network = seconds(lambda: build_network(CHAIN, links(nodes[:-1], nodes[1:])))
    run, result = seconds(lambda: reforecast(network, dates, tables))
    floated, _ = seconds(lambda: floats_of(result, np.full(CHAIN, CHAIN * 2)))
    print(f"a chain of {CHAIN:,}: order {built:.2f} s, forward {run:.2f} s, backward {floated:.2f} s")


def beside_networkx() -> None:
    try:
        import networkx
    except ImportError:
        print("networkx: not installed")
        return
    before, after = edges(SMALL)
    days = np.random.default_rng(1).integers(1, 6, SMALL)
    built, graph = seconds(lambda: networkx.DiGraph(zip(before.tolist(), after.tolist(), strict=True)))
    weights = days.tolist()
    networkx.set_edge_attributes(graph, {edge: weights[edge[1]] for edge in graph.edges}, "weight")
    theirs, _ = seconds(lambda: networkx.dag_longest_path(graph))
    given = given_dates(days)

    def ours() -> object:
        dates, tables = work_dates(given)
        network = build_network(SMALL, links(before, after))
        result = reforecast(network, dates, tables)
        floats_of(result, np.full(SMALL, 1 << 20))
        return drivers_of(result)

    mine, _ = seconds(ours)
    print(
        f"{SMALL:,} pieces of work: networkx graph {built:.2f} s, dag_longest_path alone {theirs:.2f} s;"
        f" ours with order, floats and drivers {mine:.2f} s of processor time"
    )


if __name__ == "__main__":
    main()
