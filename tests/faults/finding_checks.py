"""Small checks of the life of a finding: who may mute it, what a check looks at, whose date stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import msgspec
from engine import Engine
from guard_checks import LATE, LATER, in_memory, refuses
from sides import TUESDAY

from commands.findings_mute import _check_approver
from connectors.memory import MemoryConnector
from portfolio.errors import UsageError
from portfolio.findings import Finding
from portfolio.intents import Slots
from portfolio.records import ItemId
from portfolio.remarks import Remark
from rules.loading import parse_rules
from store import Store
from store.results import SlotBase
from sync.mutes import MuteOutcome, MuteSettings, listen
from sync.pipeline import sync
from sync.reconcile_fix import _Correction, _FixDraft
from sync.wanted import Wanted

_MUTE = "dovetail: mute due-passed because the supplier is late"


class Talk(MemoryConnector):
    """The tracker in memory, in which somebody has commented."""

    said: tuple[Remark, ...] = ()

    def remarks(self, items: Sequence[ItemId]) -> Iterator[Remark]:
        """What was said on these items."""
        yield from (one for one in self.said if one.item_id in items)


class Meeting:
    """One late item with our comment, and people who comment on it."""

    def __init__(self, **changes: Any) -> None:
        self.side, self.engine = in_memory()
        self.engine.run()
        if changes:
            changed = msgspec.structs.replace(self.finding, **changes)
            self.engine.store.save_findings([changed], "by hand")

    @property
    def finding(self) -> Finding:
        (found,) = [one for one in self.engine.store.findings() if one.rule == "due-passed"]
        return found

    def hear(self, text: str = _MUTE, *, kind: str = "person", age_days: float = 0, **settings: Any) -> Any:
        """What is listened to where somebody said this so many days ago."""
        now = self.side.now()
        connector = Talk(self.side.tracker, self.side.name)
        item = self.finding.item_id
        assert item is not None
        told = {"item_id": item, "remark_id": "1", "account_id": "ana", "name": "Ana Berg", "kind": kind}
        connector.said = (Remark(at=TUESDAY - timedelta(days=age_days), text=text, **told),)
        return heard(self.engine.store, connector, now, MuteSettings(comments=True, **settings))


def heard(store: Store, connector: Talk, now: datetime, settings: MuteSettings) -> MuteOutcome:
    return listen(store, {connector.source: connector}, settings, run_id="r", today=now.date(), now=now)


def an_app_mutes_nothing(folder: Path) -> None:
    del folder
    meeting = Meeting()
    assert meeting.hear(kind="service").muted == []
    assert meeting.finding.state == "open"


def a_customer_who_is_known_as_a_person_mutes_nothing(folder: Path) -> None:
    del folder
    # Of the account itself the store knows that it is a person's.
    assert Meeting().hear(kind="unknown").muted == []


def what_is_critical_is_muted_by_who_may_approve_it_only(folder: Path) -> None:
    del folder
    for text in (_MUTE, "dovetail: snooze due-passed until 2026-12-20"):
        meeting = Meeting(severity="critical")
        assert meeting.hear(text).muted == []
    assert Meeting(severity="critical").hear(approvers=frozenset({"memory:ana"})).muted


def a_mute_ends_when_it_should_however_late_it_is_heard(folder: Path) -> None:
    del folder
    meeting = Meeting()
    assert meeting.hear(age_days=80).muted
    assert meeting.finding.muted_until == datetime(2026, 12, 4, tzinfo=TUESDAY.tzinfo)
    assert Meeting().hear(age_days=90).muted == []


def a_comment_is_heard_once(folder: Path) -> None:
    del folder
    meeting = Meeting()
    assert meeting.hear().muted
    for days in (1, 500, 1):
        woken = msgspec.structs.replace(meeting.finding, state="open", muted_by=None, muted_until=None)
        meeting.engine.store.save_findings([woken], "by hand")
        meeting.side.pass_time(days=days)
        meeting.side.edit(str(meeting.finding.item_id).partition("/")[2], LATE - timedelta(days=days))
        meeting.engine.run()
        again = meeting.hear()
        assert (again.muted, again.refused) == ([], [])


def nobody_approves_a_waiver_of_their_own(folder: Path) -> None:
    del folder
    critical = SimpleNamespace(severity="critical", finding_id="f1")
    config: Any = SimpleNamespace(mutes=MuteSettings())
    refuses(UsageError, lambda: _check_approver(config, critical, "ana", "Ana"))  # type: ignore[arg-type]


def a_waiver_ends_where_it_would_cover_something_critical(folder: Path) -> None:
    del folder
    meeting = Meeting(state="suppressed", muted_by="ana")
    raised = [msgspec.structs.replace(one, severity="critical") for one in _rules(meeting.engine)]
    _run(meeting.engine, raised)
    assert meeting.finding.state == "open"


def what_rests_on_a_source_that_failed_stays_as_it_is(folder: Path) -> None:
    del folder
    side, engine = in_memory()
    engine.run()
    (found,) = engine.store.findings()
    side.finish(str(found.item_id).partition("/")[2])
    connector = side.connector()
    # It fails after the page that says that the item is done.
    side.tracker.fail("page", TimeoutError("it does not answer"), nth=2)
    with suppress(TimeoutError):
        sync(engine.store, [connector], engine.settings(), clock=side.now)
    engine.store.mark_source(side.name, error="it does not answer")
    _check(engine)
    (found,) = engine.store.findings()
    assert found.state == "open"


_TITLED = """
- id: titled
  title: The title has a mark
  why: A column that nothing derives from.
  over: item
  flag: contains(title, '(!)')
  severity: low
  fingerprint: [item_id]
  evidence: [title]
  message: "{key}"
  action: Look.
