"""A run that is killed at any boundary, and then run again, ends where an undisturbed run ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sync_world import World

from sync.pipeline import sync


class KilledError(BaseException):
    """The process is gone: nothing may catch it."""


class Boundary:
    """Counts every call across the store's and the connectors' border, and dies at the chosen one."""

    def __init__(self, die_at: int | None = None) -> None:
        self.passed: list[str] = []
        self.die_at = die_at

    def cross(self, name: str) -> None:
        if self.die_at == len(self.passed):
            raise KilledError(name)
        self.passed.append(name)


class Guarded:
    """Something of which every call crosses the boundary, and every element it yields does too."""

    def __init__(self, inner: Any, boundary: Boundary) -> None:
        self._inner, self._boundary = inner, boundary

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value) or name == "lock":
            return value
        return self._call(name, value)

    def _call(self, name: str, value: Callable[..., Any]) -> Callable[..., Any]:
        def crossing(*args: Any, **options: Any) -> Any:
            self._boundary.cross(f"before {name}")
            answer = value(*args, **options)
            return self._each(name, answer) if isinstance(answer, Iterator) else answer

        return crossing

    def _each(self, name: str, elements: Iterator[Any]) -> Iterator[Any]:
        for element in elements:
            # The tracker has done it; we never learn of it.
            self._boundary.cross(f"answer of {name}")
            yield element


def guarded_sync(world: World, boundary: Boundary) -> None:
    sync(
        Guarded(world.store, boundary),
        [Guarded(one, boundary) for one in world.connectors.values()],
        world.settings(),
        clock=world.clock,
    )


def small_world() -> World:
    """Two sources, an epic with fields, one late task on each side, one task whose comment must change."""
    fields = {"health": "Portfolio health", "open_findings": "Open findings", "percent_complete": "Done"}
    world = World(fields=fields)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    world.task("CHK-3", due="2026-11-27", parent="CHK-1")
    world.task("RET-1", on="boards", due="2026-11-20")
    return world


def changed_world() -> World:
    """The same a week later: one task was finished, another became late, one was deleted."""
    world = small_world()
    world.sync()
    world.clock.advance(days=7)
    world.shop.edit("CHK-2", by="ana", state="done")
    world.boards.delete("RET-1")
    world.task("RET-2", on="boards", due="2026-11-25")
    return world


def outcome(world: World) -> dict[str, Any]:
    """Everything that people can see afterwards."""
    return {
        "comments": {
            item.key: [one.body for one in item.comments]
            for tracker in world.trackers.values()
            for item in tracker.items.values()
        },
        "fields": {
            item.key: item.fields for tracker in world.trackers.values() for item in tracker.items.values()
        },
        "findings": [
            (one.rule, one.key, one.state, one.opened_at, one.resolved_at, one.resolved_because, one.evidence)
            for one in world.store.findings()
        ],
        "items": [(row["item_id"], row["state"], row["revision"]) for row in world.store.rows("item")],
        "mails": [tracker.mails for tracker in world.trackers.values()],
    }


def without_revisions(seen: dict[str, Any]) -> dict[str, Any]:
    """Our own writes make a revision; when it is read back depends on how often we ran."""
    return {**seen, "items": [(item, state) for item, state, _ in seen["items"]]}


def is_tried(die_at: int, name: str) -> bool:
    """Every boundary of pages, looks and writes, and every twelfth of the others; all in the long form."""
    is_vital = any(
        part in name
        for part in ("page", "pull", "census", "look", "push", "write", "arm", "findings", "mark_")
    )
    return is_vital or die_at % 12 == 0 or "DOVETAIL_SOAK" in os.environ


@pytest.mark.slow
@pytest.mark.parametrize("build", [small_world, changed_world])
def test_a_run_killed_at_any_boundary_and_run_again_equals_an_undisturbed_run(
    build: Callable[[], World],
) -> None:
    calm = build()
    counted = Boundary()
    guarded_sync(calm, counted)
    wanted = without_revisions(outcome(calm))
    assert len(counted.passed) > 80
    for die_at, name in enumerate(counted.passed):
        if not is_tried(die_at, name):
            continue
        world = build()
        with pytest.raises(KilledError):
            guarded_sync(world, Boundary(die_at))
        result = world.sync()
        assert result.exit_code == 0, f"{die_at}: {name}"
        assert without_revisions(outcome(world)) == wanted, f"{die_at}: {name}"
        writes = len(world.written())
        again = world.sync()
        assert again.plan is not None
        assert list(again.plan.writes) == [], f"{die_at}: {name}"
        assert len(world.written()) == writes, f"{die_at}: {name}"


def test_a_killed_push_is_looked_up_and_no_comment_is_made_twice() -> None:
    world = small_world()
    counted = Boundary()
    guarded_sync(small_world(), counted)
    die_at = counted.passed.index("answer of push")
    with pytest.raises(KilledError):
        guarded_sync(world, Boundary(die_at))
    made = len(world.written())
    assert made == 1
    world.sync()
    assert [len(world.shop.our_comments(key)) for key in ("CHK-1", "CHK-2", "CHK-3")] == [0, 1, 0]
    assert len(world.shop.mails) == 1
    states = sorted(str(row["state"]) for row in world.store.rows("write"))
    assert states.count("not sent") == 3
    assert "sending" not in states
