"""The check against a real store: rules that change, inhibit, or are switched off."""

from __future__ import annotations

from sync_world import World, rules

from rules.rule import Override

TOLERANT = """
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

- id: late-and-unowned
  title: Late and unowned
  why: why
  over: item
  where: NOT is_done AND effective_due IS NOT NULL
  flag: effective_due < :today AND owner_problem IS NOT NULL
  severity: high
  inhibit_by: [late]
  fingerprint: [item_id]
  evidence: [effective_due]
  message: "{key} is late and has no owner."
  action: act
"""


def world_with(text: str = TOLERANT) -> World:
    world = World()
    world.rules = rules(text)
    world.task("CHK-1", due="2026-11-19", owner_id=None)
    return world


def test_a_finding_that_a_raised_threshold_hides_was_not_fixed() -> None:
    world = world_with()
    world.sync()
    world.overrides = {"late": Override(params={"grace_wd": 10})}
    world.sync()
    assert world.finding("late", "CHK-1").resolved_because == "rule changed"


def test_a_finding_that_is_cured_later_under_the_changed_rule_is_fixed() -> None:
    world = world_with()
    world.sync()
    world.overrides = {"late": Override(params={"grace_wd": 1})}
    world.sync()
    assert world.state("late", "CHK-1") == "open"
    from datetime import date

    world.shop.edit("CHK-1", by="ana", due=date(2026, 12, 1))
    world.sync()
    assert world.finding("late", "CHK-1").resolved_because == "fixed"


def test_a_rule_that_is_switched_off_or_removed_resolves_its_findings() -> None:
    world = world_with()
    world.sync()
    world.overrides = {"late": Override(enabled=False)}
    world.sync()
    assert world.finding("late", "CHK-1").resolved_because == "rule changed"
    assert world.state("late-and-unowned", "CHK-1") == "open"


def test_a_finding_that_another_explains_is_silent() -> None:
    world = world_with()
    world.sync()
    assert [one.rule for one in world.store.findings()] == ["late"]


def test_a_severity_that_the_configuration_sets_replaces_the_rules() -> None:
    world = world_with()
    world.overrides = {"late": Override(severity="critical")}
    world.sync()
    assert world.finding("late", "CHK-1").severity == "critical"
    assert len(world.shop.our_comments("CHK-1")) == 1


def test_a_rule_that_finds_more_than_its_limit_is_broken_and_not_right() -> None:
    from dataclasses import replace

    from sync.check import check
    from sync.runs import running

    world = world_with()
    world.task("CHK-2", due="2026-11-19")
    world.sync()
    settings = replace(world.settings().check, row_limit=1)
    with running(world.store, "check", clock=world.clock) as run:
        outcome = check(
            world.store,
            settings,
            run_id=run.run_id,
            today=world.clock().date(),
            now=world.clock(),
            roll_up=list,
        )
    assert list(outcome.broken) == ["late"]
    assert "more than 1 rows" in outcome.broken["late"]
    assert world.state("late", "CHK-2") == "open"


def test_the_counts_say_what_the_run_did_to_findings() -> None:
    world = world_with()
    first = world.sync().checked
    assert first is not None
    assert (len(first.opened), first.open_by_severity, first.worst) == (1, {"medium": 1}, "medium")
    world.shop.edit("CHK-1", by="ana", state="done")
    second = world.sync().checked
    assert second is not None
    assert (len(second.resolved), second.open_by_severity, second.worst) == (1, {}, None)
    assert world.finding("late", "CHK-1").resolved_because == "closed"
    world.shop.edit("CHK-1", by="ana", state="in_progress")
    third = world.sync().checked
    assert third is not None
    assert (len(third.opened), len(third.reopened)) == (0, 1)
