"""The first sheet: what the workbook is about, how fresh it is, its colours, and what the others hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from reports.spreadsheet import HEALTH_WORDS, UNKNOWN, Written

Cells: TypeAlias = Sequence[tuple[str, object]]
_LEVELS = {"portfolio": "Portfolio", "program": "Programmes", "project": "Projects"}


def cover(
    title: str,
    *,
    today: date,
    zone: str,
    projects: Sequence[Mapping[str, Any]],
    sources: Sequence[Mapping[str, Any]],
    written: Written,
    derived: date | None = None,
) -> Iterator[Cells]:
    """The rows of the first sheet.

    Args:
        title: what the whole is called.
        today: the day it speaks of.
        zone: in which its moments are.
        projects: rows of the view `project` that are shown.
        sources: rows of the view `source`.
        written: what became of the other sheets.
        derived: the day for which health, forecasts, slips and findings hold, where it is another one.
    """
    yield [("title", title)]
    yield [("said", f"As of {today.day} {today:%B %Y}. Times are those of {zone}. Empty means unknown.")]
    if derived is not None and derived != today:
        then = f"{derived.day} {derived:%B %Y}"
        yield [("amber", "Note"), ("said", f"Health, forecasts, slips and findings are those of {then}.")]
    for row in sources:
        if row["is_stale"]:
            yield [
                ("amber", "Stale"),
                ("said", f"{row['source']} could not be read; its rows are as they were."),
            ]
    yield []
    yield [("strong", "Health"), *(("strong", word) for word in (*HEALTH_WORDS.values(), UNKNOWN))]
    for level, label in _LEVELS.items():
        counts = Counter(str(row["health"]) for row in projects if row["level"] == level)
        unknown = sum(count for health, count in counts.items() if health not in HEALTH_WORDS)
        yield [
            ("text", label),
            *((health if counts[health] else "number", counts[health]) for health in HEALTH_WORDS),
            ("grey" if unknown else "number", unknown),
        ]
    yield []
    yield [("strong", "Sheet"), ("strong", "Rows")]
    for name, count in written.rows.items():
        left_out = written.left_out.get(name)
        yield [
            (f"to:{name}", name),
            ("number", count),
            *([("amber", f"{left_out:,} more found no room")] if left_out else []),
        ]
    yield []
    yield [("said", "Every sheet has filters on its headings. Keys lead to the tracker.")]
    if written.shortened:
        yield [("said", f"Texts that were shortened because they are very long: {written.shortened:,}.")]
