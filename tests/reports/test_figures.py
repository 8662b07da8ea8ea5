"""The figures of every report, on a portfolio that can be worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from reports_world import NOW, TODAY, moved, small_config, small_records, stored, task, work_out_once

from commands.report_data import report_of
from portfolio.errors import UsageError
from portfolio.records import Page
from reports.columns import cut, web_address
from reports.figures import Report
from reports.health import gap
from store import Store, open_store
from sync.config import Config


def test_what_is_said_first(report: Report) -> None:
    said = report.summary
    assert said.projects == {"red": 1, "amber": 1, "green": 0, "grey": 0}
    assert (said.open_items, said.overdue, said.slipping) == (7, 1, 2)
    assert said.worst_slip is not None
    assert (said.worst_slip.key, said.worst_slip.slip_wd) == ("ONE-2", 10)
    assert (said.open_risks, said.high_risks, said.unowned) == (2, 1, 2)
    assert said.next_meeting is not None
    assert said.next_meeting.day == date(2026, 12, 3)


def test_the_tree_comes_top_down_and_unknown_is_never_green(report: Report) -> None:
    assert [(node.slug, node.depth, node.health) for node in report.nodes] == [
        ("all", 0, "red"),
        ("one", 1, "red"),
        ("two", 1, "amber"),
    ]
    one = report.nodes[1]
    # ONE-3 has no date: of the four open items it is the one whose colour is unknown.
    assert one.by_health == {"red": 1, "amber": 0, "green": 2, "grey": 1}
    assert (one.open_items, one.overdue) == (4, 1)
    assert one.health_declared is None


@pytest.mark.parametrize(
    ("declared", "computed", "expected"),
    [
        ("green", "red", "better"),
        ("red", "amber", "worse"),
        ("green", "green", None),
        ("green", "grey", None),
        (None, "red", None),
    ],
)
def test_declared_beside_computed(declared: str | None, computed: str, expected: str | None) -> None:
    assert gap(declared, computed) == expected


def test_decisions_are_questions_with_the_worst_first(report: Report) -> None:
    asked = [(one.kind, one.project, one.severity, one.count) for one in report.decisions]
    assert asked[0] == ("owner", "two", "critical", 1)  # the unowned risk with an exposure of 16
    assert ("dependency", "two", "high", 1) in asked
    assert ("asked", "two", "medium", 1) in asked  # the tracker's own item of kind decision
    (dependency,) = [one for one in report.decisions if one.kind == "dependency"]
    assert dependency.question == "Settle who moves: one item waits for another"
    assert [one.key for one in dependency.items] == ["TWO-4"]


def test_the_last_meeting_is_what_changes_are_told_since(report: Report) -> None:
    assert (report.since, report.since_what) == (date(2026, 11, 19), "Steering, 19 November 2026")
    (change,) = report.changes.moved
    assert (change.item.key, change.before, change.after) == ("ONE-2", date(2026, 12, 10), date(2026, 12, 24))
    assert (change.moved_wd, change.times) == (10, 1)
    assert [one.key for one in report.changes.new_risks] == ["TWO-5"]
    # After one run there is nothing to compare findings with, which is not the same as no change.
    assert not report.changes.is_known


def test_the_roadmap_has_promises_freezes_and_what_waits(report: Report) -> None:
    road = report.roadmap
    assert [(one.item.key, list(one.frozen)) for one in road.entries] == [
        ("ONE-2", ["Year end"]),
        ("TWO-4", ["Year end"]),
    ]
    (link,) = road.links
    assert (link.predecessor_id, link.successor_id, link.is_late) == ("shop/ONE-2", "shop/TWO-4", True)
    assert [one.day for one in road.meetings] == [date(2026, 11, 19), date(2026, 12, 3)]


def test_slips_say_what_they_wait_for(report: Report) -> None:
    rows = {row.item.key: row for row in report.slips.rows}
    assert list(rows) == ["ONE-2", "TWO-4", "ONE-1"]
    assert [one.key for one in rows["TWO-4"].chain] == ["ONE-2"]
    assert rows["TWO-4"].cause == "waits for ONE-2, which is late itself"
    assert (rows["ONE-1"].item.overdue_wd, rows["ONE-1"].cause) == (2, "under way past its date")
    assert dict(report.slips.histogram) == {
        "early": 0, "on time": 4, "1–2": 0, "3–5": 1, "6–10": 1, "11–20": 0, "over 20": 0,
    }  # fmt: skip
    assert report.slips.unknown == 1  # ONE-3, which has no date


def test_a_trend_is_what_was_said_and_when(report: Report) -> None:
    trend = report.slips.trends[0]
    assert trend.item.key == "ONE-2"
    assert trend.points[0][1] == date(2026, 12, 10)
    assert trend.points[-1] == (TODAY, date(2026, 12, 24))
    assert (trend.moved_wd, trend.moves, trend.forecast) == (10, 1, None)


def test_risks_without_a_score_stand_in_no_field(report: Report) -> None:
    register = report.risks
    assert (dict(register.matrix), register.unscored) == ({(4, 4): 1}, 1)
    scored, unscored = register.rows
    assert (scored.exposure, scored.review, scored.is_unowned, scored.is_new) == (16, "stale", True, True)
    assert scored.lacks_response
    assert (unscored.exposure, unscored.review, unscored.lacks_response) == (None, "unknown", False)
    assert [one.key for one in register.raid["decision"]] == ["TWO-7"]


def test_people_who_left_still_own_work(report: Report) -> None:
    assert [(one.name, one.problem, one.open_items) for one in report.people.left] == [
        ("Leo Left", "account disabled", 1)
    ]
    assert (report.people.covered, report.people.open_items) == (6, 8)
    assert [(one.problem, [item.key for item in one.items]) for one in report.people.unowned] == [
        ("account disabled", ["ONE-4"]),
        ("no owner", ["TWO-5"]),
    ]


def test_dependencies_say_whether_they_fit(report: Report) -> None:
    (edge,) = report.dependencies.edges
    # ONE-2 ends on Thursday the 24th, TWO-4 begins on Monday the 21st: four days that both would need.
    assert (edge.state, edge.overlap_wd, edge.crosses_project) == ("late", 4, True)
    assert dict(report.dependencies.between) == {("one", "two"): (1, 1)}


def test_money_that_nobody_tells_is_unknown(report: Report) -> None:
    assert [(row.node.slug, row.variance, row.spent_share) for row in report.costs.rows] == [
        ("all", 250.0, 0.4),
        ("two", 250.0, 0.4),
    ]
    assert [node.slug for node in report.costs.unknown] == ["one"]


def test_metrics_count_what_was_promised(report: Report) -> None:
    found = report.metrics
    assert (found.finished, found.on_time_share) == (2, 0.5)
    assert found.mean_slip_wd == 1  # on the day, and Thursday the 12th to Monday the 16th
    assert found.owner_coverage == 0.75
    assert list(found.risk_age_days) == [2, 60]
    assert [(one.month, one.finished, one.on_time) for one in found.months if one.finished] == [
        (date(2026, 11, 1), 2, 1)
    ]
    assert found.p80_share is None


def test_gaps_name_the_items(report: Report) -> None:
    gaps = {one.name: ([item.key for item in one.missing], one.of) for one in report.quality.gaps}
    assert gaps["no date"] == (["ONE-3", "TWO-5", "TWO-6"], 9)
    assert gaps["no owner who can act"] == (["ONE-4", "TWO-5"], 8)
    assert gaps["health unknown"] == (["ONE-3", "TWO-6"], 9)


def test_a_part_of_the_tree_has_its_own_figures(small: tuple[Store, Config]) -> None:
    part = report_of(*small, now=NOW, slug="two")
    assert (part.title, part.summary.open_items, part.summary.overdue) == ("Payments", 3, 0)
    assert [node.slug for node in part.nodes] == ["two"]
    assert {item.project for item in part.open_items} == {"two"}
    with pytest.raises(UsageError, match="has no `three`"):
        report_of(*small, now=NOW, slug="three")


def test_since_must_lie_before_the_day_of_the_report(small: tuple[Store, Config]) -> None:
    assert report_of(*small, now=NOW, since=date(2026, 11, 1)).since_what == "1 November 2026"
    with pytest.raises(UsageError, match="lies after"):
        report_of(*small, now=NOW, since=TODAY + timedelta(days=1))


def test_a_second_run_tells_what_became_of_findings() -> None:
    config = small_config()
    with stored(config, small_records(), now=NOW - timedelta(days=7)) as store:
        # ONE-1 was not late a week ago; since then it was finished, and ONE-2 moved again.
        done = task("ONE-1", state="done", due="2026-11-20", actual_finish="2026-11-20")
        later = task("ONE-2", kind="epic", due="2027-01-12")
        records = [done, later, moved("ONE-2", NOW - timedelta(days=1), "2026-12-24", "2027-01-12")]
        store.save_page("shop", "all", Page(records=records), run_id="seed", now=NOW)
        work_out_once(store, config, NOW)
        found = report_of(store, config, now=NOW, since=date(2026, 11, 17))
    assert found.changes.is_known
    assert [one.key for one in found.changes.finished] == ["ONE-1"]
    assert {one.rule for one in found.changes.opened} >= {"commitment-lost"}
    assert [(one.item.key, one.moved_wd) for one in found.changes.moved] == [
        ("ONE-2", 23)
    ]  # since 10 December


def test_an_empty_store_has_a_report() -> None:
    with open_store("sqlite://") as store:
        empty = report_of(store, small_config(), now=NOW)
    assert empty.summary.open_items == 0
    assert empty.summary.worst_slip is None
    assert (empty.metrics.on_time_share, empty.metrics.owner_coverage) == (None, None)
    assert list(empty.decisions) == []


def test_texts_are_cut_to_what_a_person_reads() -> None:
    assert cut("a\x00\x1b[31m\n\t\u202eb") == "a[31m b"
    assert cut("x" * 40_000, 240) == "x" * 239 + "…"
    assert cut(None) is None


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://shop.example/browse/CHK-1", True),
        ("http://127.0.0.1:8080/x", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//shop.example/x", False),
        ("https://", False),
        ("https://[broken", False),
        ("https://shop.example/" + "x" * 2_000, False),
    ],
)
def test_only_addresses_of_the_web_become_links(url: str, is_link: bool) -> None:
    assert (web_address(url) == url) is is_link
