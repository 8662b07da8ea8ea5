"""Small checks of the audit trail, of undo and of erasure, each of which fails when one guard is off."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from crossings import Crossings
from engine import Engine
from guard_checks import LATE, applied, in_memory, planned, refuses
from sides import TUESDAY, MemorySide

from connectors.memory_tracker import LostAnswer
from portfolio.audit import AuditEvent, Verification, chained, verify
from portfolio.errors import UsageError
from store import Store, open_store
from sync.audit import check_export, check_trail, kept_head, write_export
from sync.erase import erase, find_person
from sync.plan_file import Plan
from sync.undo import undo

_NAME, _ADDRESS = "Ana Berg", "ana@shop.example"


def written() -> Engine:
    """A store whose trail tells a plan, an arming, a comment and two fields."""
    _, engine = in_memory()
    engine.run()
    assert check_trail(engine.store, {}).problem is None
    return engine


def tampered(store: Store, *statements: str) -> None:
    """What somebody with a database tool can do."""
    with store._db.write() as connection:
        for name in ("rows", "values", "order"):
            connection.exec_driver_sql(f"DROP TRIGGER engine_audit_keeps_{name}")
        for one in statements:
            connection.exec_driver_sql(one)


_CUT_OFF = "DELETE FROM engine_audit WHERE seq = (SELECT max(seq) FROM engine_audit)"
_NO_HEADS = "UPDATE engine_run SET audit_head = ''"


def is_cut_off(result: Verification) -> bool:
    return (result.problem or "").startswith("the end is missing")


# The chain of hashes.


def an_entry_that_was_changed_is_found(folder: Path) -> None:
    del folder
    store = written().store
    tampered(store, "UPDATE engine_audit SET outcome = 'refused' WHERE seq = 3")
    assert check_trail(store, {}).broken_at == 3


def details_that_were_changed_are_found(folder: Path) -> None:
    del folder
    store = written().store
    tampered(store, "UPDATE engine_audit SET details = '{}' WHERE seq = 3")
    assert check_trail(store, {}).broken_at == 3


def details_that_were_removed_without_a_word_are_found(folder: Path) -> None:
    del folder
    store = written().store
    # The database lets this through: it is how a person is erased.
    with store._db.write() as connection:
        connection.exec_driver_sql("UPDATE engine_audit SET details = NULL, salt = NULL WHERE seq = 3")
    assert check_trail(store, {}).broken_at == 3


def an_entry_that_was_removed_is_found(folder: Path) -> None:
    del folder
    store = written().store
    tampered(store, "DELETE FROM engine_audit WHERE seq = 3")
    assert check_trail(store, {}).broken_at == 4


def an_entry_that_was_put_in_with_a_hash_that_fits_is_found(folder: Path) -> None:
    del folder
    entries = list(written().store.audit())
    entries[2] = chained(AuditEvent(at=TUESDAY, event="write", outcome="refused"), after=entries[1])
    assert verify(entries).broken_at == 4


def a_trail_in_another_order_is_found(folder: Path) -> None:
    path = folder / "trail.jsonl"
    write_export(written().store, path)
    one, two, three, four, *others = path.read_text().splitlines(keepends=True)
    path.write_text("".join([one, two, four, three, *others]))
    assert check_export(path, {}).broken_at == 4


def an_end_that_was_cut_off_is_found_by_whoever_kept_it(folder: Path) -> None:
    del folder
    store = written().store
    kept = kept_head(store)
    tampered(store, _CUT_OFF, _NO_HEADS)
    assert is_cut_off(check_trail(store, {kept: "your anchor"}))


def an_end_that_was_cut_off_is_found_by_the_run_that_saw_it(folder: Path) -> None:
    del folder
    store = written().store
    tampered(store, _CUT_OFF)
    assert is_cut_off(check_trail(store, {}))


def an_end_that_was_cut_off_is_found_by_a_plan(folder: Path) -> None:
    del folder
    engine = written()
    plan = planned(engine)
    tampered(engine.store, _CUT_OFF, _NO_HEADS)
    assert is_cut_off(check_trail(engine.store, {plan.audit_head: "the plan"} if plan.audit_head else {}))


def a_trail_that_was_written_anew_is_found(folder: Path) -> None:
    del folder
    store = written().store
    anew = [chained(AuditEvent(at=TUESDAY, event="write"), after=None)]
    (head, *_) = [one.head for one in store.audit()]
    assert verify(anew, anchors={head: "your anchor"}).broken_at == 1


def the_database_refuses_to_change_an_entry(folder: Path) -> None:
    del folder
    store = written().store

    def change() -> None:
        with store._db.write() as connection:
            connection.exec_driver_sql("UPDATE engine_audit SET outcome = 'refused' WHERE seq = 3")

    refuses(Exception, change)


def a_database_without_its_guard_is_said(folder: Path) -> None:
    del folder
    store = written().store
    tampered(store)
    assert "no longer guards it" in str(check_trail(store, {}).problem)


def no_outcome_is_booked_without_its_entry(folder: Path) -> None:
    del folder
    with Crossings().hooked() as crossings:
        _, calm = in_memory()
        crossings.begin()
        calm.run()
        commits = [number for number, name in enumerate(crossings.passed) if name == "after commit"]
        for die_at in commits:
            _, engine = in_memory()
            engine.run_killed(crossings, die_at)
            booked = [row for row in engine.store.rows("write") if row["state"] != "sending"]
            assert len(list(engine.store.audit(event="write"))) == len(booked)


# Undo.


def taken_back(engine: Engine, run_id: str) -> Plan:
    connector = engine.side.connector()
    plan = engine.settings().plan
    return undo(
        engine.store, {engine.side.name: connector}, plan, run_id, run_id="back", now=engine.side.now()
    )


def written_once() -> tuple[MemorySide, Engine, Plan]:
    """A run, and the plan that takes it back."""
    side, engine = in_memory()
    made = taken_back(engine, engine.run().run_id)
    assert len(made.writes) == 3
    return side, engine, made


def what_people_changed_since_a_run_is_not_taken_back(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    run_id = engine.run().run_id
    side.write_into(side.epic, 150)
    applied(engine, taken_back(engine, run_id))
    assert side.written(side.epic)["open_findings"] == 150


def a_comment_that_people_edited_since_a_run_is_not_deleted(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    run_id = engine.run().run_id
    (item,) = side.tasks()
    side.edit_ours(item, "Ana is on it.")
    applied(engine, taken_back(engine, run_id))
    assert side.ours(item) == ["Ana is on it."]


def a_comment_that_people_edit_after_the_plan_is_not_deleted(folder: Path) -> None:
    del folder
    side, engine, made = written_once()
    (item,) = side.tasks()
    side.edit_ours(item, "Ana is on it.")
    applied(engine, made)
    assert side.ours(item) == ["Ana is on it."]


def an_undo_that_is_used_up_takes_nothing_back_again(folder: Path) -> None:
    del folder
    side, engine, made = written_once()
    applied(engine, made)
    side.write_into(side.epic, 1)  # which is what the run had written there
    applied(engine, made)
    assert side.written(side.epic)["open_findings"] == 1


def an_undo_of_yesterday_is_refused(folder: Path) -> None:
    del folder
    side, engine, made = written_once()
    side.pass_time(hours=25)
    refuses(UsageError, lambda: applied(engine, made))


def a_source_is_held_after_an_undo(folder: Path) -> None:
    del folder
    side, engine, made = written_once()
    applied(engine, made)
    engine.run()
    assert [side.ours(item) for item in side.tasks()] == [[]]


def an_undo_takes_back_what_was_made_although_its_answer_was_lost(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    side.tracker.fail("write", LostAnswer(), after_effect=True)
    run_id = engine.run().run_id
    made = taken_back(engine, run_id)
    applied(engine, made)
    assert side.written(side.epic).get("open_findings") is None
    assert [side.ours(item) for item in side.tasks()] == [[]]


def nothing_but_an_undo_empties_a_place(folder: Path) -> None:
    del folder
    import msgspec

    side, engine, made = written_once()
    ordinary = msgspec.structs.replace(made, undoes="").sealed()
    refuses(UsageError, lambda: applied(engine, ordinary))
    assert side.written(side.epic)["open_findings"] == 1


# The erasure of a person.


def with_ana(folder: Path) -> Engine:
    """A store of a file in which Ana owns a late task, and stands in the audit trail."""
    side = MemorySide()
    side.add(LATE)
    engine = Engine(side, open_store(f"sqlite:///{folder / 'dovetail.db'}"))
    engine.run()
    engine.store.record_events([AuditEvent(at=TUESDAY, event="muting", details={"by": _NAME})])
    return engine


def erased(engine: Engine, *, dry_run: bool = False) -> None:
    person, *_ = find_person(engine.store, _ADDRESS, {})
    erase(engine.store, person, None, now=engine.side.now(), by="Pia", dry_run=dry_run)


def stands_in(store: Store) -> bool:
    told = [str(list(store.rows(view))) for view in ("person", "item", "change", "finding", "audit")]
    return any(_NAME in one or _ADDRESS in one for one in told)


def nobody_is_erased_before_it_is_agreed(folder: Path) -> None:
    engine = with_ana(folder)
    erased(engine, dry_run=True)
    assert stands_in(engine.store)
    engine.store.close()


def an_erased_person_does_not_come_back_with_a_pull(folder: Path) -> None:
    engine = with_ana(folder)
    erased(engine)
    assert not stands_in(engine.store)
    engine.store.forget_cursors(engine.side.name)
    engine.side.pass_time(days=2)  # so that the lists of people are read, too
    engine.side.edit(engine.side.tasks()[0], LATE - timedelta(days=1))
    engine.run(full=True)
    assert not stands_in(engine.store)
    engine.store.close()


def no_byte_of_an_erased_person_is_left_in_the_file(folder: Path) -> None:
    engine = with_ana(folder)
    erased(engine)
    files = [path.read_bytes() for path in folder.iterdir()]
    engine.store.close()
    assert not any(_NAME.encode() in one for one in files)


def an_erased_person_is_not_told_of_in_the_trail(folder: Path) -> None:
    engine = with_ana(folder)
    erased(engine)
    told = str(list(engine.store.audit()))
    engine.store.close()
    assert _NAME not in told


def the_trail_is_sound_after_an_erasure(folder: Path) -> None:
    engine = with_ana(folder)
    erased(engine)
    result = check_trail(engine.store, {})
    engine.store.close()
    assert (result.problem, result.erased) == (None, 1)
