"""`undo` puts back what stood before a run, leaves what changed since, and can itself be undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sync_world import World
from undo_world import FIELDS, an_epic, apply_plan, ordinary_plan, standing, undo_plan

from connectors.memory import LostAnswer
from portfolio.audit import verify
from portfolio.errors import UsageError
from portfolio.intents import Value
from store import open_store
from sync.plan_file import PlannedWrite


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "sqlite":
        yield World(fields=FIELDS)
        return
    import pg_server

    name = pg_server.new_database()
    with open_store(pg_server.url_of(name)) as store:
        yield World(store, fields=FIELDS)
    pg_server.drop_database(name)


def shown(writes: list[PlannedWrite]) -> list[tuple[str, str, Value, Value]]:
    return [(one.key, one.slot, one.before, one.wanted) for one in writes]


def test_after_an_undo_fields_and_comments_are_as_before_the_run(world: World, tmp_path: Path) -> None:
    an_epic(world)
    world.shop.comment("CHK-2", "I am on it.", by="ana")
    before = standing(world)
    run = world.sync()
    assert standing(world) != before
    made = undo_plan(world, run.run_id)
    assert made.undoes == run.run_id
    assert [(one.key, one.slot, one.wanted) for one in made.writes] == [
        ("CHK-1", "health", None), ("CHK-1", "open_findings", None), ("CHK-2", "comment", None),
    ]  # fmt: skip
    _, outcome = apply_plan(world, made, tmp_path)
    assert (outcome.states, outcome.is_complete) == ({"applied": 3}, True)
    assert standing(world) == before
    assert verify(world.store.audit()).problem is None


def test_a_later_run_is_undone_to_what_the_earlier_one_wrote(world: World) -> None:
    an_epic(world)
    world.sync()
    before = standing(world)
    (comment,) = world.shop.our_comments("CHK-2")
    number = comment.comment_id
    world.clock.advance(hours=1)
    world.shop.edit("CHK-2", state="done")
    later = world.sync()
    assert standing(world) != before
    _, outcome = apply_plan(world, undo_plan(world, later.run_id))
    assert outcome.is_complete
    assert standing(world) == before
    assert [one.comment_id for one in world.shop.our_comments("CHK-2")] == [number]


def test_an_undo_is_undone(world: World) -> None:
    an_epic(world)
    run = world.sync()
    after = standing(world)
    mails = list(world.shop.mails)
    undoing, _ = apply_plan(world, undo_plan(world, run.run_id))
    again = undo_plan(world, undoing)
    assert "CHK-2: the comment will be a new one, with another id and its own time." in again.notes
    apply_plan(world, again)
    assert standing(world) == after
    assert world.shop.mails == [*mails, ("CHK-2", "new comment")]


def test_an_undo_of_what_is_undone_has_nothing_to_write(world: World) -> None:
    an_epic(world)
    run = world.sync()
    apply_plan(world, undo_plan(world, run.run_id))
    made = undo_plan(world, run.run_id)
    assert (list(made.writes), list(made.conflicts), list(made.sources)) == ([], [], [])


def test_what_a_person_changed_since_stays_and_is_said(world: World) -> None:
    an_epic(world)
    run = world.sync()
    world.shop.set_field("CHK-1", "health", "green", by="ana")
    world.shop.edit_comment("CHK-2", "I know about it.")
    made = undo_plan(world, run.run_id)
    assert [(one.key, one.slot, one.reason) for one in made.conflicts] == [
        ("CHK-1", "health", "changed by a person since"),
        ("CHK-2", "comment", "the comment was edited by a person since"),
    ]
    apply_plan(world, made)
    assert world.shop.item("CHK-1").fields["health"] == "green"
    assert world.comment("CHK-2") == "I know about it."


def test_a_comment_that_a_person_deleted_is_not_made_again(world: World) -> None:
    an_epic(world)
    world.sync()
    world.clock.advance(hours=1)
    world.shop.edit("CHK-2", state="done")
    later = world.sync()
    world.shop.delete_comment("CHK-2")
    made = undo_plan(world, later.run_id)
    assert [(one.slot, one.reason) for one in made.conflicts] == [
        ("comment", "the comment was deleted by a person since")
    ]
    apply_plan(world, made)
    assert world.shop.our_comments("CHK-2") == []


def test_what_a_later_run_wrote_stays_and_is_said(world: World) -> None:
    an_epic(world)
    first = world.sync()
    world.clock.advance(hours=1)
    world.task("CHK-3", due="2026-11-19", parent="CHK-1")
    world.sync()
    made = undo_plan(world, first.run_id)
    assert [(one.slot, one.reason) for one in made.conflicts] == [
        ("open_findings", "Dovetail has written there since")
    ]
    apply_plan(world, made)
    assert world.shop.item("CHK-1").fields["open_findings"] == 2


def test_what_changes_between_the_plan_and_its_application_stays(world: World) -> None:
    an_epic(world)
    run = world.sync()
    made = undo_plan(world, run.run_id)
    world.shop.set_field("CHK-1", "health", "green", by="ana")
    _, outcome = apply_plan(world, made)
    assert [(one.key, one.slot) for one in outcome.conflicts] == [("CHK-1", "health")]
    assert world.shop.item("CHK-1").fields["health"] == "green"


def test_a_value_that_the_first_write_found_is_put_back(world: World) -> None:
    an_epic(world)
    world.shop.set_field("CHK-1", "health", "green", by="ana")
    run = world.sync()
    assert world.shop.item("CHK-1").fields["health"] == "amber"
    apply_plan(world, undo_plan(world, run.run_id))
    assert world.shop.item("CHK-1").fields["health"] == "green"


def test_after_an_undo_the_next_sync_writes_nothing_and_says_why_until_a_plan_is_applied(
    world: World,
) -> None:
    an_epic(world)
    run = world.sync()  # write.armed is true here: even that does not override what a person took back
    undoing, outcome = apply_plan(world, undo_plan(world, run.run_id))
    assert (outcome.held, outcome.armed) == (["shop"], [])
    writes = len(world.written())
    said: list[str] = []
    after = world.sync(tell=lambda progress: said.append(progress.note))
    assert after.exit_code == 0
    assert after.held == {"shop": f"run {run.run_id} was undone"}
    assert len(world.written()) == writes
    assert any("was undone, so nothing is written there until you say so" in note for note in said)
    assert after.plan is not None
    assert len(after.plan.writes) == 3
    _, released = apply_plan(world, ordinary_plan(world))
    assert released.armed == ["shop"]
    assert released.applied == 3
    assert world.sync().held == {}
    outcomes = [one.outcome for one in world.store.audit(event="arming", source="shop")]
    assert outcomes == ["armed", "held", "released"]
    del undoing


def test_a_write_whose_answer_was_lost_is_looked_up_and_taken_back(world: World) -> None:
    world.write = type(world.write)(comments=True, armed=True, comment_backlog=True)
    world.task("CHK-1", due="2026-11-19")
    before = standing(world)
    world.shop.fail("write", LostAnswer(), after_effect=True)
    run = world.sync()
    assert run.exit_code == 4
    made = undo_plan(world, run.run_id)
    assert [(one.key, one.slot) for one in made.writes] == [("CHK-1", "comment")]
    apply_plan(world, made)
    assert standing(world) == before


def test_an_undo_whose_answer_was_lost_is_found_out_and_not_repeated(world: World) -> None:
    an_epic(world)
    before = standing(world)
    run = world.sync()
    made = undo_plan(world, run.run_id)
    world.shop.fail("write", LostAnswer(), nth=3, after_effect=True)
    _, outcome = apply_plan(world, made)
    assert [one.slot for one in outcome.unknown] == ["comment"]
    writes = len(world.written())
    world.sync()
    assert standing(world) == before
    assert len(world.written()) == writes
    assert world.store.unsettled_writes("shop") == []
    assert world.store.failed_writes() == []


def test_items_that_are_gone_or_closed_to_us_are_skipped_with_the_reason(world: World) -> None:
    an_epic(world)
    run = world.sync()
    world.shop.make_unwritable("CHK-1", "health", "Portfolio health is not on the edit screen.")
    world.shop.delete("CHK-2")
    made = undo_plan(world, run.run_id)
    assert [(one.key, one.slot, one.reason) for one in made.skipped] == [
        ("CHK-1", "health", "Portfolio health is not on the edit screen."),
        ("CHK-2", "comment", "not found"),
    ]
    assert shown(list(made.writes)) == [("CHK-1", "open_findings", 1, None)]


def test_a_comment_whose_earlier_text_was_erased_stays_as_it_is(world: World) -> None:
    an_epic(world)
    world.sync()
    world.clock.advance(hours=1)
    world.shop.edit("CHK-2", state="done")
    later = world.sync()
    text = world.comment("CHK-2")
    with world.store._db.write() as connection:
        connection.exec_driver_sql("DELETE FROM engine_note")
    made = undo_plan(world, later.run_id)
    assert [(one.slot, one.reason) for one in made.skipped] == [
        ("comment", "the text that stood there before is not kept in this database")
    ]
    apply_plan(world, made)
    assert world.comment("CHK-2") == text


def test_what_the_configuration_no_longer_names_is_not_touched(world: World) -> None:
    an_epic(world)
    run = world.sync()
    world.write = type(world.write)(comments=True, armed=True, fields={"health": "Another field"})
    made = undo_plan(world, run.run_id)
    assert [(one.slot, one.reason) for one in made.skipped] == [
        ("health", "the configuration no longer lets Dovetail write there"),
        ("open_findings", "the configuration no longer lets Dovetail write there"),
    ]


def test_a_source_that_cannot_be_looked_at_is_said_and_the_other_is_taken_back(world: World) -> None:
    world.task("CHK-1", due="2026-11-19")
    world.task("RET-1", on="boards", due="2026-11-19")
    run = world.sync()
    world.boards.fail("look", LostAnswer(), is_permanent=True)
    made = undo_plan(world, run.run_id)
    assert list(made.failed) == ["boards"]
    assert [one.source for one in made.writes] == ["shop"]
    assert list(made.sources) == ["shop"]


def test_only_the_sources_that_are_named_are_taken_back(world: World) -> None:
    world.task("CHK-1", due="2026-11-19")
    world.task("RET-1", on="boards", due="2026-11-19")
    run = world.sync()
    from sync.undo import undo

    plan = world.settings().plan
    made = undo(
        world.store, world.connectors, plan, run.run_id, run_id="u", now=world.clock(), sources=["boards"]
    )
    assert [one.source for one in made.writes] == ["boards"]


def test_a_plan_that_undoes_nothing_can_empty_no_place(world: World) -> None:
    an_epic(world)
    run = world.sync()
    import msgspec

    made = msgspec.structs.replace(undo_plan(world, run.run_id), undoes="").sealed()
    with pytest.raises(UsageError, match="would empty Portfolio health of CHK-1, which only an undo may do"):
        apply_plan(world, made)
    assert world.shop.item("CHK-1").fields["health"] == "amber"


def test_an_unknown_value_never_clears_a_field(world: World) -> None:
    an_epic(world)
    world.write = type(world.write)(armed=True, fields={"forecast_finish": "Forecast finish", **FIELDS})
    world.shop.set_field("CHK-1", "forecast_finish", "2027-01-15", by="ana")
    run = world.sync()
    assert run.plan is not None
    assert all(one.wanted is not None for one in run.plan.writes)
    assert world.shop.item("CHK-1").fields["forecast_finish"] == "2027-01-15"


def test_a_persons_text_that_was_overwritten_cannot_be_brought_back_and_that_is_said(world: World) -> None:
    world.write = type(world.write)(
        comments=True, armed=True, comment_backlog=True, conflicts={"comment": "ours"}
    )
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    world.shop.edit_comment("CHK-1", "I know about it.")
    world.clock.advance(hours=1)
    world.shop.edit("CHK-1", state="done")
    later = world.sync()
    text = world.comment("CHK-1")
    assert text != "I know about it."
    made = undo_plan(world, later.run_id)
    assert [(one.slot, one.reason) for one in made.skipped] == [
        ("comment", "the text that a person had made of the comment was overwritten and is not kept")
    ]
    apply_plan(world, made)
    assert world.comment("CHK-1") == text
