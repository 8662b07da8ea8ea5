"""When Dovetail may write to a source, and what it says of what was there before."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sync_world import TUESDAY, World

from portfolio.errors import UsageError
from sync.apply import apply
from sync.runs import running


def test_until_it_is_armed_sync_stops_after_the_plan_says_so_and_exits_0() -> None:
    world = World(armed=False)
    world.task("CHK-1", due="2026-11-19")
    said: list[str] = []
    result = world.sync(tell=lambda one: said.append(one.note) if one.note else None)
    assert (result.exit_code, result.unarmed, result.applied) == (0, ["shop", "boards"], None)
    assert result.plan is not None
    assert len(result.plan.writes) == 1
    assert world.written() == []
    assert said[0].startswith("shop, boards: not armed, so nothing is written there.")


def test_applying_a_plan_file_arms_every_source_it_names_even_an_empty_one() -> None:
    world = World(armed=False)
    result = world.sync()
    assert result.plan is not None
    assert list(result.plan.writes) == []
    with running(world.store, "apply", clock=world.clock) as run:
        outcome = apply(world.store, world.connectors, result.plan, run_id=run.run_id, clock=world.clock)
    assert outcome.armed == ["shop", "boards"]
    assert world.store.sources()["shop"].armed_at == TUESDAY
    world.clock.advance(days=1)
    world.task("CHK-1", due="2026-11-19")
    assert world.sync().unarmed == []
    assert len(world.shop.our_comments("CHK-1")) == 1


def test_write_armed_arms_at_the_first_sync() -> None:
    world = World(armed=True)
    world.sync()
    world.clock.advance(days=1)
    world.sync()
    assert world.store.sources()["shop"].armed_at == TUESDAY


def test_a_dry_run_arms_nothing() -> None:
    world = World(armed=True)
    world.task("CHK-1", due="2026-11-19")
    result = world.sync(dry_run=True)
    assert world.store.sources()["shop"].armed_at is None
    assert result.plan is not None
    assert len(result.plan.writes) == 1
    assert world.written() == []


def test_what_was_there_before_is_legacy_and_is_not_commented() -> None:
    world = World(comment_backlog=False)
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    assert world.finding("due-passed", "CHK-1").is_legacy
    world.task("CHK-2", due="2026-11-19")
    world.sync()
    assert not world.finding("due-passed", "CHK-2").is_legacy
    assert world.shop.our_comments("CHK-1") == []
    assert len(world.shop.our_comments("CHK-2")) == 1


def test_backlog_comment_comments_what_was_there_before() -> None:
    world = World(comment_backlog=True)
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    assert world.finding("due-passed", "CHK-1").is_legacy
    assert len(world.shop.our_comments("CHK-1")) == 1


def test_legacy_does_not_hold_rollup_fields_back() -> None:
    world = World(comments=False, comment_backlog=False, fields={"open_findings": "Open findings"})
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    world.sync()
    assert world.shop.item("CHK-1").fields == {"open_findings": 1}


def test_a_legacy_finding_stands_in_a_comment_that_news_made_necessary() -> None:
    world = World(comment_backlog=False)
    world.task("CHK-1", due="2026-11-19", owner_id=None)
    world.sync()
    world.shop.edit("CHK-1", by="ana", is_blocked=True, status="Blocked")
    world.sync()
    world.clock.advance(days=2)
    world.sync()
    text = world.comment("CHK-1")
    assert "High: Blocked for two days" in text
    assert "High: The date has passed" in text
    assert "Medium: Nobody owns it" in text


def test_severity_below_the_threshold_gets_no_comment_but_stays_in_one() -> None:
    world = World()
    world.task("CHK-1", due="2026-12-24", owner_id=None)
    world.sync()
    assert world.state("owner-missing", "CHK-1") == "open"
    assert world.shop.our_comments("CHK-1") == []
    world.shop.edit("CHK-1", by="ana", due=date(2026, 11, 19))
    world.sync()
    world.shop.edit("CHK-1", by="ana", due=date(2026, 12, 24))
    world.sync()
    assert "Medium: Nobody owns it" in world.comment("CHK-1")
    assert "The date has passed: fixed, 24 Nov 2026" in world.comment("CHK-1")


def test_an_expired_plan_is_refused() -> None:
    world = World(armed=False)
    result = world.sync()
    assert result.plan is not None
    world.clock.now += timedelta(hours=24)
    with pytest.raises(UsageError, match=r"expired at 2026-11-25 09:00 UTC\. Make it again"):
        apply(world.store, world.connectors, result.plan, run_id="r", clock=world.clock)


def test_a_plan_for_a_source_that_is_not_configured_is_refused() -> None:
    world = World(armed=False)
    result = world.sync()
    assert result.plan is not None
    with pytest.raises(UsageError, match="names boards, which"):
        apply(
            world.store,
            {"shop": world.connectors["shop"]},
            result.plan,
            run_id="r",
            clock=world.clock,
        )
