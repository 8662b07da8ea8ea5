"""docs/bi.md: its queries run on SQLite and on PostgreSQL and give the same; exports keep their types."""

from __future__ import annotations

import builtins
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import report_world
from report_world import Run
from shared import ROOT

from commands.report_data import report_of
from portfolio.views import VIEWS
from store import Store, open_store
from sync.config import load_config

sys.path.insert(0, str(ROOT / "tests" / "store"))
import pg_server

PAGE = (ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"```sql (\w+)\n(.*?)```", PAGE, flags=re.S))
GRANTS = QUERIES.pop("grants")


@pytest.fixture(scope="module")
def sqlite(built: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{built / 'dovetail.db'}") as store:
        yield store


@pytest.fixture(scope="module")
def postgresql(built: Path) -> Iterator[tuple[Store, str]]:
    """The same portfolio in PostgreSQL, and the name of its database."""
    name = pg_server.new_database()
    with open_store(pg_server.url_of(name)) as store:
        report_world.fill(store, built)
        yield store, name
    pg_server.drop_database(name)


def answers(store: Store, sql: str) -> list[list[Any]]:
    with store._db.read() as connection:
        return [[_same(value) for value in row] for row in connection.exec_driver_sql(sql)]


def _same(value: Any) -> Any:
    """A value of either database, as JSON has it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    if isinstance(value, date):
        return value.isoformat()
    return (
        int(value)
        if isinstance(value, bool) or (value is not None and type(value).__name__ == "Decimal")
        else value
    )


def test_there_are_three_queries_for_each() -> None:
    assert list(QUERIES) == ["milestones", "promises", "money", "freshness", "findings", "risks"]


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_of_the_page_gives_the_same_on_both_databases(
    name: str, sqlite: Store, postgresql: tuple[Store, str]
) -> None:
    ours, theirs = answers(sqlite, QUERIES[name]), answers(postgresql[0], QUERIES[name])
    assert ours
    by_text = {"key": lambda row: json.dumps(row, default=str)}
    assert sorted(ours, **by_text) == sorted(theirs, **by_text)  # type: ignore[call-overload]


def test_the_figures_are_the_same_on_both_databases(
    sqlite: Store, postgresql: tuple[Store, str], built: Path
) -> None:
    config = load_config(built / "dovetail.yaml")
    ours, theirs = (
        report_of(store, config, now=report_world.NOW, slug="supply-chain")
        for store in (sqlite, postgresql[0])
    )
    for name in ("summary", "nodes", "slips", "risks", "decisions", "costs", "open_items", "derived"):
        assert getattr(ours, name) == getattr(theirs, name), name


def test_the_queries_say_what_the_page_says_of_them(sqlite: Store) -> None:
    money = {row[0]: row[1:] for row in answers(sqlite, QUERIES["money"])}
    assert money["Checkout"] == ["EUR", 1053000.0, 947700.0, 1158300.0, 105300.0]
    risks = {row[0]: row[1:] for row in answers(sqlite, QUERIES["risks"])}
    assert sum(row[0] for row in risks.values()) == 12
    findings = answers(sqlite, QUERIES["findings"])
    live = [row for row in sqlite.rows("finding") if row["state"] != "resolved" and not row["is_legacy"]]
    assert findings[-1][1] == len([row for row in live if row["opened_at"] is not None])


def test_the_account_of_the_page_reads_the_views_and_changes_nothing(postgresql: tuple[Store, str]) -> None:
    import psycopg

    _, name = postgresql
    pg_server.run_sql(name, GRANTS)
    try:
        url = f"postgresql://bi@/{name}?host={pg_server.server_folder()}"
        with psycopg.connect(url, autocommit=True) as connection:
            for sql in QUERIES.values():
                connection.execute(sql)
            for refused in ("SELECT * FROM tracker_item", "SELECT * FROM person", "DELETE FROM tracker_item"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(refused)
    finally:
        pg_server.run_sql(name, "DROP OWNED BY bi; DROP ROLE bi")


def test_a_parquet_file_has_the_types_and_the_rows_of_the_view(
    run: Run, tmp_path: Path, sqlite: Store
) -> None:
    code, out, err = run("export", "item", "-o", "items.parquet")
    assert (code, out) == (0, "")
    rows = list(sqlite.rows("item"))
    assert err == f"items.parquet: {len(rows)} rows of item.\n"
    table = pyarrow.parquet.read_table(tmp_path / "items.parquet")
    types = {field.name: (str(field.type), field.nullable) for field in table.schema}
    assert list(types) == list(VIEWS["item"].names)
    assert types["effective_due"] == ("date32[day]", True)
    assert types["created_at"] == ("timestamp[ms, tz=UTC]", True)
    assert types["is_done"] == ("bool", False)
    assert types["budget"] == ("double", True)
    assert types["labels"] == ("list<element: string>", True)
    assert types["finish_at"] == ("string", True)
    for name in ("item_id", "title", "effective_due", "budget", "is_done", "labels", "slip_wd"):
        assert table[name].to_pylist() == [row[name] for row in rows]
    assert [at.replace(tzinfo=UTC) for at in table["created_at"].to_pylist()] == [
        row["created_at"] for row in rows
    ]


@pytest.mark.parametrize("view", ["finding", "run", "audit", "person"])
def test_every_kind_of_column_has_its_place_in_parquet(
    view: str, run: Run, tmp_path: Path, sqlite: Store
) -> None:
    assert run("export", view, "--format", "parquet", "-o", "x")[0] == 0
    table = pyarrow.parquet.read_table(tmp_path / "x")
    rows = list(sqlite.rows(view))
    assert table.num_rows == len(rows)
    if view == "finding":
        assert [json.loads(one) for one in table["evidence"].to_pylist()] == [row["evidence"] for row in rows]


def test_a_file_holds_what_stdout_would_and_its_ending_says_the_format(run: Run, tmp_path: Path) -> None:
    for form in ("csv", "jsonl", "json"):
        _, out, _ = run("export", "risk", "--format", form)
        assert run("export", "risk", "-o", f"risk.{form}")[0] == 0
        assert (tmp_path / f"risk.{form}").read_text(encoding="utf-8") == out
    assert run("export", "risk", "-o", "risk.txt")[0] == 0
    assert (tmp_path / "risk.txt").read_text() == (tmp_path / "risk.jsonl").read_text()


def test_what_cannot_be_written_is_said_with_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Parquet is no text for stdout.\n  Name a file" in run("export", "item", "--format", "parquet")[2]
    assert "A table is for people." in run("export", "item", "--format", "table", "-o", "x.csv")[2]
    assert (
        "no/x.csv cannot be written: No such file or directory." in run("export", "item", "-o", "no/x.csv")[2]
    )
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "pyarrow":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    code, _, err = run("export", "item", "-o", "x.parquet")
    assert code == 2
    assert "Parquet needs pyarrow, which is not installed.\n  Install it beside Dovetail: `pip install" in err
    assert not Path("x.parquet").exists()
