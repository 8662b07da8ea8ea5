"""Which part of the portfolio a report is about, and how fresh what it says is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from portfolio.agenda import Committee
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from store import Store


def within(projects: Sequence[Mapping[str, Any]], slug: str | None) -> list[str]:
    """The slug and those below it, each before its children; all of them where there is none.

    Args:
        projects: rows of the view `project`.
        slug: a portfolio, programme or project.

    Raises:
        UsageError: the tree has no such slug.
    """
    known = [str(row["slug"]) for row in projects]
    if slug is not None and slug not in known:
        near = get_close_matches(slug, known, n=1)
        raise UsageError(
            f"The portfolio has no `{slug}`{f'; did you mean `{near[0]}`?' if near else '.'}",
            hint=f"There are: {', '.join(known)}." if known else "`portfolio` in the configuration is empty.",
        )
    roots = [row for row in projects if (row["slug"] == slug if slug else row["parent"] not in known)]
    found: list[str] = []

    def add(row: Mapping[str, Any]) -> None:
        found.append(str(row["slug"]))
        for child in projects:
            if child["parent"] == row["slug"]:
                add(child)

    for row in roots:
        add(row)
    return found


def above(projects: Sequence[Mapping[str, Any]], slug: str | None) -> list[str]:
    """What stands above a slug in the tree, the nearest first."""
    parents = {str(row["slug"]): row["parent"] for row in projects}
    found: list[str] = []
    one = parents.get(slug) if slug is not None else None
    while one is not None and one not in found:
        found.append(str(one))
        one = parents.get(one)
    return found


def deciding(
    committees: Sequence[Committee], projects: Sequence[Mapping[str, Any]], slug: str | None
) -> list[Committee]:
    """The committees that decide about the whole of what is shown; those of its parts where there is none.

    Args:
        committees: of the agenda.
        projects: rows of the view `project`.
        slug: what is shown; None is everything.
    """
    tops = [str(row["slug"]) for row in projects if row["parent"] is None] if slug is None else [slug]
    whole = {None, *tops, *above(projects, slug)}
    parts = {str(row["slug"]) for row in projects} if slug is None else set(within(projects, slug))
    return [one for one in committees if one.project in whole] or [
        one for one in committees if one.project in parts
    ]


def names_by_slug(projects: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What portfolios, programmes and projects are called."""
    return {str(row["slug"]): str(row["name"]) for row in projects}


def root_name(projects: Sequence[Mapping[str, Any]], slug: str | None = None) -> str:
    """What the whole of the report is called."""
    wanted = [row for row in projects if (row["slug"] == slug if slug else row["level"] == "portfolio")]
    return str(wanted[0]["name"]) if wanted else "Portfolio"


def last_run_at(store: Store) -> datetime | None:
    """When the last run ended: how fresh everything in the store is. None where nothing ever ran."""
    ends = [row["ended_at"] for row in store.rows("run")]
    return max((end for end in ends if isinstance(end, datetime)), default=None)
