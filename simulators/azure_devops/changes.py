"""Revisions: what a change of fields brings with it, and the log that the reporting cursor reads."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.azure_devops.model import Item, Json, Revision, WorkType, iso
from simulators.azure_devops.state import State, append

_COMMON = "Microsoft.VSTS.Common."
_STEP_MS = 10  # revisions of one item made at the same instant are this far apart: their dates always differ
_ENTERED = {"InProgress": "Activated", "Resolved": "Resolved", "Completed": "Closed"}


def revise(state: State, item: Item, changes: Mapping[str, Json], by: str, at: int) -> Revision | None:
    """Add a revision with what really changes and what follows from it; None when nothing does."""
    real = {name: value for name, value in changes.items() if item.state.get(name) != value}
    if not real:
        return None
    if item.revisions:
        at = max(at, item.revisions[-1].at + _STEP_MS)
        if "System.History" in item.state and "System.History" not in real:
            real["System.History"] = None  # it belongs to its own revision only
    if "System.State" in real or "System.WorkItemType" in real:
        real |= _state_dates(state, item, real, by, at)
    state.log.append((item.id, len(item.revisions) + 1))
    revision = Revision(at, by, len(state.log), real)
    append(item, revision)
    return revision


def _state_dates(state: State, item: Item, changes: dict[str, Json], by: str, at: int) -> dict[str, Json]:
    after = item.state | changes
    kind = state.types_of(state.projects[after["System.TeamProject"]])[after["System.WorkItemType"]]
    entered = kind.state(after["System.State"])
    found: dict[str, Json] = {_COMMON + "StateChangeDate": iso(at)}
    if entered is None:
        return found
    old_name = item.state.get("System.State")
    old = kind.state(old_name) if old_name else None
    if "System.Reason" not in changes:
        found["System.Reason"] = _reason(kind, entered.name, entered.category, is_new=not item.revisions)
    word = _ENTERED.get(entered.category)
    if word is not None and (old is None or old.category != entered.category):
        found |= _stamp(kind, word, by, iso(at))
    if old is not None and old.category == "Completed" and entered.category != "Completed":
        found |= _stamp(kind, "Closed", None, None)
    return found


def _stamp(kind: WorkType, word: str, by: str | None, at: str | None) -> dict[str, Json]:
    """Custom types have no Activated or Resolved fields, so none are filled there (process-migrator#44)."""
    pairs = {f"{_COMMON}{word}Date": at, f"{_COMMON}{word}By": by}
    return {name: value for name, value in pairs.items() if name in kind.fields}


def _reason(kind: WorkType, name: str, category: str, *, is_new: bool) -> str:
    if is_new:
        return "Added to backlog" if kind.states[0].name == "To Do" else "New"
    return {"Completed": "Completed"}.get(category, f"Moved to state {name}")
