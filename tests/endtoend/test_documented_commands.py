"""Every example of docs/command-line.md and docs/configuration.md is run; exit codes are what they say."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from world import ROOT, CommandLine, World, a_world

from store import open_store
from sync.config_reading import read_config

pytestmark = [pytest.mark.slow]
PLAN = ROOT / "tests" / "data" / "small-plan.xml"


def examples() -> list[str]:
    text = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\n(.*?)```", text, flags=re.S)
    return [line.removeprefix("dovetail ") for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def world(
    origin: Path, command_line: CommandLine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with a_world(origin, tmp_path_factory.mktemp("documented"), command_line) as world:
        shutil.copy(PLAN, world.folder / "plan.xml")
        yield world


def test_every_command_of_the_documentation_works_in_its_order(world: World) -> None:
    assert len(examples()) > 15
    for line in examples():
        code = world.run(*line.split())
        expected = 1 if "--fail-on" in line else 0  # the demo portfolio has a critical finding
        assert code == expected, f"{line} ended with {code}:\n{world.outputs[-1]}"


def test_the_configuration_of_the_documentation_is_valid(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    example = re.findall(r"```yaml\n(.*?)```", text, flags=re.S)[0]
    config = read_config(tmp_path / "dovetail.yaml", example)
    assert [source.name for source in config.sources] == ["shop", "plans"]
    assert [node.slug for node in config.tree] == ["retail", "store-2-0", "checkout"]


@pytest.mark.parametrize("kind", ["azure_devops", "project_file"])
def test_the_examples_of_writing_are_valid(kind: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    examples = [one for one in re.findall(r"```yaml\n(.*?)```", text, flags=re.S) if "version:" not in one]
    (example,) = [one for one in examples if f"kind: {kind}\n" in one and "    write:\n" in one]
    config = read_config(tmp_path / "dovetail.yaml", f"version: 1\ntimezone: Europe/Zurich\n{example}")
    (source,) = config.sources
    assert source.kind.name == kind


def test_the_example_of_reading_azure_devops_is_valid(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    (example,) = [one for one in re.findall(r"```yaml\n(.*?)```", text, flags=re.S) if "fields_for:" in one]
    config = read_config(tmp_path / "dovetail.yaml", f"version: 1\ntimezone: Europe/Zurich\n{example}")
    (source,) = config.sources
    assert source.kind.name == "azure_devops"


def alone(command_line: CommandLine, folder: Path, *args: str, **env: str) -> tuple[int, str]:
    return command_line.run(folder, *args, env=env)


def test_a_command_line_that_cannot_be_understood_ends_with_2(
    command_line: CommandLine, tmp_path: Path
) -> None:
    assert alone(command_line, tmp_path, "sink")[0] == 2
    assert alone(command_line, tmp_path, "check", "--today", "someday", str(PLAN))[0] == 2


def test_a_configuration_with_several_mistakes_lists_them_all_with_lines_and_ends_with_3(
    command_line: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "dovetail.yaml").write_text(
        "version: 1\n"
        "timezone: Europe/Zurick\n"
        "limits: {max_write: 5}\n"
        "sources:\n"
        "  - {name: plans, kind: project_files, path: x.xml}\n"
    )
    code, said = alone(command_line, tmp_path, "sync")
    assert code == 3
    for line, name in ((2, "Europe/Zurich"), (3, "max_writes"), (5, "project_file")):
        assert re.search(rf"(line |:){line}\b.*{name}", said), (line, said)


def test_without_a_configuration_the_exit_code_is_3_and_the_way_on_is_named(
    command_line: CommandLine, tmp_path: Path
) -> None:
    code, said = alone(command_line, tmp_path, "sync", XDG_CONFIG_HOME=str(tmp_path))
    assert code == 3
    assert "dovetail check FILE.xml" in said


def test_check_of_files_needs_no_configuration_and_sets_a_bad_file_aside_with_one_line_and_4(
    command_line: CommandLine, tmp_path: Path
) -> None:
    code, said = alone(
        command_line, tmp_path, "check", str(PLAN), "--format", "jsonl", "--today", "2026-11-24"
    )
    rows = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert code == 0
    assert {(row["rule"], row["key"]) for row in rows} >= {
        ("due-date-passed", "small-plan#3"),
        ("due-date-passed", "small-plan#4"),
        ("baseline-slip", "small-plan#3"),
    }
    (tmp_path / "bad.xml").write_text("<!DOCTYPE p [<!ENTITY a 'b'>]><Project>&a;</Project>")
    code, said = alone(command_line, tmp_path, "check", "bad.xml", str(PLAN), "--today", "2026-11-24")
    assert code == 4
    assert len([line for line in said.splitlines() if "bad.xml" in line]) == 1
    assert "small-plan#3" in said


def test_fail_on_ends_with_1_only_where_a_finding_is_that_grave(
    command_line: CommandLine, tmp_path: Path
) -> None:
    arguments = ("check", str(PLAN), "--today", "2026-11-24", "--fail-on")
    assert alone(command_line, tmp_path, *arguments, "high")[0] == 1
    assert alone(command_line, tmp_path, *arguments, "critical")[0] == 0


def test_a_second_run_meets_the_lock_with_6_and_a_broken_store_ends_with_7(world: World) -> None:
    with open_store(f"sqlite:///{world.folder / 'dovetail.db'}") as store, store.lock():
        assert world.run("sync") == 6
    config = (world.folder / "dovetail.yaml").read_text()
    broken = world.folder / "broken"
    broken.mkdir()
    (broken / "dovetail.yaml").write_text(config)
    (broken / "dovetail.db").write_text("this is no database, and never was one " * 50)
    code, _ = world.command_line.run(broken, "status", env=world.secrets)
    assert code == 7


def test_a_source_that_cannot_be_reached_ends_with_4_and_resolves_nothing(world: World) -> None:
    before = {row["finding_id"] for row in world.export("finding") if row["state"] == "open"}
    code, said = world.command_line.run(world.folder, "sync", env={**world.secrets, "JIRA_TOKEN": "wrong"})
    assert code == 4
    assert "wrong" not in said
    after = {row["finding_id"] for row in world.export("finding") if row["state"] == "open"}
    assert before <= after


def test_a_missing_secret_is_said_and_no_defect(world: World) -> None:
    code, said = world.command_line.run(world.folder, "sync", env={**world.secrets, "JIRA_TOKEN": ""})
    assert code == 4
    assert "JIRA_TOKEN" in said
    assert "defect" not in said


def test_a_plan_that_the_configuration_no_longer_stands_behind_is_refused_with_2(
    origin: Path, command_line: CommandLine, tmp_path: Path
) -> None:
    with a_world(origin, tmp_path, command_line) as world:
        world.succeed("sync", "--dry-run")
        world.succeed("plan", "--out", "plan.json")
        config = tmp_path / "dovetail.yaml"
        text = config.read_text()
        before = world.writes()
        for changed, said in (
            (text.replace("comments: true", "comments: false"), "no longer lets Dovetail write"),
            (text.replace(world.url, "http://127.0.0.1:1"), f"at {world.url}; now"),
        ):
            assert changed != text
            config.write_text(changed)
            assert world.run("apply", "plan.json") == 2
            assert said in world.outputs[-1]
        assert world.writes() == before
        config.write_text(text)
        world.succeed("apply", "plan.json")
        after = world.writes()
        assert all(after[source] > before[source] for source in before)


def test_a_muted_finding_stays_muted_and_can_be_taken_back(world: World) -> None:
    world.succeed("sync")
    finding = next(
        row for row in world.export("finding") if row["state"] == "open" and row["severity"] == "high"
    )
    world.succeed("findings", "suppress", finding["finding_id"], "--reason", "agreed", "--by", "Pia")
    world.succeed("--quiet", "check")
    (muted,) = [row for row in world.export("finding") if row["finding_id"] == finding["finding_id"]]
    assert (muted["state"], muted["muted_by"], muted["muted_reason"]) == ("suppressed", "Pia", "agreed")
    world.succeed("findings", "reopen", finding["finding_id"])
    (back,) = [row for row in world.export("finding") if row["finding_id"] == finding["finding_id"]]
    assert back["state"] == "open"
