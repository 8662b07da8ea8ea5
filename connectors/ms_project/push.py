"""The writing half of the contract, for plans that are read only: every intent is refused, with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.ms_project.client import PlanFile, PlanFolder
from connectors.ms_project.mapping import kept_tasks
from connectors.ms_project.render import SLOTS, refusal
from connectors.ms_project.tasks import task_id
from portfolio.errors import FileUnreadable
from portfolio.intents import Intent, Receipt, Refused, Slots
from portfolio.records import ItemId


def refuse(intents: Sequence[Intent]) -> Iterator[Receipt]:
    """One refusal per intent."""
    for intent in intents:
        yield Refused(intent_id=intent.intent_id, reason=refusal(intent.slot))


def look(folder: PlanFolder, source: str, targets: Sequence[ItemId]) -> Iterator[Slots]:
    """Whether each task still stands in its plan, and that none of its slots can be written."""
    unwritable = {slot: refusal(slot) for slot in SLOTS}
    plans: dict[str, frozenset[ItemId] | None] = {}
    files = {file.scope: file for file in folder.find().files}
    for target in targets:
        scope = target.removeprefix(f"{source}/").rpartition(":")[0]
        if scope not in plans:
            plans[scope] = _tasks_of(folder, source, files[scope]) if scope in files else frozenset()
        known = plans[scope]
        exists = known is None or target in known
        yield Slots(
            item_id=target,
            exists=exists,
            gone_because=None if exists else _why_gone(scope, files),
            unwritable=unwritable,
        )


def _tasks_of(folder: PlanFolder, source: str, file: PlanFile) -> frozenset[ItemId] | None:
    """None where the file cannot be read: it cannot be told, so nothing is called gone."""
    try:
        rows = folder.read(file).rows
    except FileUnreadable:
        return None
    return frozenset(task_id(source, file.scope, uid) for uid in kept_tasks(rows))


def _why_gone(scope: str, files: Mapping[str, PlanFile]) -> str:
    return f"no longer in the plan {scope}" if scope in files else f"the plan's file {scope} is gone"
