"""Runs, sources, streams and cursors."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from store_samples import NOW, item, save

from portfolio.records import Cursor
from store import SourceState, Store

LATER = NOW + timedelta(hours=1)


def test_a_run_has_an_id_that_sorts_by_time_and_an_end(store: Store) -> None:
    first = store.start_run("sync", NOW)
    second = store.start_run("pull", LATER)
    store.end_run(first, LATER, 4, {"new": 3, "sources": {"shop": "failed"}})

    assert re.fullmatch(r"20261124T080000-sync-[0-9a-f]{4}", first)
    rows = list(store.rows("run"))
    assert rows[0] == {
        "run_id": first,
        "verb": "sync",
        "started_at": NOW,
        "ended_at": LATER,
        "exit_code": 4,
        "counts": {"new": 3, "sources": {"shop": "failed"}},
        "audit_head": "",
    }
    assert (rows[1]["run_id"], rows[1]["ended_at"], rows[1]["exit_code"]) == (second, None, None)
    with pytest.raises(KeyError, match="no run r9"):
        store.end_run("r9", NOW, 0, {})


def test_a_source_is_known_fresh_stale_and_armed(store: Store) -> None:
    assert store.sources() == {}
    assert store.declare_source("shop", "jira", "Jira Cloud", "1") is False
    save(store, item(1))

    assert store.sources() == {
        "shop": SourceState(source="shop", kind="jira", form="Jira Cloud", mapping_version="1")
    }
    store.mark_source("shop", good_at=NOW)
    store.mark_source("shop", error="401 on /myself")
    store.arm("shop", NOW)
    store.arm("shop", LATER)

    row = next(store.rows("source"))
    assert row == {
        "source": "shop",
        "kind": "jira",
        "form": "Jira Cloud",
        "last_good_at": NOW,
        "error": "401 on /myself",
        "is_stale": True,
        "is_armed": True,
        "armed_at": NOW,
        "item_count": 1,
        "held_because": None,
    }
    assert next(store.rows("item"))["is_stale"] is True

    store.mark_source("shop", good_at=LATER)

    row = next(store.rows("source"))
    assert (row["last_good_at"], row["error"], row["is_stale"]) == (LATER, None, False)
    assert next(store.rows("item"))["is_stale"] is False


def test_a_source_that_was_not_declared_cannot_be_marked(store: Store) -> None:
    with pytest.raises(KeyError, match="source shop was not declared"):
        store.mark_source("shop", good_at=NOW)


def test_a_changed_mapping_drops_the_cursors_of_its_source_alone(store: Store) -> None:
    for source in ("shop", "boards"):
        store.declare_source(source, "jira", "Jira Cloud", "1")
        store.mark_stream_read(source, "census:items", NOW)
    save(store, item(1))

    assert store.declare_source("shop", "jira", "Jira Cloud", "1") is False
    assert store.cursor("shop", "items") == Cursor(version=1, value={})
    assert store.declare_source("shop", "jira", "Jira Data Center", "2") is True

    assert store.cursor("shop", "items") is None
    assert store.stream_read_at("shop", "census:items") is None
    assert store.stream_read_at("boards", "census:items") == NOW
    assert store.sources()["shop"].form == "Jira Data Center"
    assert store.declare_source("shop", "jira", "Jira Data Center", "2") is False


def test_another_form_alone_keeps_the_cursors(store: Store) -> None:
    store.declare_source("shop", "jira", "Jira Cloud", "1")
    save(store, item(1))

    assert store.declare_source("shop", "jira", "Jira Cloud (EU)", "1") is False
    assert store.cursor("shop", "items") == Cursor(version=1, value={})


def test_a_stream_remembers_where_it_stands_and_when_it_was_read(store: Store) -> None:
    assert store.cursor("shop", "items") is None
    assert store.stream_read_at("shop", "items") is None

    save(store, cursor=Cursor(version=3, value={"since": "2026-11-24", "pages": [1, 2]}))
    store.mark_stream_read("shop", "items", NOW)
    store.mark_stream_read("shop", "items", LATER)

    assert store.cursor("shop", "items") == Cursor(version=3, value={"since": "2026-11-24", "pages": [1, 2]})
    assert store.stream_read_at("shop", "items") == LATER
    assert store.cursor("shop", "versions") is None


def test_cursors_are_forgotten_one_by_one_or_all(store: Store) -> None:
    for stream in ("items", "versions"):
        store.mark_stream_read("shop", stream, NOW)

    store.forget_cursors("shop", "items")
    assert store.stream_read_at("shop", "items") is None
    assert store.stream_read_at("shop", "versions") == NOW

    store.forget_cursors("shop")
    assert store.stream_read_at("shop", "versions") is None
