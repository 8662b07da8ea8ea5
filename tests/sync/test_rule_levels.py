"""Rules that the organisation, the portfolio, a programme and a project change, and rules that are broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from sync_world import World, rules

from portfolio.errors import ConfigError
from rules.compiler import CompiledRule, compile_rule
from rules.overrides import Said, with_places
from rules.rule import Override, Rule
from store import open_store
from sync import check as check_module
from sync.check import CheckOutcome, check
from sync.config import Config, load_config
from sync.placement import TreeNode
from sync.reasoning import reasoning
from sync.runs import running
from sync.settings import sync_settings

LEVELS = """\
version: 1
sources:
  - {name: plans, kind: project_file, path: plans/*.xml}
portfolio:
  name: Retail
  rules:
    overrides:
      due-date-passed: {params: {grace_wd: 2}}
  programs:
    - name: Store 2.0
      rules:
        overrides:
          due-date-passed:
            params: {grace_wd: 3}
      projects:
        - name: Checkout
          rules:
            overrides:
              due-date-passed:
                params:
                  grace_wd: 5
                severity: low
        - {name: Search}
  projects:
    - {name: Moves, rules: {overrides: {date-impossible: {enabled: true}}}}
rules:
  overrides:
    due-date-passed: {params: {grace_wd: 1, high_after_wd: 9}, filter: NOT is_milestone}
    date-impossible: {enabled: false}
"""


def loaded(folder: Path, text: str = LEVELS) -> Config:
    path = folder / "dovetail.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_what_holds_where_and_who_said_so(tmp_path: Path) -> None:
    override = loaded(tmp_path).overrides["due-date-passed"]
    assert override.params == {"grace_wd": 2, "high_after_wd": 9}
    assert override.filter == "NOT is_milestone"
    assert {slug: one.params["grace_wd"] for slug, one in override.places.items()} == {
        "store-2-0": 3, "checkout": 5, "search": 3,
    }  # fmt: skip
    checkout = override.at("checkout")
    assert (checkout.severity, checkout.filter) == ("low", "NOT is_milestone")
    assert checkout.origins == {
        "params.high_after_wd": "organisation, dovetail.yaml:28",
        "filter": "organisation, dovetail.yaml:28",
        "params.grace_wd": "project checkout, dovetail.yaml:21",
        "severity": "project checkout, dovetail.yaml:22",
    }
    assert override.at("search").origins["params.grace_wd"] == "programme store-2-0, dovetail.yaml:14"
    assert override.at("moves").origins["params.grace_wd"] == "portfolio, dovetail.yaml:8"


def test_a_rule_that_is_off_is_on_in_one_project(tmp_path: Path) -> None:
    override = loaded(tmp_path).overrides["date-impossible"]
    assert (override.enabled, override.at("moves").enabled, override.at("checkout").enabled) == (
        False,
        True,
        False,
    )


def test_every_mistake_of_every_level_is_named_at_its_line(tmp_path: Path) -> None:
    text = """\
version: 1
sources:
  - {name: plans, kind: project_file, path: plans/*.xml}
portfolio:
  name: Retail
  rules: {overrides: {due-date-pased: {enabled: false}}}
  projects:
    - name: Checkout
      rules:
        overides: {}
        overrides:
          due-date-passed:
            params: {grace: 1, grace_wd: soon}
            severity: hgh
            filter: is_dne
            flag: is_done
          source-stale: {severity: low}
"""
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    at = "portfolio.projects[0].rules"
    rule = f"{at}.overrides.due-date-passed"
    assert list(caught.value.problems) == [
        (
            "line 6, column 23: portfolio.rules.overrides.due-date-pased: there is no rule `due-date-pased`; "
            "did you mean `due-date-passed`?"
        ),
        f"line 10, column 9: {at}.overides: unknown key; did you mean `overrides`?",
        f"line 13, column 22: {rule}.params.grace: there is no parameter `grace`; did you mean `grace_wd`?",
        f"line 13, column 32: {rule}.params.grace_wd: parameter `grace_wd` is a number; 'soon' is not",
        (
            f"line 14, column 13: {rule}.severity: `hgh` is not one of info, low, medium, high, critical; "
            "did you mean `high`?"
        ),
        (
            f"line 15, column 13: {rule}.filter: the view item has no column `is_dne`; did you mean "
            "`is_done`?, at character 1 («is_dne»)"
        ),
        f"line 16, column 13: {rule}.flag: unknown key",
        (
            f"line 17, column 11: {at}.overrides.source-stale: a row of source belongs to no project; "
            "change this rule for the whole organisation"
        ),
    ]


def test_a_mute_of_nobody_and_of_no_rule_is_named_at_its_line(tmp_path: Path) -> None:
    text = """\
version: 1
sources:
  - {name: plans, kind: project_file, path: plans/*.xml}
mute:
  people: [ana@shop.example, "plans:17", ana, "plan:17"]
  approvers: [the board, "plan:18"]
  labels: {parked: {reason: The board parked it., until: 2027-03-31, rules: [due-date-pased]}}
"""
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert [one.partition(": ")[2] for one in caught.value.problems] == [
        "mute.people[2]: `ana` is neither an e-mail address nor `source:account`",
        "mute.people[3]: there is no source `plan`; did you mean `plans`?",
        "mute.approvers[1]: there is no source `plan`; did you mean `plans`?",
        "mute.labels.parked.rules[0]: there is no rule `due-date-pased`; did you mean `due-date-passed`?",
    ]


TREE = [
    TreeNode("retail", "portfolio", None, "Retail"),
    TreeNode("store", "program", "retail", "Store"),
    TreeNode("checkout", "project", "store", "Checkout", scopes=["shop:CHK"]),
    TreeNode("boards", "project", "retail", "Boards", scopes=["boards:RET"]),
]
LATE = """
- id: late
  title: Late
  why: why
  over: item
  where: NOT is_done AND effective_due IS NOT NULL
  measure:
    days_late: wd(effective_due, :today)
  params: {grace_wd: 0}
  flag: days_late > :grace_wd
  severity: medium
  fingerprint: [item_id]
  evidence: [effective_due]
  message: "{key} is {days_late} days late."
  action: act

- id: quiet
  title: A source is stale
  why: why
  over: source
  flag: is_stale OR item_count > 0
  severity: low
  fingerprint: [source]
  evidence: [error]
  message: "{source}"
  action: act
"""


@pytest.fixture(scope="module")
def world() -> World:
    """CHK-1 in Checkout, RET-1 in Boards, each three working days late; checked once."""
    world = World()
    world.rules = rules(LATE)
    world.tree = TREE
    world.task("CHK-1", due="2026-11-19")
    world.task("RET-1", on="boards", due="2026-11-19")
    world.overrides = {"late": BOARDS_WAIT}
    world.sync()
    return world


BOARDS_WAIT = with_places(
    [Said({"params": {"grace_wd": 1}}, {"params.grace_wd": "organisation, dovetail.yaml:3"})],
    {"boards": [Said({"params": {"grace_wd": 3}}, {"params.grace_wd": "project boards, dovetail.yaml:9"})]},
)


def checked(world: World, **changes: object) -> CheckOutcome:
    settings = replace(world.settings().check, **changes)  # type: ignore[arg-type]
    now = world.clock()
    with running(world.store, "check", clock=world.clock) as run:
        return check(world.store, settings, run_id=run.run_id, today=now.date(), now=now, roll_up=list)


def test_one_run_gives_each_project_what_holds_there(world: World) -> None:
    assert [(one.key, one.state) for one in world.store.findings() if one.rule == "late"] == [
        ("CHK-1", "open")
    ]


def test_the_reasoning_says_what_holds_where_the_item_stands_and_who_said_so(world: World) -> None:
    rule = world.rules[0]
    finding = world.finding("late", "CHK-1")
    for key, value, origin in (
        ("CHK-1", 1, "organisation, dovetail.yaml:3"),
        ("RET-1", 3, "project boards, dovetail.yaml:9"),
    ):
        (item,) = world.store.rows("item", where={"key": key})
        about = msgspec.structs.replace(finding, item_id=str(item["item_id"]))
        terms = reasoning(world.store, about, rule, BOARDS_WAIT, now=world.clock())
        assert terms is not None
        (parameter,) = [one for one in terms if one.part == "parameter"]
        assert (parameter.text, parameter.value, parameter.origin) == (":grace_wd", value, origin)


BROKEN = """
- id: late
  title: Late
  over: item
  flag: is_done AND due_dat < :today
"""


def test_a_broken_rule_is_reported_the_others_run_and_its_findings_stay(tmp_path: Path, world: World) -> None:
    (tmp_path / "mine.yaml").write_text(BROKEN, encoding="utf-8")
    (tmp_path / "worse.yaml").write_text("- id: [", encoding="utf-8")
    text = LEVELS.partition("portfolio:")[0] + "rules: {include: ['*e.yaml']}\n"
    settings = sync_settings(loaded(tmp_path, text)).check
    assert set(settings.broken) == {"late", str(tmp_path / "worse.yaml")}
    assert settings.broken["late"].startswith(
        f"rule late is left out: {tmp_path / 'mine.yaml'}:2: rule late,"
    )
    assert not settings.knows_all_rules
    quiet = [rule for rule in world.rules if rule.id != "late"]
    outcome = checked(world, rules=quiet, broken=settings.broken)
    assert (outcome.rules, set(outcome.broken)) == (1, set(settings.broken))
    assert world.state("late", "CHK-1") == "open"


def test_findings_of_rules_that_may_stand_in_an_unread_file_stay(world: World) -> None:
    quiet = [rule for rule in world.rules if rule.id != "late"]
    checked(world, rules=quiet, broken={"worse.yaml": "unread"}, knows_all_rules=False)
    assert world.state("late", "CHK-1") == "open"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_rule_that_would_run_for_an_hour_is_stopped_and_the_others_run(
    database: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate lets no such query through; were there a hole in it, the clock would still stop the query."""
    many = ", ".join(f"tracker_item AS t{number}" for number in range(26))  # 2^26 pairs and more

    def compiled(rule: Rule, dialect: object, override: Override | None = None) -> CompiledRule:
        found = compile_rule(rule, dialect, override)  # type: ignore[arg-type]
        endless = f"(SELECT count(*) FROM {many} WHERE t0.key <> t25.revision) > 0"
        return msgspec.structs.replace(found, where=endless) if rule.id == "late" else found

    monkeypatch.setattr(check_module, "compile_rule", compiled)
    if database == "sqlite":
        _stopped_in_time(world)
        return
    from shared import ROOT

    monkeypatch.syspath_prepend(str(ROOT / "tests" / "store"))
    import pg_server

    name = pg_server.new_database()
    try:
        with open_store(pg_server.url_of(name)) as store:
            other = World(store)
            other.rules = world.rules
            other.task("CHK-1", due="2026-11-19")
            other.task("CHK-2")
            monkeypatch.setattr(check_module, "compile_rule", compile_rule)
            other.sync()
            monkeypatch.setattr(check_module, "compile_rule", compiled)
            _stopped_in_time(other)
    finally:
        pg_server.drop_database(name)


def _stopped_in_time(world: World) -> None:
    before = datetime.now(UTC)
    outcome = checked(world, timeout_seconds=0.3)
    assert (datetime.now(UTC) - before).total_seconds() < 20
    assert list(outcome.broken) == ["late"]
    assert "rule late: the query took longer than 0.3 s." in outcome.broken["late"]
    assert outcome.rules == 1
    assert world.state("late", "CHK-1") == "open"
