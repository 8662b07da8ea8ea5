"""A trail into which somebody put what no Dovetail writes: the check names the entry, and goes on."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from portfolio.audit import AuditEntry, AuditEvent, Verification, chained, hash_of, verify
from portfolio.errors import TrailDamaged, UsageError
from store import open_store
from sync.audit import check_trail
from sync.plan_file import Plan, read_plan, write_plan

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVENTS = [
    AuditEvent(at=NOON, event="write", run_id="r-1", rules=["late"], details={"after": number})
    for number in range(3)
]


def spoilt(folder: Path, change: str) -> Path:
    """A store with three entries, changed by its owner, who puts the guards back afterwards."""
    path = folder / "spoilt.db"
    with open_store(f"sqlite:///{path}") as store:
        store.record_events(EVENTS)
    connection = sqlite3.connect(path)
    guards = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'engine_audit'"
    ).fetchall()
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(change)
    for _, sql in guards:
        connection.execute(sql)
    connection.commit()
    connection.close()
    return path


def checked(path: Path) -> Verification:
    with open_store(f"sqlite:///{path}") as store:
        return check_trail(store, {})


@pytest.mark.parametrize(
    "change",
    [
        "at = 'yesterday'",
        "at = '9999-99-99T00:00:00.000Z'",
        "at = '0001-01-01T00:00:00.000+23:00'",
        "details = '{bad'",
        "details = '[1]'",
        "rules = '5'",
        "rules = '{bad'",
        "event = x'ff00'",
        "hash = x'ff00'",
    ],
)
def test_a_value_that_nobody_can_read_is_a_broken_link_at_its_entry(tmp_path: Path, change: str) -> None:
    result = checked(spoilt(tmp_path, f"UPDATE engine_audit SET {change} WHERE seq = 2"))
    assert (result.entries, result.broken_at) == (1, 2)
    assert result.problem is not None


def test_an_entry_that_was_put_in_before_the_first_is_found(tmp_path: Path) -> None:
    names = ", ".join(name for name in AuditEntry.__struct_fields__ if name != "seq")
    change = f"INSERT INTO engine_audit (seq, {names}) SELECT -5, {names} FROM engine_audit WHERE seq = 1"
    result = checked(spoilt(tmp_path, change))
    assert (result.entries, result.broken_at) == (0, -5)


def test_nothing_is_added_behind_an_entry_that_cannot_be_read(tmp_path: Path) -> None:
    path = spoilt(tmp_path, "UPDATE engine_audit SET at = 'yesterday' WHERE seq = 3")
    with open_store(f"sqlite:///{path}") as store, pytest.raises(TrailDamaged) as caught:
        store.record_events(EVENTS)
    assert caught.value.exit_code == 7
    assert caught.value.message == "Entry 3 of the audit trail cannot be read: it was changed."


def crafted(**values: object) -> list[AuditEntry]:
    """A trail of two whose second entry was made by hand, with a hash that fits."""
    first = chained(EVENTS[0], after=None)
    second = msgspec.structs.replace(chained(EVENTS[1], after=first), **values)
    return [first, msgspec.structs.replace(second, hash=hash_of(second))]


@pytest.mark.parametrize("outcome", ["all of them", "9" * 5000, "-1", ""])
def test_an_erasure_that_names_no_entry_erases_nothing(outcome: str) -> None:
    result = verify(crafted(event="erase", outcome=outcome))
    assert (result.entries, result.erased, result.problem) == (2, 0, None)


def test_an_instant_that_no_calendar_has_is_a_broken_link() -> None:
    entries = crafted()
    impossible = datetime.fromisoformat("0001-01-01T00:00:00+23:00")
    entries[1] = msgspec.structs.replace(entries[1], at=impossible)
    assert verify(entries).broken_at == 2


def test_a_plan_whose_times_have_no_zone_is_refused(tmp_path: Path) -> None:
    bare = NOON.replace(tzinfo=None)
    write_plan(Plan(run_id="r-1", created_at=bare, expires_at=bare + timedelta(days=1)), tmp_path / "p.json")
    with pytest.raises(UsageError, match="times without a zone"):
        read_plan(tmp_path / "p.json")
