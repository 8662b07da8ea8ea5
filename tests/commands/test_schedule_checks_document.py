"""docs/schedule-checks.md: its tables are those of the code, its numbers come out, its examples work."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date

import numpy as np
import pytest
from command_world import SMALL_PLAN, TODAY, Folder
from shared import ROOT

from rules.loading import parse_rules
from rules.testing import run_tests
from schedule.check_inputs import DEFAULTS
from schedule.check_results import Why
from schedule.milestone_trend import AMBER_SLOPE, RED_SLOPE, TrendSettings, milestone_trends, report_days
from sync.check_indices import PERIOD_DAYS
from sync.derive_checks import MEMBERS_SHOWN

PAGE = (ROOT / "docs" / "schedule-checks.md").read_text(encoding="utf-8")


def _section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


@pytest.fixture
def office(folder: Folder) -> Folder:
    folder.configure()
    (folder.path / "plans").mkdir(exist_ok=True)
    (folder.path / "plans" / "office.xml").write_bytes(SMALL_PLAN.read_bytes())
    (commands,) = re.findall(r"```\n(.*?)```", _section("An example"), flags=re.S)
    for line in commands.splitlines()[:-1]:
        words = line.removeprefix("dovetail ").split()
        assert folder.run(*words, *(TODAY if words[0] == "derive" else ())).code == 0
    return folder


def test_the_table_of_checks_names_every_check_that_a_plan_has_and_no_other(office: Folder) -> None:
    rows = [json.loads(line) for line in office.run("export", "schedule_check").lines]
    named = re.findall(r"^\| `([a-z-]+)` \|", _section("The checks"), flags=re.M)
    assert sorted(named) == sorted(row["check"] for row in rows)
    assert len(set(named)) == len(named) == 27


def test_the_rows_of_the_example_come_out(office: Folder) -> None:
    answer = office.run("export", "schedule_check", "--format", "csv")
    found = {row["check"]: row for row in csv.DictReader(io.StringIO(answer.out))}
    shown = re.findall(
        r"^\| `([a-z-]+)` \| (\d*) ?\| (\d*) ?\| (.*?) ?\|$", _section("An example"), flags=re.M
    )
    assert len(shown) == 6
    for name, numerator, denominator, rest in shown:
        row = found[name]
        assert (row["numerator"], row["denominator"]) == (numerator, denominator), name
        assert rest in (row["reason"], " ".join(re.findall(r"office#\d+", row["members"]))), name


def test_the_reasons_of_the_page_are_those_of_the_code_that_a_row_can_have() -> None:
    named = re.findall(r"^\| `([^`]+)` \|", _section("When a check says nothing"), flags=re.M)
    assert sorted(named) == sorted(set(map(str, Why)) - {str(Why.NO_LAGS), str(Why.NO_CONSTRAINTS)})


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    limits = DEFAULTS
    assert (limits.high_float_wd, limits.high_duration_wd, limits.quiet_wd) == (44, 44, 120)
    assert (limits.critical_path_delay_wd, limits.linked_share, limits.known_share) == (600, 0.6, 0.9)
    assert (PERIOD_DAYS, MEMBERS_SHOWN, AMBER_SLOPE, RED_SLOPE) == (28, 500, 0.25, 0.6)
    assert TrendSettings() == TrendSettings(reports=26, slope_reports=6, minimum_reports=4)
    for words in (
        "more than 44 working days",
        "more than 120 working days",
        "600 working days",
        "60 % linked",
    ):
        assert words in PAGE
    for words in ("last 28 days", "up to 500 members", "Above 0.25 is amber, above 0.6 red", "26 weeks"):
        assert words in PAGE


def test_the_example_of_a_trend_comes_out() -> None:
    assert "a date 49 days ahead that loses half a day per day is met in 98 days" in PAGE
    chosen = TrendSettings(reports=5, slope_reports=5)
    reports = report_days(date(2026, 11, 24), chosen)
    said = np.array([["2026-12-29", "2026-12-29", "2027-01-05", "2027-01-05", "2027-01-12"]], dtype="M8[D]")
    found = milestone_trends(said, reports, chosen)
    assert found.slope.tolist() == [0.5]
    assert found.projected_finish.tolist() == [date(2027, 3, 2)]  # 98 days after 24 November


def test_the_rule_of_the_page_loads_and_its_tests_pass() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    found = parse_rules(text, file="ours.yaml", group="ours")
    assert found.problems == ()
    results = run_tests(found.rules)
    assert [(result.rule, result.problems) for result in results] == [("our-loose-ends", ())]
