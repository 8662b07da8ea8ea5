"""`dovetail diff`: what changed between two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from commands.group import Verb
from commands.options import format_option
from commands.output import Format, Listing, emit
from commands.session import Session, session_of
from commands.table import Column

if TYPE_CHECKING:
    from sync.run_differences import Differences


@click.command(cls=Verb)
@click.argument("first_run", metavar="RUN")
@click.argument("second_run", metavar="RUN")
@format_option()
@session_of
def diff(session: Session, first_run: str, second_run: str, output_format: Format) -> int:
    """Show what changed after one run, up to and including a later one.

    Findings that were opened, reopened, raised or resolved; items that are new, gone or late since, or late
    no longer; what was written. What came and went in between is left out. Each run's changes are kept for
    400 days, writes for as long as the store.

    RUN is the beginning of a run's id, `last` for the newest `sync` or `check`, or `last-1` for the one
    before it.

    \b
      dovetail diff last-1 last
      dovetail diff 20261120T0200 last --format csv
    """
    from sync.run_differences import differences
    from sync.run_names import find_run, runs_that_checked

    config = session.config()
    with session.store(config) as store:
        among = runs_that_checked(store)
        first = find_run(store, first_run, among=among)
        second = find_run(store, second_run, among=among)
        found = differences(store, first, second)
    rows = difference_rows(found)
    emit(
        Listing(
            rows=rows,
            columns=[
                Column(name="what"),
                Column(name="change"),
                Column(name="key", shown=lambda row: row["key"] or ""),
                Column(name="severity", shown=lambda row: row["severity"] or "", optional=1),
                Column(name="title", wraps=True, shown=lambda row: row["title"] or ""),
                Column(name="run_id", title="run", optional=2),
            ],
            empty=f"Nothing changed between {first} and {second}.",
            fields=("what", "change", "key", "item_id", "severity", "rule", "title", "field", "run_id"),
        ),
        output_format,
    )
    return 0


def difference_rows(found: Differences) -> list[dict[str, Any]]:
    """Findings, then items, then writes, one row each."""
    from sync.run_differences import FINDING_CHANGES

    rows: list[dict[str, Any]] = [
        {
            "what": "finding" if one.what in FINDING_CHANGES else "item",
            "change": one.what,
            "key": one.key,
            "item_id": one.item_id,
            "severity": one.severity,
            "rule": one.rule,
            "title": one.title,
            "field": None,
            "run_id": one.run_id,
        }
        for one in found.events
    ]
    rows += [
        {
            "what": "write",
            "change": one["state"],
            "key": one["key"],
            "item_id": one["item_id"],
            "severity": None,
            "rule": None,
            "title": _written(one),
            "field": one["field"] or one["slot"],
            "run_id": one["run_id"],
        }
        for one in found.writes
    ]
    return rows


def _written(row: dict[str, Any]) -> str:
    name = row["field"] or row["slot"]
    if row["slot"] == "comment":
        return "the comment was deleted" if row["after"] is None else "our comment"
    return f"{name}: {row['before'] or 'empty'} → {row['after'] or 'empty'}"
