"""Pairs of items as rows of a listing: what speaks for them, their titles, and who decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from commands.output import Listing, Row
from commands.table import Column
from commands.text import plural

if TYPE_CHECKING:
    from store import Store
    from sync.twins_file import TwinEntry

STATES = ("confirmed", "unconfirmed", "missing", "rejected")
FIELDS = (
    "state", "twin_id", "a", "b", "a_id", "b_id", "a_title", "b_title", "evidence", "confidence", "map_count",
    "by", "at", "note",
)  # fmt: skip


def known_pairs(store: Store, entries: Iterable[TwinEntry]) -> list[dict[str, Any]]:
    """Every pair that something speaks for or a person rejected, as rows."""
    decided: dict[frozenset[object], TwinEntry] = {frozenset(one.ids or one.keys): one for one in entries}
    shown: set[int] = set()
    rows: list[dict[str, Any]] = []
    for pair in store.rows("twin"):
        ends = [
            None
            if pair[f"{side}_id"] is None
            else f"{str(pair[f'{side}_id']).partition('/')[0]}:{pair[f'{side}_key']}"
            for side in ("a", "b")
        ]
        entry = decided.get(frozenset((pair["a_id"], pair["b_id"]))) or decided.get(frozenset(ends))
        if entry is not None and not entry.is_confirmed:
            continue  # rejected since the last derivation
        state = "missing" if pair["missing_side"] else "confirmed" if pair["is_confirmed"] else "unconfirmed"
        if entry is not None:
            shown.add(id(entry))
            state = "confirmed"
        rows.append(
            {**pair, "state": state, "a": ends[0], "b": ends[1] or pair["missing_side"], **_who(entry)}
        )
    for one in decided.values():
        if id(one) not in shown:  # rejected, or not derived yet
            ids = one.ids or (None, None)
            rows.append(
                {
                    "state": "confirmed" if one.is_confirmed else "rejected",
                    **dict(zip(("a", "b"), one.keys, strict=True)),
                    **dict(zip(("a_id", "b_id"), ids, strict=True)),
                    "evidence": one.evidence,
                    **_who(one),
                }
            )
    return rows


def _who(entry: TwinEntry | None) -> dict[str, Any]:
    return {"by": entry and entry.by, "at": entry and entry.at, "note": entry and entry.note}


def add_titles(store: Store, rows: Sequence[dict[str, Any]]) -> None:
    """Put the titles of both items into the rows."""
    ids = sorted({row[f"{side}_id"] for row in rows for side in ("a", "b") if row.get(f"{side}_id")})
    titles: dict[str, Any] = {}
    for start in range(0, len(ids), 500):
        for item in store.rows("item", where={"item_id": ids[start : start + 500]}):
            titles[str(item["item_id"])] = item["title"]
    for row in rows:
        row["a_title"], row["b_title"] = titles.get(row.get("a_id") or ""), titles.get(row.get("b_id") or "")


def is_suggestion(row: Row) -> bool:
    """Whether nothing but its titles speaks for a pair."""
    from sync.twin_evidence import SIMILAR

    return row["state"] == "unconfirmed" and row["evidence"] == SIMILAR.name


def twin_listing(rows: Sequence[Row], empty: str, *, is_for_review: bool = False) -> Listing:
    """The pairs for people and programs; for review with the titles, else with who decided."""
    sides = [
        Column(name="a", title="one"),
        Column(name="b", title="other"),
    ]
    titles = [
        Column(name="a_title", title="its title", wraps=True, optional=1),
        Column(name="b_title", title="other's title", wraps=True, optional=1),
    ]
    sure = [
        Column(name="evidence", wraps=True),
        Column(name="confidence", title="sure", is_number=True, shown=_percent),
    ]
    if is_for_review:
        columns = [*sides, *titles, *sure]
    else:
        notes = [Column(name="by", optional=1), Column(name="note", wraps=True, optional=2)]
        columns = [Column(name="state"), *sides, *sure, *notes]
    return Listing(rows=rows, columns=columns, empty=empty, fields=FIELDS)


def _percent(row: Row) -> str:
    value = row.get("confidence")
    return f"{value:.0%}" if isinstance(value, float | int) else ""


def counted(rows: Sequence[Row]) -> str:
    """How many pairs there are, by state."""
    parts = [(state, sum(row["state"] == state for row in rows)) for state in STATES]
    return f"{plural(len(rows), 'pair')}: {', '.join(f'{many:,} {state}' for state, many in parts if many)}."
