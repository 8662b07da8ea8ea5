"""Values on their way into a database and out of it, where a page or a rule does not already show it."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from store_samples import item, save

from portfolio.views import VIEWS, Column
from store import Store, views
from store.specs import ColumnSpec, Kind
from store.values import BadValueError, clean_text, encode_column, to_json


class _Level(enum.StrEnum):
    HIGH = "high"


class _Rank(enum.IntEnum):
    FIRST = 1


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("text", _Level.HIGH, "high"),
        ("int", _Rank.FIRST, 1),
        ("int", True, 1),
        ("int", 480.0, 480),
        ("int", float("nan"), None),
        ("real", 3, 3.0),
        ("real", Decimal("2.5"), 2.5),
        ("real", 10**400, None),
        ("real", float("-inf"), None),
        ("bool", 1, True),
        ("bool", 0, False),
        ("date", date(2026, 2, 3), "2026-02-03"),
        ("instant", datetime(2026, 2, 3, 4, 5, 6, 789_999, tzinfo=UTC), "2026-02-03T04:05:06.789Z"),
        ("list", ("a", "b"), '["a","b"]'),
        ("list", {"a"}, '["a"]'),
        ("object", {"due": date(2026, 2, 3)}, '{"due":"2026-02-03"}'),
        ("value", "5", '"5"'),
        ("value", 5, "5"),
    ],
)
def test_a_value_has_one_stored_form(kind: Kind, value: object, stored: object) -> None:
    encoded = encode_column(ColumnSpec("x", kind), [None, value])

    assert list(encoded) == [None, stored]
    assert type(encoded[1]) is type(stored)


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("text", b"x", "x is bytes, not text"),
        ("int", object(), "x is object, not a whole number"),
        ("real", True, "x is bool, not a number"),
        ("real", date(2026, 1, 1), "x is date, not a number"),
        ("bool", 2, "x is int, not true or false"),
        ("object", "{}", "x is str, not an object"),
        ("instant", "2026-01-01", "x is str, not an instant"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_place(kind: Kind, value: object, problem: str) -> None:
    with pytest.raises(BadValueError, match=problem) as caught:
        encode_column(ColumnSpec("x", kind), [None, None, value])

    assert caught.value.index == 2


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain", "plain"),
        ("\x00", "\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),  # two halves that belong together are one character
        ("\ud83d", "\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
    ],
)
def test_text_is_cleaned_no_more_than_it_must_be(text: str, clean: str) -> None:
    assert clean_text(text) == clean


def test_json_that_says_a_backslash_is_not_a_zero_byte() -> None:
    assert to_json(["\\u0000"]) == '["\\\\u0000"]'


def test_an_expression_gives_the_same_value_from_both_databases(store: Store) -> None:
    save(
        store,
        item(1, created_at=datetime(2026, 11, 1, tzinfo=UTC), sort=7, title="9999-99-99"),
    )

    rows = store.select(
        "item",
        columns={
            "later": "coalesce(updated_at, created_at)",
            "half": "sort / 2.0",
            "whole": "sort * 2.0",
            "text": "lower(title)",
        },
        where="",
        parameters={},
    )

    assert rows == [
        {"later": datetime(2026, 11, 1, tzinfo=UTC), "half": 3.5, "whole": 14, "text": "9999-99-99"}
    ]


def test_a_column_that_no_table_gives_is_a_defect() -> None:
    definition = views.Definition(rows="derived_team AS d", tables={"d": "derived_team"})

    with pytest.raises(KeyError, match="nothing gives the column mood of the view team"):
        views.column_expression(VIEWS["team"], Column("mood", "text"), definition, "sqlite")
