"""Small checks, each of which fails when one guard is off. They run in process and say nothing otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import requests
from crossings import Crossings
from engine import Engine
from sides import FIELDS, TUESDAY, BoardsSide, JiraSide, MemorySide, PlansSide, wire_fault

from connectors.azure_devops.push_fields import FieldWriter
from connectors.http import Http
from connectors.memory import MemoryConnector
from connectors.memory_tracker import LostAnswer
from connectors.ms_project import replacement
from portfolio.errors import BadAnswer, DovetailError, LockHeld, SafetyStop, UsageError
from store import open_store
from sync.apply import apply
from sync.limits import Limits
from sync.pipeline import sync
from sync.plan_file import Plan
from sync.wanted import WriteSettings

TODAY = TUESDAY.date()
LATE, LATER = TODAY - timedelta(days=3), TODAY + timedelta(days=20)


def refuses(error: type[BaseException], action: Callable[[], object]) -> None:
    """The action must be refused with this error."""
    try:
        action()
    except error:
        return
    except DovetailError as other:
        raise AssertionError(f"{other} is not {error.__name__}") from other
    raise AssertionError(f"nothing said {error.__name__}")


def in_memory(*late: bool) -> tuple[MemorySide, Engine]:
    side = MemorySide()
    for one in late or (True,):
        side.add(LATE if one else LATER)
    return side, Engine(side)


def planned(engine: Engine, *, armed: bool = False) -> Plan:
    """A plan that nobody has applied."""
    settings = engine.settings()
    writes = {name: replace(one, armed=armed) for name, one in settings.plan.writes.items()}
    changed = replace(settings, plan=replace(settings.plan, writes=writes))
    result = sync(engine.store, [engine.side.connector()], changed, clock=engine.side.now)
    assert result.plan is not None
    return result.plan


def applied(engine: Engine, plan: Plan, **options: Any) -> Any:
    connector = engine.side.connector()
    return apply(
        engine.store, {engine.side.name: connector}, plan, run_id="by hand", clock=engine.side.now, **options
    )


# Reading.


def a_pull_killed_at_every_commit_loses_nothing(folder: Path) -> None:
    del folder
    with Crossings().hooked() as crossings:
        _, calm = in_memory(True, False, False, False, True)
        crossings.begin()
        calm.run()
        for die_at in _commits(crossings)[:10]:
            side, engine = in_memory(True, False, False, False, True)
            engine.run_killed(crossings, die_at)
            engine.run()
            assert engine.stored() == side.truth()


def a_deletion_that_was_announced_survives_a_kill(folder: Path) -> None:
    del folder

    def begin() -> tuple[MemorySide, Engine]:
        side = AnnouncingSide()
        items = [side.add(LATER) for _ in range(4)]
        engine = Engine(side)
        engine.run()
        side.delete(items[0])
        side.tracker.journal.append(items[0])
        return side, engine

    with Crossings().hooked() as crossings:
        _, calm = begin()
        crossings.begin()
        calm.run()
        for die_at in _commits(crossings)[:8]:
            side, engine = begin()
            engine.run_killed(crossings, die_at)
            engine.run()
            assert engine.stored() == side.truth()


class AnnouncingSide(MemorySide):
    """A tracker whose changes tell of deletions, once."""

    def connector(self) -> MemoryConnector:
        return MemoryConnector(self.tracker, self.name, page_size=3, detects_deletes="events")


def _commits(crossings: Crossings) -> list[int]:
    return [number for number, name in enumerate(crossings.passed) if name == "after commit"]


def a_source_that_shrinks_stops(folder: Path) -> None:
    del folder
    side, engine = in_memory(*[False] * 12)
    engine.limits, engine.accept_vanished = Limits(), False
    engine.run()
    for item in side.tasks()[:8]:
        side.delete(item)
    side.pass_time(days=2)
    assert engine.run().exit_code == 5
    assert len(engine.stored()) == 13


def what_cannot_be_seen_is_not_called_deleted(folder: Path) -> None:
    del folder
    side, engine = in_memory(False, False)
    engine.run()
    side.tracker.unreadable_scopes.add("CHK")
    side.pass_time(days=2)
    engine.run()
    assert len(engine.stored()) == 3


def a_page_without_its_rows_is_never_complete(folder: Path) -> None:
    del folder
    side = JiraSide()
    try:
        side.add(LATE)
        engine = Engine(side)
        assert engine.run().exit_code == 0
        side.edit(side.tasks()[0], LATER)
        side.server.faults.add(wire_fault("no member", path="*/search/jql", times=None))
        result = engine.run()
        assert result.exit_code == 4
        assert "lacks what its API promises" in result.sources["jira"].error
        side.heal()
        assert engine.run().exit_code == 0
        assert engine.stored() == side.truth()
    finally:
        side.close()


def a_sign_in_page_is_called_one(folder: Path) -> None:
    del folder
    side = JiraSide()
    try:
        side.add(LATE)
        engine = Engine(side)
        engine.run()
        side.pass_time(hours=2)
        side.server.configure(sign_in_page=203)
        before = len(side.site.requests)
        result = engine.run()
        assert "the credential is not accepted" in result.sources["jira"].error
        assert len(side.site.requests) - before <= 2
    finally:
        side.close()


def a_rate_limit_is_waited_out(folder: Path) -> None:
    del folder
    side = JiraSide()
    try:
        side.add(LATE)
        side.server.faults.add(wire_fault("too many", path="*/search/jql", retry_after="17"))
        assert Engine(side).run().exit_code == 0
        assert side.slept >= 17
    finally:
        side.close()


def a_second_run_at_once_is_refused(folder: Path) -> None:
    url = f"sqlite:///{folder / 'dovetail.db'}"
    side, engine = in_memory()
    engine.store = open_store(url)
    with open_store(url) as other, other.lock():
        refuses(LockHeld, engine.run)
    engine.store.close()
    del side


# The plan.


def a_plan_that_was_altered_is_refused(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    plan = planned(engine)
    (first, *rest) = plan.writes
    altered = msgspec.structs.replace(
        plan, writes=[msgspec.structs.replace(first, item_id="memory/x"), *rest]
    )
    refuses(UsageError, lambda: applied(engine, altered))
    del side


def a_plan_of_yesterday_is_refused(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    plan = planned(engine)
    side.pass_time(hours=25)
    refuses(UsageError, lambda: applied(engine, plan))


def a_plan_of_a_day_to_come_is_refused(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    side.pass_time(days=3)
    plan = planned(engine)
    side.pass_time(days=-3)
    refuses(UsageError, lambda: applied(engine, plan))


def a_plan_for_another_address_is_refused(folder: Path) -> None:
    del folder
    _, engine = in_memory()
    plan = planned(engine)
    allowed = {"memory": WriteSettings(comments=True, fields=FIELDS, place="elsewhere")}
    refuses(UsageError, lambda: applied(engine, plan, allowed=allowed))


def a_field_that_is_no_longer_ours_is_refused(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    plan = planned(engine)
    allowed = {"memory": WriteSettings(comments=True)}
    refuses(UsageError, lambda: applied(engine, plan, allowed=allowed))
    assert side.written(side.epic) == {}


def a_mass_write_stops_before_its_first_request(folder: Path) -> None:
    del folder
    side, engine = in_memory(True, True, True)
    plan = planned(engine)
    refuses(SafetyStop, lambda: applied(engine, plan, limits=Limits(max_writes=2)))
    assert side.tracker.writes == []


def a_source_that_is_not_armed_is_not_written_to(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    planned(engine, armed=False)
    assert side.tracker.writes == []


def a_plan_that_is_used_up_writes_nothing_again(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    plan = planned(engine)
    applied(engine, plan)
    (item,) = side.tasks()
    side.delete_ours(item)
    applied(engine, plan)
    assert side.ours(item) == []


# Writing.


def every_write_is_recorded_before_it_is_sent(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    seen: list[set[str]] = []
    original = side.tracker.request

    def request(operation: str, effect: Any = None) -> None:
        if operation == "write":
            seen.append({str(row["state"]) for row in engine.store.rows("write")})
        original(operation, effect)

    # The store protests by itself where there is no record; what was sent by then is what counts here.
    with mock.patch.object(side.tracker, "request", request), suppress(KeyError):
        engine.run()
    assert seen
    assert all("sending" in states for states in seen)


def a_lost_answer_is_looked_up(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    side.tracker.fail("write", LostAnswer(), after_effect=True)
    engine.run()
    engine.run()
    assert not engine.unsettled()


def a_place_that_never_answers_is_not_written_to_in_every_run(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    engine.run()
    side.add(LATE)
    side.tracker.fail("write", LostAnswer(), is_permanent=True)
    for _ in range(3):
        engine.run()
    before = side.tracker.requests.count("write")
    engine.run()
    assert side.tracker.requests.count("write") == before


def a_comment_is_found_by_its_marker(folder: Path) -> None:
    del folder
    side = JiraSide()
    try:
        item = side.add(LATE)
        engine = Engine(side)
        engine.run()
        engine.store = open_store("sqlite://")
        engine.run()
        assert len(side.ours(item)) == 1
    finally:
        side.close()


def a_copied_marker_is_not_ours(folder: Path) -> None:
    del folder
    side = JiraSide()
    try:
        item = side.add(LATE)
        engine = Engine(side)
        engine.run()
        # Ana copies our comment with its property, and ours goes.
        (ours,) = side._our_comments(item)
        copied = side.site.add_comment(item, ours.body, by="ana")
        comment = side.site.find_comment(copied)[1]
        comment.properties = dict(ours.properties)
        side.site.issues[int(item)].comments.remove(ours)
        comment_of = side.connector().look([f"jira/{item}"])
        (slots,) = comment_of
        assert slots.comment is None
    finally:
        side.close()


def a_comment_is_posted_once_whatever_becomes_of_its_answer(folder: Path) -> None:
    del folder
    side = JiraSide()
    try:
        item = side.add(LATE)
        side.server.faults.add(wire_fault("lost after", method="POST", path="*/comment"))
        engine = Engine(side)
        engine.run()
        engine.run()
        assert len(side.ours(item)) == 1
    finally:
        side.close()


def a_value_that_changed_since_the_plan_is_left(folder: Path) -> None:
    del folder
    side = JiraSide()
    try:
        side.add(LATE)
        engine = Engine(side)
        plan = planned(engine)
        side.write_into(side.epic, 150)
        applied(engine, plan)
        assert side.written(side.epic)["open_findings"] == 150
    finally:
        side.close()


def a_change_between_look_and_write_is_left(folder: Path) -> None:
    del folder
    side = BoardsSide()
    try:
        side.add(LATE)
        engine = Engine(side)
        plan = planned(engine)
        original = FieldWriter._outcomes

        def outcomes(writer: Any, planned: Any, *, dry: bool) -> Any:
            if side.written(side.epic).get("open_findings") is None:
                side.write_into(side.epic, 150)
            return original(writer, planned, dry=dry)

        with mock.patch.object(FieldWriter, "_outcomes", outcomes):
            applied(engine, plan)
        assert side.written(side.epic)["open_findings"] == 150
    finally:
        side.close()


def an_answer_that_changed_nothing_is_no_success(folder: Path) -> None:
    del folder
    side = JiraSide(is_admin=False, without_admin="ignored")
    try:
        side.add(LATE)
        engine = Engine(side)
        result = engine.run()
        assert result.applied is not None
        assert {one.slot for one in result.applied.refused} >= {"open_findings"}
    finally:
        side.close()


def a_field_that_a_person_changed_is_left(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    engine.run()
    side.write_into(side.epic, 150)
    side.add(LATE)
    engine.run()
    assert side.written(side.epic)["open_findings"] == 150


def a_comment_that_a_person_edited_is_left(folder: Path) -> None:
    del folder
    side = JiraSide()
    try:
        item = side.add(LATE)
        engine = Engine(side)
        engine.run()
        side.edit_ours(item, "Ana is on it.")
        side.edit(item, LATER)
        engine.run()
        assert side.ours(item) == ["Ana is on it."]
    finally:
        side.close()


def a_comment_that_a_person_deleted_stays_deleted(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    engine.run()
    (item,) = side.tasks()
    side.delete_ours(item)
    side.edit(item, LATE - timedelta(days=9))
    engine.run()
    assert side.ours(item) == []


def a_plan_that_was_saved_meanwhile_is_left(folder: Path) -> None:
    side = PlansSide(folder / "plans")
    side.add(LATE)
    engine = Engine(side)
    original = replacement._write

    def save_too(path: Path, content: bytes, *, like: Path | None) -> None:
        original(path, content, like=like)
        if path.name.endswith(".dovetail.tmp"):
            side.edit(side.tasks()[0], LATER)

    with mock.patch.object(replacement, "_write", save_too):
        engine.run()
    assert side.truth()[side.tasks()[0]].due == LATER


def a_plan_is_kept_before_it_is_replaced(folder: Path) -> None:
    side = PlansSide(folder / "plans")
    side.add(LATE)
    before = side.path.read_bytes()
    Engine(side).run()
    copies = [one.read_bytes() for one in (side.folder / replacement.BACKUP_FOLDER).glob("*.bak")]
    assert before in copies


def a_plan_that_is_open_in_project_is_left(folder: Path) -> None:
    side = PlansSide(folder / "plans")
    side.add(LATE)
    side.strike("open in Project", 1, on_writes=True)
    before = side.path.read_bytes()
    Engine(side).run()
    assert side.path.read_bytes() == before


# Credentials.


def a_credential_goes_to_its_own_origin_only(folder: Path) -> None:
    del folder
    session = requests.Session()
    http = Http("shop", session, base_url="http://127.0.0.1:9", clock=lambda: TUESDAY, sleep=lambda _: None)
    refuses(BadAnswer, lambda: http.send("GET", "@127.0.0.2:9/rest"))


def a_redirect_is_not_followed(folder: Path) -> None:
    del folder
    side, elsewhere = JiraSide(), JiraSide()
    try:
        side.add(LATE)
        fault = wire_fault("elsewhere", location=f"{elsewhere.server.url}/rest/api/3/myself", times=None)
        side.server.faults.add(fault)
        Engine(side).run()
        assert elsewhere.site.requests == []
    finally:
        side.close()
        elsewhere.close()


def a_secret_is_not_shown(folder: Path) -> None:
    del folder
    from commands.text import redact

    with mock.patch.dict(os.environ, {"SHOP_TOKEN": "canary-7d1f"}):
        assert "canary-7d1f" not in redact("refused: canary-7d1f")