"""


def what_changed_is_looked_at_by_the_next_check(folder: Path) -> None:
    del folder
    side, engine = in_memory(False, False)
    titled = list(parse_rules(_TITLED, file="faults.yaml", group="test").rules)
    for _ in range(3):
        _run(engine, titled)
    side.tracker.edit("CHK-2", title="Pay (!)")
    _run(engine, titled)
    assert [one.key for one in engine.store.findings()] == ["CHK-2"]


def a_check_that_dies_forgets_nothing_that_it_had_to_look_at(folder: Path) -> None:
    del folder
    side, engine = in_memory(False, False)
    titled = list(parse_rules(_TITLED, file="faults.yaml", group="test").rules)
    for _ in range(3):
        _run(engine, titled)
    side.tracker.edit("CHK-2", title="Pay (!)")
    with (
        mock.patch.object(Store, "save_findings", side_effect=KeyboardInterrupt),
        suppress(KeyboardInterrupt),
    ):
        _run(engine, titled)
    _run(engine, titled)
    assert [one.key for one in engine.store.findings()] == ["CHK-2"]


def a_date_that_a_person_set_after_the_master_is_left(folder: Path) -> None:
    del folder
    later = TUESDAY + timedelta(days=1)
    told = _Correction({"item_id": "b/1", "due": LATER}, {"due": LATE}, "due", "why", True, later)
    draft: Any = SimpleNamespace(corrections={("b/1", "due"): told})
    wanted = Wanted(item_id="b/1", slot="due", value=LATE.isoformat())
    slots = Slots(item_id="b/1", fields={"due": LATER.isoformat()})
    # Be it that we wrote the same date there once.
    for base in (None, SlotBase(value=LATER.isoformat(), at=TUESDAY)):
        decision = _FixDraft.decided(draft, wanted, base, slots, policy="report", kept=None, echoes=())
        assert decision.verdict == "conflict"


def _rules(engine: Engine) -> list[Any]:
    return list(engine.settings().check.rules)


def _run(engine: Engine, rules: Sequence[Any]) -> None:
    settings = engine.settings()
    changed = replace(settings, check=replace(settings.check, rules=rules))
    sync(engine.store, [engine.side.connector()], changed, clock=engine.side.now)


def _check(engine: Engine) -> None:
    from sync.pipeline import judge
    from sync.runs import running

    with running(engine.store, "check", clock=engine.side.now) as run:
        judge(engine.store, engine.settings(), run, today=run.now.date())
