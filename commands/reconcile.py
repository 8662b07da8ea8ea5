"""`dovetail reconcile`: the same work side by side in every tracker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from commands.group import Verb
from commands.options import format_option
from commands.output import Format, Listing, Row, emit, print_line
from commands.session import Session, session_of
from commands.table import Column, plain
from commands.text import plural
from portfolio.views import VIEWS


@click.command(cls=Verb)
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@format_option()
@session_of
def reconcile(session: Session, keys: Sequence[str], output_format: Format) -> int:
    """Show the same piece of work side by side in every tracker, with the differences.

    With keys, those items beside their counterparts; without, every pair of counterparts that differ. A
    counterpart is known from `twins` in the configuration, from a field that holds the other key, or from a
    title that names it. Nothing is changed.

    \b
      dovetail reconcile
      dovetail reconcile CHK-12
      dovetail reconcile --format csv > differences.csv
    """
    config = session.config()
    with session.store(config) as store:
        if keys:
            from sync.reconcile import side_by_side

            groups = [
                (group, group.last_changes(store)) for key in keys for group in side_by_side(store, key)
            ]
            return _show_groups(session, groups, output_format)
        from sync.reconcile import unequal_pairs

        rows = unequal_pairs(store)
        every = sum(1 for _ in store.rows("twin"))
    emit(_pairs(rows, every), output_format)
    if rows:
        session.talk.say(
            f"{plural(len(rows), 'pair')} of {every:,} differ. "
            "`dovetail reconcile KEY` shows one side by side."
        )
    return 0


def _show_groups(session: Session, groups: Sequence[tuple[Any, Any]], output_format: Format) -> int:
    rows = [row for group, _ in groups for row in _rows(group)]
    if output_format != "table":
        emit(
            Listing(
                rows=rows,
                columns=(),
                empty="",
                fields=("item_id", "source", "key", "field", "value", "differs"),
            ),
            output_format,
        )
        return 0
    for number, (group, changes) in enumerate(groups):
        if number:
            print_line()
        _show_group(session, group, changes)
    return 0


def _show_group(session: Session, group: Any, changes: Mapping[tuple[str, str], Row]) -> None:
    items = group.items
    columns = [
        Column(name="differs", title=" ", shown=lambda row: "!=" if row["differs"] else ""),
        Column(name="field"),
        *(
            Column(
                name=f"side{number}", title=f"{item['source']} {item['key']}", is_verbatim=True, wraps=True
            )
            for number, item in enumerate(items)
        ),
    ]
    rows: list[Row] = [
        {
            "differs": is_different,
            "field": name.replace("_", " "),
            **{
                f"side{number}": f"{_side(value)}{_changed(changes.get((item['item_id'], name)))}"
                for number, (item, value) in enumerate(zip(items, values, strict=True))
            },
        }
        for name, values, is_different in group.lines()
    ]
    emit(Listing(rows=rows, columns=columns, empty=""))
    if len(items) == 1:
        session.talk.say(f"{items[0]['key']} has no counterpart in another tracker.")
        return
    differences = group.differences
    what = ", ".join(name.replace("_", " ") for name in differences)
    # Several kinds may speak for one pair, and the same kind for several pairs.
    kinds = {kind for pair in group.pairs for kind in str(pair["evidence"]).split(", ")}
    evidence = ", ".join(sorted(kinds))
    session.talk.say(
        f"{f'They differ in {what}' if what else 'They agree'}. Known to be the same work by: {evidence}."
    )


def _rows(group: Any) -> list[Mapping[str, Any]]:
    return [
        {
            "item_id": item["item_id"],
            "source": item["source"],
            "key": item["key"],
            "field": name,
            "value": values[number],
            "differs": is_different,
        }
        for name, values, is_different in group.lines()
        for number, item in enumerate(group.items)
    ]


def _pairs(rows: Sequence[Row], every: int) -> Listing:
    empty = f"No differences: {plural(every, 'pair')} of counterparts agree."
    if not every:
        empty = "No work is known to stand in two trackers. `twins` in the configuration can name pairs."
    return Listing(
        rows=rows,
        columns=[
            Column(name="a_key", title="one"),
            Column(name="b_key", title="other", shown=lambda row: row["b_key"] or ""),
            Column(name="difference", wraps=True, shown=_difference),
            Column(name="evidence", optional=1),
        ],
        empty=empty,
        fields=VIEWS["twin"].names,
    )


def _difference(row: Row) -> str:
    if row["missing_side"]:
        return f"no counterpart: {row['missing_side']} is not in the store"
    gap = row["due_gap_wd"]
    parts = [f"due {plural(abs(gap), 'working day')} apart"] if isinstance(gap, int) and gap else []
    parts += ["state"] if row["state_differs"] else []
    parts += ["owner"] if row["owner_differs"] else []
    return ", ".join(parts)


def _side(value: Any) -> str:
    return "unknown" if value is None else plain(value)


def _changed(change: Any) -> str:
    """Who set it so, where that is known: with them the question starts."""
    if change is None:
        return ""
    return f" (set {change['at']:%Y-%m-%d}{' by ' + str(change['by']) if change['by'] else ''})"
