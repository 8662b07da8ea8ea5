"""`kill -9` at random moments of a pull and of an apply, then one clean run: as if nothing had happened.

Five moments each by default, twenty in `make soak`. Boundaries one by one are the business
of `tests/faults/test_kill_points.py`; this is a real signal and a real command line.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from world import NO_WRITES, CommandLine, World, a_world

MOMENTS = 20 if os.environ.get("DOVETAIL_SOAK") else 5
# Slow enough answers spread the moments over the requests instead of over one long computation.
LATENCY_MS = 20
VIEWS = ("item", "change", "dependency", "risk", "twin", "person_schedule", "finding", "project")
pytestmark = [pytest.mark.slow]


def stored(world: World) -> dict[str, list[dict[str, Any]]]:
    return {view: world.export(view) for view in VIEWS}


def in_the_tracker(world: World) -> list[Any]:
    """What people see in each tracker, without ids and instants that depend on the order of requests."""
    dump = world.control("dump")
    comments: Counter[tuple[str, str]] = Counter()
    for comment in _all_comments(dump):
        comments[str(comment["issue"]), str(comment["body"])] += 1
    fields = sorted((str(issue["id"]), sorted(map(str, issue["fields"].items()))) for issue in dump["issues"])
    return [fields, sorted(comments.items()), _on_boards(world), _in_plans(world)]


def _in_plans(world: World) -> list[tuple[str, str]]:
    """Every plan, byte for byte."""
    plans = sorted((world.folder / "plans").glob("*.xml"))
    return [(path.name, path.read_text(encoding="utf-8").replace(world.url, "http://site")) for path in plans]


def _on_boards(world: World) -> list[Any]:
    """The same of Azure DevOps; a comment makes a revision, so revisions are the same too."""
    moving = ("System.ChangedDate", "System.RevisedDate", "System.Watermark")
    return [
        (
            item.id,
            item.rev,
            sorted((name, str(value)) for name, value in item.state.items() if name not in moving),
            sorted(comment.text for comment in item.comments if not comment.deleted),
        )
        for item in world.boards.items.values()
    ]


def _all_comments(dump: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"issue": issue["id"], **comment} for issue in dump["issues"] for comment in issue.get("comments", ())
    ]


def our_comments_per_item(world: World) -> Counter[str]:
    on_boards = (
        f"boards {item.id}"
        for item in world.boards.items.values()
        for comment in item.comments
        if comment.versions[0].by == world.boards.bot and not comment.deleted
    )
    return Counter(on_boards) + Counter(
        str(comment["issue"])
        for comment in _all_comments(world.control("dump"))
        if "dovetail" in str(comment.get("properties", ""))
    )


@pytest.fixture(scope="module")
def undisturbed(
    origin: Path, command_line: CommandLine, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    with a_world(origin, tmp_path_factory.mktemp("undisturbed"), command_line) as world:
        world.succeed("--quiet", "sync")
        return {
            "store": stored(world),
            "tracker": in_the_tracker(world),
            "comments": our_comments_per_item(world),
        }


def test_an_undisturbed_run_comments_items_once(undisturbed: dict[str, Any]) -> None:
    assert len(undisturbed["comments"]) > 10
    assert set(undisturbed["comments"].values()) == {1}


def test_a_pull_killed_at_any_moment_goes_on_as_if_nothing_had_happened(
    origin: Path, command_line: CommandLine, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    moments = random.Random(2026)
    killed = 0
    with a_world(origin, tmp_path, command_line, latency_ms=LATENCY_MS) as world:
        for _ in range(MOMENTS):
            world.forget_store()
            code = world.run("--quiet", "pull", kill_after=moments.uniform(0.05, 1.2))
            killed += code == -9
            world.succeed("--quiet", "pull")
            world.succeed("--quiet", "derive")
            world.succeed("--quiet", "check")
            after = stored(world)
            for view in ("item", "change", "dependency", "risk", "twin", "person_schedule"):
                assert _without_rollups(after[view]) == _without_rollups(undisturbed["store"][view]), view
        assert killed >= MOMENTS / 2
        assert world.writes() == NO_WRITES


def _without_rollups(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what a write to the tracker moves: the undisturbed run has written, this one has only read."""
    moved = {"updated_at", "revision"}
    return [{key: value for key, value in row.items() if key not in moved} for row in rows]


def test_an_apply_killed_at_any_moment_goes_on_and_doubles_no_comment(
    origin: Path, command_line: CommandLine, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    moments = random.Random(711)
    killed = 0
    for number in range(MOMENTS):
        with a_world(origin, tmp_path / str(number), command_line, latency_ms=LATENCY_MS) as world:
            world.succeed("--quiet", "pull")
            code = world.run("--quiet", "sync", kill_after=moments.uniform(0.8, 4.0))
            killed += code == -9
            world.succeed("--quiet", "sync")
            assert set(our_comments_per_item(world).values()) == {1}
            assert in_the_tracker(world) == undisturbed["tracker"]
            world.reset()
            world.succeed("--quiet", "sync")
            assert world.writes() == NO_WRITES
    assert killed >= MOMENTS / 2
