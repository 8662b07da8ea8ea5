"""What the in-memory tracker keeps, as portfolio records."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.memory_tracker import MemoryItem, MemoryTracker
from portfolio.records import (
    AnyRecord,
    Change,
    Dependency,
    Identity,
    Iteration,
    Release,
    Risk,
    Schedule,
    SourceId,
    WorkItem,
    item_id,
)


def people_of(tracker: MemoryTracker, source: SourceId) -> list[AnyRecord]:
    """The accounts."""
    return [
        Identity(source=source, account_id=account, **values) for account, values in tracker.people.items()
    ]


def lists_of(tracker: MemoryTracker, source: SourceId) -> list[AnyRecord]:
    """Iterations, releases, and one schedule per scope."""
    records: list[AnyRecord] = [
        Iteration(iteration_id=f"{source}/{name}", source=source, **values)
        for name, values in tracker.iterations.items()
    ]
    records += [
        Release(release_id=f"{source}/{name}", source=source, **values)
        for name, values in tracker.releases.items()
    ]
    records += [
        Schedule(schedule_id=f"{source}/{scope}", source=source, scope=scope, name=scope, kind="project")
        for scope in tracker.scopes()
    ]
    return records


def records_of(tracker: MemoryTracker, source: SourceId, items: Sequence[MemoryItem]) -> list[AnyRecord]:
    """The items with their risk faces, timelines, and the dependencies they are the successors of."""
    native = {item.native_id for item in items}
    records: list[AnyRecord] = []
    for item in items:
        records.append(_work_item(source, item))
        if item.risk is not None:
            records.append(Risk(item_id=item_id(source, item.native_id), source=source, **item.risk))
    records += [
        Change(
            source=source,
            event_id=entry.event_id,
            item_id=item_id(source, entry.native_id),
            at=entry.at,
            by=entry.by,
            field=entry.field,
            before=entry.before,
            after=entry.after,
        )
        for entry in tracker.timeline
        if entry.native_id in native
    ]
    records += [
        Dependency(
            dependency_id=f"{source}/{link_id}",
            source=source,
            predecessor_id=item_id(source, before),
            successor_id=item_id(source, after),
            type=link_type,
            lag_minutes=lag,
        )
        for link_id, (before, after, link_type, lag) in tracker.dependencies.items()
        if after in native
    ]
    return records


def _work_item(source: SourceId, item: MemoryItem) -> WorkItem:
    return WorkItem(
        item_id=item_id(source, item.native_id),
        source=source,
        native_id=item.native_id,
        key=item.key,
        url=f"https://tracker.example/{item.key}",
        scope=item.scope,
        revision=str(item.revision),
        schedule_id=f"{source}/{item.scope}",
        parent_id=None if item.parent is None else item_id(source, item.parent),
        created_at=item.created_at,
        updated_at=item.updated_at,
        **item.values,
    )
