"""Places that could not be written: booked with each outcome, decided about by people."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from store_samples import NOW
from test_store_audit import write

from portfolio.audit import AuditEvent
from store import FailedWrite, Store

DAY = timedelta(days=1)


def settled(store: Store, name: str, state: str, *, days: int, reason: str = "", run: str = "r1") -> None:
    store.record_writes(run, [write(name)], NOW + days * DAY)
    store.settle_write(name, state=state, reason=reason, now=NOW + days * DAY)


def test_a_refusal_is_kept_and_counted_until_the_place_is_written(store: Store) -> None:
    settled(store, "w1", "refused", days=0, reason="no permission")
    settled(store, "w2", "unknown", days=1, reason="the answer was lost", run="r2")
    (one,) = store.failed_writes("shop")
    assert one == FailedWrite(
        item_id="shop/1", slot="slip_wd", intent_id="i-w2", source="shop", key="CHK-1", field="Slip", after=5,
        state="unknown", reason="the answer was lost", failures=2, first_at=NOW, last_at=NOW + DAY,
        run_id="r2",
    )  # fmt: skip
    assert store.failed_writes("boards") == []
    row = next(store.rows("failed_write"))
    assert (row["state"], row["after"], row["failures"]) == ("unknown", "5", 2)
    settled(store, "w3", "applied", days=2)
    assert store.failed_writes() == []


@pytest.mark.parametrize(
    ("state", "left"), [("unchanged", 0), ("gone", 0), ("conflict", 0), ("not sent", 1), ("unknown", 1)]
)
def test_only_an_end_takes_it_off_the_list(store: Store, state: str, left: int) -> None:
    settled(store, "w1", "refused", days=0, reason="no")
    settled(store, "w2", state, days=1)
    assert len(store.failed_writes()) == left


def test_a_decision_to_ignore_survives_a_write_that_was_under_way(store: Store) -> None:
    settled(store, "w1", "refused", days=0, reason="no")
    (one,) = store.failed_writes()
    ignored = msgspec.structs.replace(one, state="ignored", until=NOW + 5 * DAY, by="Pia", why="goes away")
    event = AuditEvent(at=NOW, event="failed write", outcome="ignored")
    store.decide_failed_writes([ignored], [event])
    settled(store, "w2", "refused", days=1, reason="no")
    (kept,) = store.failed_writes()
    assert (kept.state, kept.by, kept.why, kept.failures) == ("ignored", "Pia", "goes away", 2)
    settled(store, "w3", "refused", days=6, reason="no")
    (over,) = store.failed_writes()
    assert (over.state, over.by, over.until, over.failures) == ("refused", None, None, 3)
    assert [entry.event for entry in store.audit()].count("failed write") == 1
    store.forget_failed_writes([over])
    assert store.failed_writes() == []
