"""Migrations lead to the database that the tables describe, and an unexpected schema is never touched."""

from __future__ import annotations

import re
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pg_server
import pytest
from sqlalchemy import inspect
from sqlalchemy.engine import make_url

from portfolio.errors import SchemaTooNew, SchemaTooOld, StoreUnavailable
from portfolio.records import Page, WorkItem
from store import open_store, schema
from store.catalogue import TABLES
from store.database import Database


def _description(database: Database) -> dict[str, Any]:
    """Everything that makes up the schema, in a form that compares."""
    with database.read() as connection:
        found = inspect(connection)
        tables = {
            name: {
                "columns": {
                    column["name"]: (str(column["type"]), column["nullable"], column["default"])
                    for column in found.get_columns(name)
                },
                "key": found.get_pk_constraint(name),
                "indexes": {
                    index["name"]: (
                        index["column_names"],
                        bool(index["unique"]),
                        {
                            option: str(value)
                            for option, value in index.get("dialect_options", {}).items()
                            if option.endswith("_where")
                        },
                    )
                    for index in found.get_indexes(name)
                },
            }
            for name in found.get_table_names()
        }
        views = {
            name: re.sub(r"\s+", " ", found.get_view_definition(name) or "")
            for name in found.get_view_names()
        }
        sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        if database.dialect == "postgresql":
            sql = (
                "SELECT tgname, pg_get_triggerdef(pg_trigger.oid) || prosrc FROM pg_trigger"
                " JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal"
            )
        triggers = {str(row[0]): str(row[1]) for row in connection.exec_driver_sql(sql)}
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    return {"tables": tables, "views": views, "triggers": triggers, "version": version}


def test_migrations_and_tables_make_the_same_database(lasting_url: str, tmp_path: Path) -> None:
    migrated = Database(lasting_url)
    with migrated.write() as connection:
        schema.upgrade(connection, migrated.dialect)
    other = f"sqlite:///{tmp_path / 'made.db'}"
    if migrated.dialect == "postgresql":
        other = pg_server.url_of(pg_server.new_database())
    open_store(other).close()
    made = Database(other)

    assert _description(migrated) == _description(made)

    made.close()
    migrated.close()


def test_the_tables_are_all_there(lasting_url: str) -> None:
    open_store(lasting_url).close()
    database = Database(lasting_url)
    found = _description(database)
    database.close()

    assert set(found["tables"]) == {*TABLES, "alembic_version"}
    assert len(found["views"]) == 53  # 26 views, one more for rules of each, and the one with tombstones
    assert found["version"] == [schema.HEAD]
    indexes = found["tables"]["tracker_item"]["indexes"]
    assert sorted(indexes) == [
        "ix_tracker_item_key",
        "ix_tracker_item_owner_id",
        "ix_tracker_item_parent_id",
        "ix_tracker_item_release",
        "ix_tracker_item_risk",
        "ix_tracker_item_schedule_id",
        "ix_tracker_item_source_scope",
        "ix_tracker_item_tombstone",
    ]


def test_head_is_the_newest_revision() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def _set_revision(url: str, revision: str) -> None:
    database = Database(url)
    with database.write() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    database.close()


def test_an_older_schema_is_refused_with_the_way_on(lasting_url: str) -> None:
    open_store(lasting_url).close()
    _set_revision(lasting_url, "0000")

    with pytest.raises(SchemaTooOld, match=rf"schema 0000, now {schema.HEAD}.*dovetail db upgrade"):
        open_store(lasting_url)


_ROW_OF_THE_FIRST_SCHEMA = """
INSERT INTO tracker_item (
    item_id, source, native_id, key, scope, kind, title, state,
    is_milestone, is_summary, is_detail, is_blocked, release_ids, labels, components, twin_keys, row_hash
) VALUES (
    'shop/1', 'shop', '1', 'CHK-1', 'CHK', 'task', '', 'todo',
    FALSE, FALSE, FALSE, FALSE, '[]', '["old"]', '[]', '[]', 1
)
"""
_TOMORROWS_VIEW = "CREATE VIEW item AS SELECT key, mood FROM tracker_item"
_TOMORROW = f"{int(schema.HEAD) + 1:04}"
_NEXT_REVISION = f'''"""A revision of tomorrow."""
from alembic import op
from sqlalchemy import Column, Text

revision = "{_TOMORROW}"
down_revision = "{schema.HEAD}"


def upgrade():
    with op.batch_alter_table("tracker_item") as table:
        table.add_column(Column("mood", Text()))
        table.drop_column("sort")
'''


