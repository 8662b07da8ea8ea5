"""Findings as people see them: worst first, with the title of the item they are about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any

from commands.output import Listing
from commands.table import Column
from commands.text import plural
from portfolio.findings import SEVERITIES, severity_rank
from portfolio.views import VIEWS

if TYPE_CHECKING:
    from store import Store

ID_LENGTH = 8
_NUMBER = re.compile(r"([0-9]+)")
LIVE = ("open", "acknowledged")


def finding_rows(store: Store, *, states: Sequence[str] = LIVE) -> list[dict[str, Any]]:
    """Findings in these states, worst first, then by project and key; `item_title` is for people only."""
    rows = [dict(row) for row in store.rows("finding", where={"state": list(states)})]
    titles = _titles(store) if any(row["item_id"] for row in rows) else {}
    for row in rows:
        row["item_title"] = titles.get(str(row["item_id"]))
    rows.sort(key=_order)
    return rows


def finding_listing(
    rows: Sequence[Mapping[str, Any]], *, empty: str, zone: tzinfo = UTC, is_stored: bool = True
) -> Listing:
    """Findings as a listing.

    Args:
        rows: from `finding_rows`.
        empty: what to say where there are none.
        zone: the portfolio's, in whose days a mute ends.
        is_stored: they can be looked at again by their id.
    """
    columns = [
        Column(name="severity"),
        Column(name="key", shown=lambda row: row["key"] or ""),
        Column(name="item_title", title="item", wraps=True, optional=1),
        Column(name="message", title="what", shown=_message, wraps=True, weight=2),
        Column(name="project", optional=3) if is_stored else None,
        Column(name="opened_at", title="since", shown=_since, optional=4) if is_stored else None,
        Column(name="muted_by", title="muted", shown=partial(_muted, zone=zone), wraps=True)
        if any(row.get("muted_by") for row in rows)
        else None,
        Column(name="finding_id", title="id", shown=lambda row: str(row["finding_id"])[:ID_LENGTH])
        if is_stored
        else Column(name="rule", optional=2),
    ]
    return Listing(
        rows=rows,
        columns=[column for column in columns if column is not None],
        empty=empty,
        fields=VIEWS["finding"].names,
    )


def counted(rows: Sequence[Mapping[str, Any]]) -> str:
    """`12 findings: 1 critical, 4 high, 7 low`."""
    counts = Counter(str(row["severity"]) for row in rows)
    return severities(counts, noun="finding")


def severities(counts: Mapping[str, int], *, noun: str = "finding") -> str:
    """How many there are of each severity, worst first, in words."""
    parts = [f"{counts[name]:,} {name}" for name in reversed(SEVERITIES) if counts.get(name)]
    total = plural(sum(counts.values()), noun)
    return f"{total}: {', '.join(parts)}" if parts else total


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    # CHK-9 before CHK-10: the parts of a key are texts and numbers in turn.
    parts = [
        (int(part), "") if part.isdigit() else (-1, part) for part in _NUMBER.split(str(row["key"] or ""))
    ]
    return (-severity_rank(row["severity"]), row["project"] or "~", parts, row["rule"])


def _message(row: Mapping[str, Any]) -> str:
    """The message without the key that stands beside it."""
    key, message = str(row["key"] or ""), str(row["message"])
    rest = message.removeprefix(key) if key else message
    for mark in (": ", " "):
        if rest != message and rest.startswith(mark):
            return rest.removeprefix(mark)
    return message


def _since(row: Mapping[str, Any]) -> object:
    opened = row["opened_at"]
    return "" if opened is None else opened.date()


def _muted(row: Mapping[str, Any], *, zone: tzinfo) -> object:
    if not row["muted_by"]:
        return ""
    until = "" if row["muted_until"] is None else f" until {row['muted_until'].astimezone(zone):%Y-%m-%d}"
    reason = f": {row['muted_reason']}" if row["muted_reason"] else ""
    return f"by {row['muted_by']}{until}{reason}"


def _titles(store: Store) -> dict[str, str]:
    items = store.read("tracker_item", ("item_id", "title"), live_only=False)
    return dict(zip(items["item_id"], items["title"], strict=True))
