"""The narrow road: a page in, columns out and back, a rule, a finding, a write."""

from __future__ import annotations

from datetime import UTC, date, datetime

from portfolio.records import Cursor, Page, WorkItem
from store import PageCounts, open_store

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_a_page_comes_back_as_a_row_of_the_view(url: str) -> None:
    with open_store(url) as store:
        store.declare_source("shop", "jira", "Jira Cloud", "1")
        run = store.start_run("pull", NOW)
        item = WorkItem(
            item_id="shop/1", source="shop", native_id="1", key="CHK-1", scope="CHK", due=date(2026, 12, 1)
        )
        page = Page(records=[item], cursor=Cursor(version=1, value={"token": "a"}))

        assert store.save_page("shop", "items", page, run_id=run, now=NOW) == PageCounts(new=1)

        row = next(store.rows("item", where={"key": "CHK-1"}))
        assert row["due"] == date(2026, 12, 1)
        assert row["is_done"] is False
        assert store.cursor("shop", "items") == Cursor(version=1, value={"token": "a"})
