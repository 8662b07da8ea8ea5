"""Relations of work items: both ends, the events of an item's updates, and the rows of the link cursor.

Work item links leave `rev` and `System.ChangedDate` alone (recorded: test_boards_releations); hyperlinks and
attachments are part of the item and make a revision.
"""

from __future__ import annotations

import re

from simulators.azure_devops import catalogue
from simulators.azure_devops.changes import revise
from simulators.azure_devops.model import (
    ARTIFACT,
    ATTACHMENT,
    HYPERLINK,
    Item,
    LinkEvent,
    Relation,
    RelationEvent,
)
from simulators.azure_devops.state import State

COUNTS = {  # resource links are part of the item: their counts are fields of it
    HYPERLINK: "System.HyperLinkCount",
    ATTACHMENT: "System.AttachedFileCount",
    ARTIFACT: "System.ExternalLinkCount",
}
_ITEM_URL = re.compile(r"/_apis/wit/workitems/(\d+)$", re.IGNORECASE)


class LinkProblem(Exception):
    """A link that cannot be: the vendor's words and type key."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(words)
        self.key = key


def target_of(url: str) -> int | None:
    """The work item that an API address names."""
    match = _ITEM_URL.search(url)
    return int(match.group(1)) if match else None


def add_relation(
    state: State, item: Item, rel: str, target: int | str, by: str, at: int, comment: str = ""
) -> None:
    """Add a relation at one end, and its other end where that is an item of this organisation.

    Raises:
        LinkProblem: unknown type, a second parent, the same link twice, a circle.
    """
    other = check(state, item, rel, target)
    if other is None:
        _add_outside(state, item, rel, str(target), by, at, comment)
        return
    back = catalogue.opposite(rel)
    for end, name, leads_to in ((item, rel, other.id), (other, back, item.id)):
        relation = Relation(name, leads_to, "", at, comment)
        end.relations.append(relation)
        end.events.append(RelationEvent(at, by, True, relation))
    state.link_log.append(_event(rel, item.id, other.id, at, by, active=True))


def check(state: State, item: Item, rel: str, target: int | str) -> Item | None:
    """May this relation be added? Returns the item at its other end, None where it leads outside.

    Raises:
        LinkProblem: as `add_relation`.
    """
    if rel not in catalogue.RELATION_TYPES:
        raise LinkProblem("WorkItemLinkTypeNotFoundException", f"Unknown relation type {rel}.")
    if not catalogue.is_work_item_link(rel) or catalogue.is_remote(rel):
        if any(r.rel == rel and r.url == target for r in item.relations):
            raise LinkProblem("WorkItemLinkExistsException", "Relation already exists.")
        return None
    other = state.items.get(int(target))
    if other is None or other.deleted:
        words = f"TF401232: Work item {target} does not exist, or you do not have permissions to read it."
        raise LinkProblem("WorkItemUnauthorizedAccessException", words)
    _check(state, item, rel, other)
    return other


def drop_relation(state: State, item: Item, relation: Relation, by: str, at: int) -> None:
    """Remove a relation, at both ends."""
    item.relations.remove(relation)
    if relation.target is None:
        item.events.append(RelationEvent(at, by, False, relation))
        if relation.rel in COUNTS:
            _count(state, item, relation.rel, by, at)
        return
    item.events.append(RelationEvent(at, by, False, relation))
    back = catalogue.opposite(relation.rel)
    other = state.items.get(relation.target)
    if other is not None:
        far = next(r for r in other.relations if r.rel == back and r.target == item.id)
        other.relations.remove(far)
        other.events.append(RelationEvent(at, by, False, far))
    state.link_log.append(_event(relation.rel, item.id, relation.target, at, by, active=False))


def find_relation(item: Item, rel: str, target: int | str) -> Relation:
    """The relation to an item (by id) or to an address, or KeyError."""
    for relation in item.relations:
        if relation.rel == rel and target in {relation.target, relation.url} - {None, ""}:
            return relation
    raise KeyError(f"item {item.id} has no {rel} to {target}")


def parent_of(item: Item) -> int | None:
    """The parent's id."""
    return next((r.target for r in item.relations if r.rel == "System.LinkTypes.Hierarchy-Reverse"), None)


def _check(state: State, item: Item, rel: str, other: Item) -> None:
    if any(r.rel == rel and r.target == other.id for r in item.relations):
        raise LinkProblem("WorkItemLinkExistsException", "Relation already exists.")
    if other.id == item.id:
        raise LinkProblem(
            "WorkItemLinkCircularException", "TF201035: A work item cannot be linked to itself."
        )
    if "Hierarchy" not in rel:
        return
    child, parent = (other, item) if rel.endswith("-Forward") else (item, other)
    if parent_of(child) is not None:
        words = (
            f"TF201036: You cannot add a Child link between work items {parent.id} and {child.id} because a "
            "work item can have only one Parent link."
        )
        raise LinkProblem("WorkItemLinkAddExtraParentException", words)
    above: int | None = parent.id
    while above is not None:
        if above == child.id:
            words = (
                f"TF201035: You cannot add a Child link between work items {parent.id} and {child.id} "
                "because it would result in a circular relationship."
            )
            raise LinkProblem("WorkItemLinkCircularException", words)
        above = parent_of(state.items[above])


def _add_outside(state: State, item: Item, rel: str, url: str, by: str, at: int, comment: str) -> None:
    relation = Relation(rel, None, url, at, comment, state.next_id("resource link"))
    item.relations.append(relation)
    item.events.append(RelationEvent(at, by, True, relation))
    if rel in COUNTS:
        _count(state, item, rel, by, at)


def _count(state: State, item: Item, rel: str, by: str, at: int) -> None:
    revise(state, item, {COUNTS[rel]: sum(r.rel == rel for r in item.relations)}, by, at)


def _event(rel: str, source: int, target: int, at: int, by: str, *, active: bool) -> LinkEvent:
    base, _, end = rel.rpartition("-")
    if not base:  # Related has no direction; the smaller id goes first
        return LinkEvent(rel, min(source, target), max(source, target), at, by, active)
    if end == "Reverse":
        source, target = target, source
    return LinkEvent(base, source, target, at, by, active)
