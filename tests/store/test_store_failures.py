"""What can go wrong with a database.

Each says what happened, to what, and what to do; nothing is half done.
"""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pg_server
import pytest
from sqlalchemy.engine import make_url
from store_samples import NOW, change, item, keys, save

from portfolio.errors import StoreUnavailable
from portfolio.records import Page
from store import Store, database, open_store
from store.errors import unavailable
from store.schema import HEAD


def _fail_half_way(store: Store) -> None:
    with store._db.write() as connection:
        connection.exec_driver_sql("CREATE TABLE half (x INTEGER)")
        connection.exec_driver_sql("INSERT INTO engine_meta (name, value) VALUES ('half', 'done')")
        raise ZeroDivisionError


def test_a_failed_transaction_leaves_nothing_not_even_a_table(own_store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_half_way(own_store)

    with own_store._db.read() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM engine_meta WHERE name = 'half'")
        assert found.scalar() == 0
    with own_store._db.write() as connection:
        connection.exec_driver_sql("CREATE TABLE half (x INTEGER)")


def test_what_is_done_in_one_transaction_is_seen_in_it_and_stored_together_or_not_at_all(
    store: Store,
) -> None:
    with store.one_transaction():
        save(store, item(1))
        with store.one_transaction():  # one inside another is the same one
            save(store, item(2))
        assert len(list(store.rows("item"))) == 2
    assert len(keys(store)) == 2

    def half() -> None:
        with store.one_transaction():
            save(store, item(3))
            assert len(keys(store)) == 3
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert len(keys(store)) == 2
    save(store, item(4))
    assert len(keys(store)) == 3


def test_others_go_on_while_one_transaction_is_open(lasting_url: str) -> None:
    with open_store(lasting_url) as one, open_store(lasting_url) as other:
        save(one, item(1))
        with one.one_transaction():
            save(one, item(2))
            assert len(keys(other)) == 1
        assert len(keys(other)) == 2


def test_a_full_disk_stops_the_page_and_loses_nothing(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'd.db'}") as store:
        save(store, item(1))
        with store._db.write() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")

        with pytest.raises(StoreUnavailable, match=r"the disk is full\. Free some space"):
            save(store, item(2), *(change(1, f"e{number}", after="x" * 500) for number in range(200)))

        assert keys(store) == ["CHK-1"]
        assert store.check() == []
        save(store, item(3))


def test_a_file_that_another_program_holds_is_waited_for_and_then_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.1)
    path = tmp_path / "d.db"
    with open_store(f"sqlite:///{path}") as store:
        save(store, item(1))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreUnavailable, match="locked by another program"):
            save(store, item(2))
        assert keys(store) == ["CHK-1"]  # reading goes on

        other.execute("ROLLBACK")
        other.close()
        save(store, item(2))


def test_a_read_only_file_is_said(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'd.db'}") as store:
        with store._db._writer.connect() as connection:
            # Root may write to any file, so the right is taken from the connection instead.
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA query_only = ON")

        with pytest.raises(StoreUnavailable, match=r"the database is read-only\. Give this account"):
            save(store, item(1))
        assert any("read-only" in problem for problem in store.check())


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 100)

    with pytest.raises(StoreUnavailable, match="not a SQLite database"):
        open_store(f"sqlite:///{path}")

    assert path.read_text() == "Dear diary, " * 100


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="this is a folder"):
        open_store(f"sqlite:///{tmp_path}")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"nowhere does not exist\. Create it"):
        open_store(f"sqlite:///{tmp_path / 'nowhere' / 'd.db'}")


def test_a_damaged_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    with open_store(f"sqlite:///{path}") as store:
        save(store, *(change(1, f"e{number}") for number in range(2000)))
        assert store.check() == []
    raw = bytearray(path.read_bytes())
    middle = len(raw) * 3 // 4
    raw[middle : middle + 8192] = b"\xff" * 8192
    path.write_bytes(raw)

    with open_store(f"sqlite:///{path}") as store:
        assert any("damaged" in problem for problem in store.check())


def test_the_file_is_for_this_account_only(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'd.db'}") as store:
        save(store, item(1))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert modes == {"d.db": 0o600, "d.db-wal": 0o600, "d.db-shm": 0o600}


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "d.db").touch()

    with open_store(f"sqlite:///{tmp_path / 'd.db'}") as store:
        assert store.check() == []


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("dovetail.db", "not a database URL"),
        ("mysql://root@localhost/x", "names mysql, which is not supported"),
        ("sqlite:///file:x.db?mode=ro&uri=true", "plain path"),
        ("postgresql+asyncpg://u@h/d", r"names postgresql\+asyncpg"),
    ],
)
def test_a_url_that_is_not_supported_is_refused(url: str, problem: str) -> None:
    with pytest.raises(StoreUnavailable, match=problem):
        open_store(url)


def test_an_unreachable_server_is_said_without_its_password() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
        open_store("postgresql+psycopg://bot:tell-nobody@127.0.0.1:1/dovetail?connect_timeout=2")

    assert "tell-nobody" not in str(caught.value)
    assert "bot:***@127.0.0.1:1" in str(caught.value)


def test_a_store_never_shows_its_password(tmp_path: Path) -> None:
    parsed = make_url("postgresql://bot:tell-nobody@db.example/dovetail")

    assert database.Database(parsed.render_as_string(hide_password=False)).url == (
        "postgresql+psycopg://bot:***@db.example/dovetail"
    )


def test_a_missing_database_is_said() -> None:
    with pytest.raises(StoreUnavailable, match="missing"):
        open_store(pg_server.url_of("nowhere"))


def test_a_read_only_server_is_said(postgresql_url: str) -> None:
    open_store(postgresql_url).close()
    name = str(make_url(postgresql_url).database)
    pg_server.run_sql("postgres", f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    with open_store(postgresql_url) as store:
        assert keys(store) == []
        with pytest.raises(StoreUnavailable, match="the database is read-only"):
            save(store, item(1))
        assert any("read-only" in problem for problem in store.check())


def test_a_dropped_connection_is_replaced(postgresql_url: str) -> None:
    with open_store(postgresql_url) as store:
        save(store, item(1))
        pg_server.run_sql(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{make_url(postgresql_url).database}'",
        )

        assert keys(store) == ["CHK-1"]


def test_a_missing_view_or_table_is_a_problem(own_store: Store) -> None:
    with own_store._db.write() as connection:
        connection.exec_driver_sql("DROP VIEW twin")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    assert own_store.check() == [
        f"the schema is 9999, this Dovetail needs {HEAD}",
        "the view twin is missing",
    ]


def test_threads_may_share_a_store(store: Store) -> None:
    def pull(source: str) -> None:
        for page in range(10):
            records = [
                item(number, item_id=f"{source}/{number}", source=source)
                for number in range(page * 20, page * 20 + 20)
            ]
            store.save_page(source, "items", Page(records=records), run_id="r", now=NOW)
            store.sources()

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(pull, ("a", "b", "c")))

    assert store.counts()["item"] == 600


def test_an_error_that_nobody_foresaw_shows_its_first_line_only() -> None:
    error = unavailable("sqlite://", Exception("strange thing\nDETAIL: secret row"))

    assert str(error) == "sqlite://: strange thing. `dovetail db check` looks for the reason."
