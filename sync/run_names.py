"""Runs as people name them: the beginning of an id, or `last`, `last-1` and so on."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from portfolio.errors import UsageError

if TYPE_CHECKING:
    from store import Store

_LAST = re.compile(r"last(?:-([0-9]{1,4}))?")
_SHOWN = 3
CHECKING = ("sync", "check")
HINT = "`dovetail status` shows the last runs, `dovetail export run` all of them."


def find_run(store: Store, text: str, *, among: Collection[str]) -> str:
    """The id of the run that somebody means.

    Args:
        store: knows the runs.
        text: the beginning of an id, or `last` for the newest of `among`, `last-1` for the one before it.
        among: the runs that `last` counts.

    Raises:
        UsageError: no run is called so, or several are.
    """
    known = [str(row["run_id"]) for row in sorted(store.rows("run"), key=lambda row: str(row["started_at"]))]
    relative = _LAST.fullmatch(text)
    if relative:
        counted = [one for one in known if one in among]
        back = int(relative[1] or 0)
        if back >= len(counted):
            raise UsageError(f"There is no run `{text}`: {len(counted)} count here.", hint=HINT)
        return counted[-1 - back]
    found = [one for one in known if one == text] or [one for one in known if text and one.startswith(text)]
    if not found:
        raise UsageError(f"There is no run `{text}`.", hint=HINT)
    if len(found) > 1:
        shown = ", ".join(found[:_SHOWN])
        raise UsageError(f"`{text}` is the beginning of {len(found)} runs: {shown}.", hint="Type more of it.")
    return found[0]


def runs_that_wrote(store: Store) -> set[str]:
    """The runs that made at least one write."""
    return {str(row["run_id"]) for row in store.rows("write", where={"state": "applied"})}


def runs_that_checked(store: Store) -> set[str]:
    """The runs that looked what is wrong: only those can tell what has changed."""
    return {str(row["run_id"]) for row in store.rows("run", where={"verb": list(CHECKING)})}
