"""The views are the one list of names, and their page is made from it."""

from __future__ import annotations

import os
import subprocess
import sys
import typing
from typing import get_args

import msgspec
import pytest

from portfolio.findings import Finding
from portfolio.records import AnyRecord
from portfolio.views import VIEWS
from store import WriteRow, view_pages
from store.catalogue import TABLES, TRACKER_TABLES, table_of
from store.specs import columns_of_struct, columns_of_view
from store.views import create_statements


def test_the_page_of_views_is_up_to_date() -> None:
    assert view_pages.PAGE.read_text(encoding="utf-8") == view_pages.views_page(), (
        "run `python -m store.view_pages`"
    )


def test_the_page_says_what_is_never_null() -> None:
    page = view_pages.views_page()

    assert "| `is_done` | bool | **never** |" in page
    assert "| `due` | date | unknown |" in page
    assert "| `owner_problem` | text | none |" in page
    assert "| `key` | text | **never** |" in page


def test_every_type_of_record_has_a_table_with_its_fields_in_order() -> None:
    assert set(TRACKER_TABLES) == set(get_args(AnyRecord))
    for record in TRACKER_TABLES:
        fields = tuple(field.name for field in msgspec.structs.fields(record))
        assert table_of(record).names[: len(fields)] == fields


def test_columns_follow_the_type_hints() -> None:
    class Sample(msgspec.Struct):
        name: str
        when: typing.Union[str, None]  # noqa: UP007 both spellings are read
        share: float | None
        value: str | int | float | None
        tags: typing.Sequence[str]
        more: dict[str, object]

    assert [(one.name, one.kind, one.nullable) for one in columns_of_struct(Sample, ("name",))] == [
        ("name", "text", False),
        ("when", "text", True),
        ("share", "real", True),
        ("value", "value", True),
        ("tags", "list", False),
        ("more", "object", False),
    ]


def test_a_type_that_no_column_holds_is_refused() -> None:
    class Sample(msgspec.Struct):
        number: complex

    with pytest.raises(TypeError, match="no column kind"):
        columns_of_struct(Sample)
    with pytest.raises(KeyError, match="the view item has no column nonsense"):
        columns_of_view("item", ["nonsense"])


@pytest.mark.parametrize(("table", "struct"), [("engine_finding", Finding), ("engine_write", WriteRow)])
def test_the_engines_structs_have_the_columns_of_their_views(
    table: str, struct: type[msgspec.Struct]
) -> None:
    view = VIEWS[table.removeprefix("engine_")]

    assert set(view.names) <= {field.name for field in msgspec.structs.fields(struct)}
    assert set(view.names) <= set(TABLES[table].names)


def test_both_databases_have_the_same_views() -> None:
    names = [name for name, _ in create_statements("sqlite")]

    assert names == [name for name, _ in create_statements("postgresql")]
    assert set(VIEWS) < set(names)
    assert {f"rule_{view}" for view in VIEWS} < set(names)


def test_importing_the_store_loads_no_sqlalchemy() -> None:
    code = (
        "import sys, store; print(sorted({'sqlalchemy', 'alembic', 'numpy', 'filelock'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )

    assert shown.stdout.strip() == "[]"


def test_opening_a_store_loads_no_alembic() -> None:
    code = "import sys, store; store.open_store('sqlite://'); print('alembic' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "False"
