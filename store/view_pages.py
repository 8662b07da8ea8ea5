"""The page `docs/views.md`, made from the list of names. `python -m store.view_pages` writes it anew."""

from __future__ import annotations

from pathlib import Path

from portfolio.views import VIEWS, Column, View
from store.views import never_null

PAGE = Path(__file__).resolve().parent.parent / "docs" / "views.md"

# Columns whose null says that there is none, as far as is known.
_NONE_NAMES = frozenset(
    {
        "deleted_because", "owner_problem", "lead_problem", "predecessor_owner_problem", "problem", "error",
        "blocked_since", "resolved_at", "resolved_because", "muted_until", "muted_by", "muted_reason",
        "muted_approver",
        "worst_finding", "armed_at", "missing_side", "held_because", "until", "by", "why", "reason",
        "earlier_finish",
    }
)  # fmt: skip

_HEAD = """\
# The views

Rules, reports, exports and people's own SQL read these views; `dovetail export VIEW` prints exactly these
columns, in this order. Columns are added, never renamed. This page is made from `portfolio/views.py` by
`python -m store.view_pages`; do not edit it.

| type | in SQLite | in PostgreSQL | in an export |
|---|---|---|---|
| text | text | `text`, compared by code point | text |
| int, real | number | `bigint`, `double precision` | number |
| bool | 0 or 1 | `boolean` | `true` or `false` |
| date | `YYYY-MM-DD` | `date` | `YYYY-MM-DD` |
| wall | `YYYY-MM-DDTHH:MM`: a time of a plan, which has no zone | the same text | the same text |
| instant | `YYYY-MM-DDTHH:MM:SS.mmmZ` | `timestamptz` | ISO 8601, UTC, ending in `Z` |
| list, object | JSON text | `jsonb`, `json` | list, object |

Null is *unknown*, which is not the same as zero, no, or fine; where the last column says *none*, null
means that there is none. Columns marked **never** are never null, among them the booleans named `is_ has_
in_ crosses_`, which are false where nothing is known. A column that no part fills yet is null.

In SQL, put double quotes around a name that the database reserves: `"check"`, `"end"`. Rules read
`rule_<view>`: the same columns, and hidden ones beside them: `<name>_ord` for each date and instant (its
working-day number, so that the difference of two is a number of working days), `calendar_id` where rows
have a calendar of their own, `today_ord`, and `place` where rows belong to a project (its slug). In views
whose rows have no calendar the numbers are those of the portfolio's calendar, and an instant counts by its
day in UTC. `item_with_deleted` is `item` with the tombstones.
"""


def views_page() -> str:
    """The page as Markdown: every view, its columns, their types, and which are never null."""
    return "\n".join([_HEAD, *(_section(view) for view in VIEWS.values())])


def _section(view: View) -> str:
    lines = [
        f"## {view.name}",
        "",
        f"{view.about} Key: {', '.join(f'`{name}`' for name in view.key)}.",
        "",
        "| column | type | null |",
        "|---|---|---|",
    ]
    lines.extend(f"| `{column.name}` | {column.type} | {_null(view, column)} |" for column in view.columns)
    return "\n".join([*lines, ""])


def _null(view: View, column: Column) -> str:
    if never_null(view, column):
        return "**never**"
    return "none" if column.name in _NONE_NAMES else "unknown"


if __name__ == "__main__":
    PAGE.write_text(views_page(), encoding="utf-8")
