"""The table of a plan: what is skipped for one reason stands once, everything else row by row."""

from __future__ import annotations

from commands.plan import folded

NO_FIELD = "the type Feature has no field Portfolio health"


def row(key: str, action: str, field: str, reason: str) -> dict[str, object]:
    return {
        "source": "boards", "key": key, "action": action, "field": field, "before": None, "after": "green",
        "reason": reason, "rules": [],
    }  # fmt: skip


def test_what_is_skipped_for_one_reason_stands_once_where_it_first_appears() -> None:
    rows = [
        row("1", "set", "health", NO_FIELD),
        row("2", "skipped", "health", NO_FIELD),
        row("3", "skipped", "slip_wd", "another reason"),
        row("4", "skipped", "health", NO_FIELD),
        row("5", "conflict", "health", NO_FIELD),
    ]
    told = [(one["key"], one["action"], one["field"], one["after"]) for one in folded(rows)]
    assert told == [
        ("1", "set", "health", "green"),
        ("2 items", "skipped", "health", None),
        ("3", "skipped", "slip_wd", "green"),
        ("5", "conflict", "health", "green"),
    ]


def test_the_same_reason_in_another_source_is_counted_apart() -> None:
    rows = [
        row("1", "skipped", "health", NO_FIELD),
        {**row("2", "skipped", "health", NO_FIELD), "source": "shop"},
    ]
    assert [one["key"] for one in folded(rows)] == ["1", "2"]