def test_an_older_schema_is_upgraded_when_asked_and_keeps_its_rows(
    lasting_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(lasting_url) as store:
        store.declare_source("shop", "jira", "Jira Cloud", "1")
        item = WorkItem(item_id="shop/1", source="shop", native_id="1", key="CHK-1", scope="CHK")
        store.save_page("shop", "items", Page(records=[item]), run_id="r", now=datetime.now(UTC))
    folder = tmp_path / "with 100% more"
    shutil.copytree(schema.MIGRATIONS, folder)
    (folder / "versions" / "tomorrow_mood.py").write_text(_NEXT_REVISION)
    monkeypatch.setattr(schema, "MIGRATIONS", folder)
    monkeypatch.setattr(schema, "HEAD", _TOMORROW)
    # Today's view of an item shows the column that the revision of tomorrow drops.
    monkeypatch.setattr(schema.views, "create_statements", lambda _dialect: (("item", _TOMORROWS_VIEW),))

    with pytest.raises(SchemaTooOld):
        open_store(lasting_url)
    open_store(lasting_url, migrate=True).close()

    database = Database(lasting_url)
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM item").all() == [("CHK-1", None)]
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == _TOMORROW
    assert "sort" not in _description(database)["tables"]["tracker_item"]["columns"]
    database.close()


def test_the_first_schema_gains_the_links_to_other_trackers_and_keeps_its_rows(
    lasting_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(lasting_url)
    with monkeypatch.context() as then, database.write() as connection:
        then.setattr(schema.views, "create_statements", lambda _dialect: ())  # today's views do not fit it
        schema.upgrade(connection, database.dialect, "0001")
        connection.exec_driver_sql(_ROW_OF_THE_FIRST_SCHEMA)
    database.close()

    with open_store(lasting_url, migrate=True) as store:
        kept = store.read("tracker_item", ("item_id", "labels", "linked_urls"))
        assert store.check() == []

    assert kept == {"item_id": ["shop/1"], "labels": [["old"]], "linked_urls": [[]]}


def test_forecasts_of_an_older_schema_tell_their_warnings_as_far_as_their_rows_do(
    lasting_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Item, day of December, date, P50; on the second and third it warned, on the fourth it did not.
    told = [
        (1, 1, 8, 8), (1, 2, 8, 9), (1, 3, 8, 10), (1, 4, 8, 7), (1, 5, 8, 9), (1, 6, 8, 9), (1, 7, 10, 11),
        (2, 1, 8, None), (2, 2, None, 9),
    ]  # fmt: skip
    database = Database(lasting_url)

    def day(number: int | None) -> str:
        return "NULL" if number is None else f"'2026-12-{number:02}'"

    with monkeypatch.context() as then, database.write() as connection:
        then.setattr(schema.views, "create_statements", lambda _dialect: ())
        schema.upgrade(connection, database.dialect, "0013")
        for item, made, due, p50 in told:
            connection.exec_driver_sql(
                "INSERT INTO engine_forecast (item_id, as_of, class, due, p50)"
                f" VALUES ('shop/{item}', {day(made)}, 'date', {day(due)}, {day(p50)})"
            )
    database.close()

    with open_store(lasting_url, migrate=True) as store:
        kept = store.read("engine_forecast", ("item_id", "warned_since", "moved_wd"))
    since = [None if one is None else one.day for one in kept["warned_since"]]
    assert since == [None, 2, 2, None, 5, 5, 7, None, None]
    assert set(kept["moved_wd"]) == {None}


@pytest.mark.parametrize("revision", [_TOMORROW, "9999", "f00d"])
def test_a_newer_schema_is_refused_even_when_asked_to_migrate(lasting_url: str, revision: str) -> None:
    open_store(lasting_url).close()
    _set_revision(lasting_url, revision)

    with pytest.raises(SchemaTooNew, match=f"schema {revision}, this one knows {schema.HEAD}"):
        open_store(lasting_url, migrate=True)


def test_views_are_made_anew_when_their_text_has_changed(lasting_url: str) -> None:
    open_store(lasting_url).close()
    database = Database(lasting_url)
    with database.write() as connection:
        connection.exec_driver_sql("DROP VIEW item")
        connection.exec_driver_sql("CREATE VIEW rule_of_an_older_version AS SELECT 1 AS one")
        connection.exec_driver_sql("UPDATE engine_meta SET value = 'older' WHERE name = 'views'")
        connection.exec_driver_sql(
            "UPDATE engine_meta SET value = value || ' rule_of_an_older_version' WHERE name = 'view_names'"
        )
    database.close()

    with open_store(lasting_url) as store:
        assert list(store.rows("item")) == []
        assert store.check() == []
    database = Database(lasting_url)
    assert "rule_of_an_older_version" not in _description(database)["views"]
    database.close()


def test_another_programs_sqlite_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE accounts (id INTEGER)")
    other.commit()
    other.close()

    with pytest.raises(StoreUnavailable, match=r"not Dovetail's \(accounts\)"):
        open_store(f"sqlite:///{path}")

    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("accounts",)]
    other.close()


def test_a_postgresql_database_may_be_shared(postgresql_url: str) -> None:
    name = str(make_url(postgresql_url).database)
    pg_server.run_sql(name, "CREATE TABLE procrastinate_jobs (id INTEGER)")

    with open_store(postgresql_url) as store:
        assert store.check() == []


def test_a_postgresql_table_with_one_of_our_names_is_not_taken_over(postgresql_url: str) -> None:
    name = str(make_url(postgresql_url).database)
    pg_server.run_sql(name, "CREATE TABLE tracker_item (id INTEGER)")

    with pytest.raises(StoreUnavailable, match=r"not Dovetail's \(tracker_item\)"):
        open_store(postgresql_url)
