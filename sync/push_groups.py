"""What goes to a connector in one call: between two calls a run can be stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from connectors.base import Capability
from portfolio.intents import COMMENT
from sync.plan_file import PlannedWrite


def push_groups(writes: Sequence[PlannedWrite], able: Capability) -> list[list[PlannedWrite]]:
    """What goes to the connector in one call: between two calls a run can be stopped.

    All writes of an item stay together, and of a scope where the connector writes whole scopes.
    """
    parts: dict[str, list[PlannedWrite]] = {}
    for write in writes:
        whole = write.scope if able.pushes_whole_scopes and write.scope is not None else write.item_id
        parts.setdefault(whole, []).append(write)
    if able.pushes_whole_scopes:
        return list(parts.values())
    if able.comments_per_push >= able.items_per_push:
        return list(_chunks(list(parts.values()), able.items_per_push))
    others, commented = _split(parts.values())
    return [*_chunks(others, able.items_per_push), *_chunks(commented, able.comments_per_push)]


def _split(
    blocks: Iterable[list[PlannedWrite]],
) -> tuple[list[list[PlannedWrite]], list[list[PlannedWrite]]]:
    """The items that get only fields, and those that get a comment."""
    others: list[list[PlannedWrite]] = []
    commented: list[list[PlannedWrite]] = []
    for block in blocks:
        (commented if any(write.slot == COMMENT for write in block) else others).append(block)
    return others, commented


def _chunks(blocks: Sequence[list[PlannedWrite]], size: int) -> Iterator[list[PlannedWrite]]:
    at_once = max(size, 1)
    for start in range(0, len(blocks), at_once):
        yield list(chain.from_iterable(blocks[start : start + at_once]))
