"""The promises of the design that the engine keeps, one after the other, against trackers in memory."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sync_world import World

from connectors.memory_tracker import LostAnswer
from portfolio.errors import AuthError, Unavailable
from store import open_store
from sync.apply import apply
from sync.pipeline import SyncResult
from sync.plan_file import Plan
from sync.runs import running

FIELDS = {"health": "Portfolio health", "open_findings": "Open findings", "worst_finding": "Worst"}


def plan_of(result: SyncResult) -> Plan:
    assert result.plan is not None
    return result.plan


# 1. Nothing is lost.


def test_a_pull_that_fails_in_the_middle_keeps_its_pages_and_goes_on_after_them() -> None:
    world = World()
    for number in range(1, 8):
        world.task(f"CHK-{number}", due="2026-12-01")
    # Two lists and three pages of three: the fourth request is the second page of items.
    world.shop.fail("page", Unavailable("shop", "503 on /items"), nth=4)
    first = world.sync()
    assert first.exit_code == 4
    assert [row["key"] for row in world.store.rows("item")] == ["CHK-1", "CHK-2", "CHK-3"]
    world.shop.requests.clear()
    second = world.sync()
    assert second.exit_code == 0
    assert len(list(world.store.rows("item"))) == 7
    # The lists were read an hour ago at most, and the first page of items is not read again.
    assert world.shop.requests.count("page") == 2


def test_a_cursor_the_tracker_refuses_makes_the_stream_start_over_and_says_so() -> None:
    world = World()
    world.task("CHK-1")
    world.sync()
    world.shop.forget_journal()
    world.task("CHK-2")
    result = world.sync()
    assert result.exit_code == 0
    assert result.sources["shop"].notes == [
        "items: the tracker no longer accepts the cursor, so it is read from the beginning"
    ]
    assert [row["key"] for row in world.store.rows("item")] == ["CHK-1", "CHK-2"]


# 2. Nothing is doubled.


def test_a_second_run_with_nothing_new_makes_zero_writes() -> None:
    world = World(fields=FIELDS)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    first = world.sync()
    assert len(plan_of(first).writes) == 4
    second = world.sync()
    assert list(plan_of(second).writes) == []
    assert len(world.written()) == 4
    assert world.shop.mails == [("CHK-2", "new comment")]


def test_a_run_in_which_nothing_changed_writes_no_finding() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    world.sync()
    world.clock.advance(minutes=15)
    result = world.sync()
    assert result.checked is not None
    assert result.checked.changed == 0


def test_the_comment_is_edited_in_place_and_says_what_was_cured_and_when() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    (first,) = world.shop.our_comments("CHK-1")
    assert "High: The date has passed" in first.body
    world.clock.advance(days=1)
    world.shop.edit("CHK-1", by="ana", due=date(2026, 12, 4))
    world.sync()
    (second,) = world.shop.our_comments("CHK-1")
    assert second.comment_id == first.comment_id
    assert "Nothing is open here." in second.body
    assert "- The date has passed: fixed, 25 Nov 2026" in second.body
    assert world.shop.mails == [("CHK-1", "new comment")]


def test_comments_and_fields_are_found_again_after_the_local_database_is_lost() -> None:
    world = World(fields=FIELDS, comment_backlog=False)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-12-01", parent="CHK-1")
    world.sync()
    world.clock.advance(days=9)
    world.sync()
    assert len(world.shop.our_comments("CHK-2")) == 1
    made = len(world.written())
    world.store = open_store("sqlite://")
    again = world.sync()
    assert again.exit_code == 0
    assert len(world.shop.our_comments("CHK-2")) == 1
    assert [one for one in world.written()[made:] if one[1] != "comment"] == []
    # Its finding is legacy to the new store, but a comment that stands is kept true.
    world.shop.edit("CHK-2", by="ana", state="done")
    world.sync()
    assert "The date has passed: the work was closed" in world.comment("CHK-2")
    assert len(world.shop.mails) == 1


def test_an_answer_that_was_lost_is_looked_up_and_not_sent_again() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.shop.fail("write", LostAnswer(), after_effect=True)
    first = world.sync()
    assert first.exit_code == 4
    assert first.applied is not None
    assert [one.reason for one in first.applied.unknown] == ["the answer was lost"]
    second = world.sync()
    assert second.exit_code == 0
    assert len(world.shop.our_comments("CHK-1")) == 1
    assert len(world.written()) == 1
    assert [row["state"] for row in world.store.rows("write")] == ["applied"]


def test_a_request_that_never_arrived_is_sent_again_after_a_look() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.shop.fail("write", LostAnswer())
    assert world.sync().exit_code == 4
    assert world.sync().exit_code == 0
    assert len(world.shop.our_comments("CHK-1")) == 1
    assert sorted(str(row["state"]) for row in world.store.rows("write")) == ["applied", "not sent"]


# 3. The plan is complete.


def test_apply_makes_the_writes_of_the_plan_and_no_others() -> None:
    world = World(fields=FIELDS, armed=False)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    made = plan_of(world.sync())
    assert world.written() == []
    listed = {(one.key, one.slot, one.wanted) for one in made.writes}
    with running(world.store, "apply", clock=world.clock) as run:
        apply(world.store, world.connectors, made, run_id=run.run_id, clock=world.clock)
    assert set(world.written()) == listed
    assert list(plan_of(world.sync()).writes) == []


def test_every_planned_write_names_target_field_old_new_and_the_rules() -> None:
    world = World(fields={"health": "Portfolio health"})
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.shop.set_field("CHK-1", "health", "green")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    comment, health = sorted(plan_of(world.sync(dry_run=True)).writes, key=lambda one: one.slot)
    assert (comment.key, comment.field, comment.before) == ("CHK-2", "comment", None)
    assert comment.rules == ["due-passed"]
    assert comment.reason == "1 open finding, worst high"
    assert (health.key, health.field, health.before, health.wanted) == (
        "CHK-1",
        "Portfolio health",
        "green",
        "amber",
    )
    assert health.rules == ["due-passed"]


def test_a_target_that_changed_after_the_plan_was_made_is_skipped() -> None:
    world = World(fields={"health": "Portfolio health"}, comments=False, armed=False)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    made = plan_of(world.sync())
    world.shop.set_field("CHK-1", "health", "green", by="ana")
    with running(world.store, "apply", clock=world.clock) as run:
        outcome = apply(world.store, world.connectors, made, run_id=run.run_id, clock=world.clock)
    assert [(one.key, one.now) for one in outcome.conflicts] == [("CHK-1", "green")]
    assert outcome.is_complete
    assert world.shop.item("CHK-1").fields["health"] == "green"


# 4. People win.


def test_a_value_that_a_person_changed_is_reported_and_not_overwritten() -> None:
    world = World(fields={"open_findings": "Open findings"}, comments=False)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    world.sync()
    world.shop.set_field("CHK-1", "open_findings", 99, by="ana")
    world.task("CHK-3", due="2026-11-19", parent="CHK-1")
    result = world.sync()
    assert result.exit_code == 0
    (conflict,) = plan_of(result).conflicts
    assert (conflict.key, conflict.base, conflict.now, conflict.wanted) == ("CHK-1", 1, 99, 2)
    assert world.shop.item("CHK-1").fields["open_findings"] == 99


def test_a_comment_that_a_person_edited_is_left_as_it_is() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    world.shop.edit_comment("CHK-1", "We know. Ana is on it.")
    world.shop.edit("CHK-1", by="ana", due=date(2026, 12, 4))
    result = world.sync()
    assert result.exit_code == 0
    assert [one.reason for one in plan_of(result).conflicts] == ["the comment was edited by a person"]
    assert world.comment("CHK-1") == "We know. Ana is on it."


def test_a_comment_that_a_person_deleted_does_not_come_back() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    world.shop.delete_comment("CHK-1")
    world.clock.advance(days=40)
    result = world.sync()
    assert world.finding("due-passed", "CHK-1").severity == "critical"
    assert [one.reason for one in plan_of(result).conflicts] == ["the comment was deleted by a person"]
    assert world.shop.our_comments("CHK-1") == []


def test_without_a_write_section_nothing_is_written() -> None:
    world = World()
    world.writes = {}
    world.task("CHK-1", due="2026-11-19")
    result = world.sync()
    assert result.exit_code == 0
    assert world.written() == []
    assert "look" not in world.shop.requests


def test_a_full_run_finds_what_people_changed_where_nothing_is_to_be_written() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    world.shop.delete_comment("CHK-1")
    assert list(plan_of(world.sync()).conflicts) == []
    assert [one.reason for one in plan_of(world.sync(full=True)).conflicts] == [
        "the comment was deleted by a person"
    ]


# 5. One bad source harms nobody else.


def test_a_source_that_fails_is_stale_its_findings_freeze_and_the_rest_goes_on() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.task("RET-1", on="boards", due="2026-11-19")
    world.sync()
    world.shop.edit("CHK-1", by="ana", state="done")
    world.boards.edit("RET-1", by="ana", state="done")
    world.shop.fail("page", AuthError("shop", "401 on /items", hint="Renew the token."), is_permanent=True)
    world.clock.advance(hours=2)
    result = world.sync()
    assert result.exit_code == 4
    assert result.sources["shop"].error == "shop: 401 on /items Renew the token."
    assert world.state("due-passed", "CHK-1") == "open"
    assert world.state("due-passed", "RET-1") == "resolved"
    assert {row["key"]: row["is_stale"] for row in world.store.rows("item")} == {
        "CHK-1": True,
        "RET-1": False,
    }
    (stale,) = [one for one in world.store.findings() if one.rule == "source-stale"]
    assert stale.state == "open"
    world.shop.heal()
    assert world.sync().exit_code == 0
    assert world.state("due-passed", "CHK-1") == "resolved"


def test_a_failed_source_gets_no_new_findings_from_old_data() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-26")
    world.sync()
    world.shop.fail("page", Unavailable("shop", "503"), is_permanent=True)
    world.clock.advance(days=7)
    world.sync()
    assert [one.rule for one in world.store.findings()] == ["source-stale"]


def test_a_defect_in_one_connector_leaves_the_others_and_quotes_nothing() -> None:
    world = World()
    world.task("CHK-1")
    world.task("RET-1", on="boards")
    world.shop.fail("page", KeyError("token=s3cret"))
    result = world.sync()
    assert result.exit_code == 70
    assert result.sources["shop"].is_defect
    assert "s3cret" not in result.sources["shop"].error
    assert "KeyError at memory_tracker.py" in result.sources["shop"].error
    assert [row["key"] for row in world.store.rows("item")] == ["RET-1"]


def test_a_source_that_fails_while_writing_leaves_the_others_and_is_looked_up_next_time() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.task("RET-1", on="boards", due="2026-11-19")
    world.shop.fail("write", AuthError("shop", "401"))
    result = world.sync()
    assert result.exit_code == 4
    assert world.boards.our_comments("RET-1") != []
    assert world.sync().exit_code == 0
    assert len(world.shop.our_comments("CHK-1")) == 1


# 6. A source that suddenly shrinks stops.


@pytest.mark.parametrize("detects", ["census", "complete pages", "events"])
def test_a_source_that_suddenly_shrinks_stops_before_anything_is_called_deleted(detects: str) -> None:
    world = World()
    world.connectors["shop"]._detects = detects  # type: ignore[assignment]
    for number in range(1, 11):
        world.task(f"CHK-{number}", due="2026-11-19")
    world.sync()
    gone = [f"CHK-{number}" for number in range(1, 6)]
    world.shop.delete(*gone)
    if detects == "events":
        world.shop.journal.extend(one.native_id for one in world.shop.items.values() if one.is_deleted)
    world.clock.advance(days=1)
    result = world.sync()
    assert result.exit_code == 5
    assert result.sources["shop"].state == "stopped"
    assert "5 of 10 known items are no longer there, more than 20%" in result.sources["shop"].error
    assert len(list(world.store.rows("item"))) == 10
    assert world.state("due-passed", "CHK-1") == "open"
    # A person confirms it.
    world.accept_vanished = frozenset({"shop"})
    assert world.sync().exit_code == 0
    assert len(list(world.store.rows("item"))) == 5
    assert world.finding("due-passed", "CHK-1").resolved_because == "out of scope"


# 7. Unknown is not fine.


def test_an_unreadable_scope_is_said_and_nothing_is_concluded_about_its_items() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.task("PAY-1", due="2026-11-19")
    world.sync()
    world.shop.hide("PAY-1")
    world.shop.unreadable_scopes.add("PAY")
    world.clock.advance(days=1)
    result = world.sync()
    assert result.exit_code == 4
    assert result.sources["shop"].notes == ["PAY cannot be read, so nothing is concluded about its items"]
    assert world.state("due-passed", "PAY-1") == "open"


def test_a_wanted_value_that_is_unknown_is_never_written() -> None:
    world = World(fields={"forecast_finish": "Forecast finish", "slip_wd": "Slip"}, comments=False)
    world.shop.add("CHK-1", kind="epic")
    assert list(plan_of(world.sync()).writes) == []


def test_a_rule_that_cannot_run_is_reported_and_its_findings_stay() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19", owner_id=None)
    world.sync()
    world.shop.edit("CHK-1", by="ana", state="done")
    settings = world.settings()
    broken = settings.check.rules[0]

    class Refusing:
        def __getattr__(self, name: str) -> object:
            return getattr(world.store, name)

        def select(self, view: str, *, columns: dict[str, str], **options: object) -> object:
            from store import SelectTimeout

            if "days_late" in columns:
                raise SelectTimeout(view, "the query took longer than 60 s.")
            return world.store.select(view, columns=columns, **options)  # type: ignore[arg-type]

    from sync.pipeline import sync

    result = sync(Refusing(), list(world.connectors.values()), settings, clock=world.clock)  # type: ignore[arg-type]
    assert result.exit_code == 4
    assert result.checked is not None
    assert list(result.checked.broken) == [broken.id]
    assert world.state("due-passed", "CHK-1") == "open"
    assert world.state("owner-missing", "CHK-1") == "resolved"


# 9. No secret.


def test_a_plan_holds_no_more_than_people_may_see() -> None:
    world = World(armed=False)
    world.task("CHK-1", due="2026-11-19")
    made = plan_of(world.sync())
    from msgspec import json as fast

    keys = set(json.loads(fast.encode(made.writes[0])))
    assert keys == {
        "intent_id", "source", "item_id", "native_id", "key", "program", "project", "scope", "slot", "field",
        "base", "before", "wanted", "note", "remote_id", "rules", "reason", "overwrites",
    }  # fmt: skip
