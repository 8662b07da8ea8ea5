"""The plan as a file: complete, readable, sealed."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sync_world import TUESDAY, World

from portfolio.errors import UsageError
from portfolio.notes import Note
from sync.apply import apply
from sync.plan_file import Plan, read_plan, table_rows, write_plan


def made() -> tuple[World, Plan]:
    world = World(fields={"health": "Portfolio health"}, armed=False)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    result = world.sync()
    assert result.plan is not None
    return world, result.plan


def test_a_plan_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    _, plan = made()
    path = tmp_path / "plan.json"
    write_plan(plan, path)
    again = read_plan(path)
    assert msgspec.json.encode(again) == msgspec.json.encode(plan)
    assert isinstance(again.writes[0].note or again.writes[1].note, Note)
    assert (again.created_at, again.expires_at) == (TUESDAY, TUESDAY + timedelta(hours=24))
    assert [one.name for one in tmp_path.iterdir()] == ["plan.json"]


def test_a_plan_that_was_applied_from_its_file_is_made_only_once(tmp_path: Path) -> None:
    world, plan = made()
    write_plan(plan, tmp_path / "plan.json")
    read = read_plan(tmp_path / "plan.json")
    one = apply(world.store, world.connectors, read, run_id="first", clock=world.clock)
    two = apply(world.store, world.connectors, read, run_id="second", clock=world.clock)
    assert (one.states, two.states) == ({"applied": 2}, {"unchanged": 2})
    assert len(world.written()) == 2


def test_a_plan_that_somebody_changed_is_refused(tmp_path: Path) -> None:
    _, plan = made()
    path = tmp_path / "plan.json"
    write_plan(plan, path)
    path.write_text(path.read_text().replace("CHK-2", "CHK-3"))
    with pytest.raises(UsageError, match="its hash does not fit"):
        read_plan(path)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "not json", '{"schema": "x"}'])
def test_what_is_not_a_plan_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="is not a plan of Dovetail"):
        read_plan(path)


def test_a_plan_of_another_version_is_refused(tmp_path: Path) -> None:
    _, plan = made()
    path = tmp_path / "plan.json"
    write_plan(msgspec.structs.replace(plan, version=5), path)
    with pytest.raises(UsageError, match="has the schema dovetail-plan 5; this is dovetail-plan 4"):
        read_plan(path)


def test_a_plan_from_before_plans_named_their_sites_is_refused_by_its_version(tmp_path: Path) -> None:
    _, plan = made()
    path = tmp_path / "plan.json"
    old = msgspec.to_builtins(plan) | {"version": 1}
    del old["places"]
    old["hash"] = hashlib.sha256(msgspec.json.encode(old | {"hash": ""}, order="sorted")).hexdigest()
    path.write_bytes(msgspec.json.encode(old))
    with pytest.raises(
        UsageError, match="has the schema dovetail-plan 1; this is dovetail-plan 4"
    ) as refused:
        read_plan(path)
    assert refused.value.hint == "Make it again with `dovetail plan`."


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file or directory"):
        read_plan(tmp_path / "plan.json")


def test_the_table_says_for_each_place_what_stands_there_and_what_would() -> None:
    _, plan = made()
    assert table_rows(plan) == [
        {
            "source": "shop",
            "program": None,
            "project": None,
            "key": "CHK-2",
            "action": "comment",
            "field": "comment",
            "before": None,
            "after": "our comment",
            "reason": "1 open finding, worst high",
            "rules": ["due-passed"],
        },
        {
            "source": "shop",
            "program": None,
            "project": None,
            "key": "CHK-1",
            "action": "set",
            "field": "Portfolio health",
            "before": None,
            "after": "amber",
            "reason": plan.writes[1].reason,
            "rules": ["due-passed"],
        },
    ]
