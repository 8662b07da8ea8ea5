"""Findings go in and out as they are, and an equal one is not written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from store_samples import NOW

from portfolio.findings import Finding
from store import Store


def _finding(name: str, **fields: Any) -> Finding:
    given: dict[str, Any] = {
        "finding_id": name,
        "rule": "due-date-passed",
        "rule_group": "dates",
        "subject": "item",
        "item_id": "shop/1",
        "key": "CHK-1",
        "project": None,
        "severity": "high",
        "state": "open",
        "opened_at": NOW,
        "last_seen_at": NOW,
        "resolved_at": None,
        "resolved_because": None,
        "reopened_count": 0,
        "message": "CHK-1 was due.",
        "title": "Overdue",
        "why": "Others wait.",
        "action": "Move it.",
        "docs": None,
        "evidence": {"title": "Pay", "due": "2026-11-20", "owner": None, "days": 3, "members": ["a"]},
        "comment_items": ["shop/1"],
        "is_legacy": False,
        "muted_until": datetime(2026, 12, 24, tzinfo=UTC),
        "muted_by": None,
        "muted_reason": None,
        "sources": ["shop"],
        **fields,
    }
    return Finding(**given)


def test_a_finding_comes_back_as_it_was_its_evidence_in_order(store: Store) -> None:
    finding = _finding("f1")

    assert store.save_findings([finding], "r1") == 1

    assert store.findings() == [finding]
    assert list(store.findings()[0].evidence) == ["title", "due", "owner", "days", "members"]


def test_equal_findings_are_not_written(store: Store) -> None:
    store.save_findings([_finding("f1"), _finding("f2")], "r1")

    assert store.save_findings([_finding("f1"), _finding("f2", severity="low")], "r2") == 1
    assert store.save_findings([], "r3") == 0
    assert [one.severity for one in store.findings()] == ["high", "low"]


def test_findings_are_chosen_by_state(store: Store) -> None:
    store.save_findings(
        [_finding("f1"), _finding("f2", state="resolved"), _finding("f3", state="pending")], "r1"
    )

    assert [one.finding_id for one in store.findings(states=["open", "pending"])] == ["f1", "f3"]
    assert [one.finding_id for one in store.findings(states={"resolved"})] == ["f2"]
    assert store.findings(states=[]) == []


def test_hostile_evidence_does_not_kill_the_run(store: Store) -> None:
    store.save_findings(
        [_finding("f1", evidence={"a\x00": "b\x00", "huge": 2**80, "half": "\ud800", "nan": float("nan")})],
        "r1",
    )

    assert store.findings()[0].evidence == {
        "a\ufffd": "b\ufffd",
        "huge": "1208925819614629174706176",
        "half": "\ufffd",
        "nan": None,
    }


def test_a_finding_with_an_instant_without_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match=r"finding f2: last_seen_at .* without a time zone"):
        store.save_findings([_finding("f1"), _finding("f2", last_seen_at=datetime(2026, 1, 1))], "r1")  # noqa: DTZ001


def test_the_view_shows_findings(store: Store) -> None:
    store.save_findings([_finding("f1")], "r1")

    row = next(store.rows("finding", where={"severity": ["high", "critical"]}))
    assert row["finding_id"] == "f1"
    assert row["is_legacy"] is False
    assert "sources" not in row
