"""docs/rules/own-rules.md: every command of the page is typed, and what it shows comes out."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from command_world import TODAY, Folder
from shared import ROOT

from rules.file_model import json_schema
from rules.linting import MAX_EVIDENCE
from rules.yaml_text import read_yaml
from sync.config import load_config
from sync.config_model import OverrideText, RulesText

PAGE = (ROOT / "docs" / "rules" / "own-rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```(\w*)\n(.*?)^ *```", PAGE, flags=re.S | re.M)
CONFIGURATION = next(text for kind, text in BLOCKS if kind == "yaml" and text.startswith("version: 1"))
PILOT = next(text for kind, text in BLOCKS if "comments: true" in text)
# As it is where the page begins: the tree, and no rule changed.
BEFORE = re.sub(r"^rules:\n(  .*\n)*", "", CONFIGURATION, flags=re.M)
BEFORE = re.sub(r"^( +)rules:\n(\1 +.*\n)*", "", BEFORE, flags=re.M)


@pytest.fixture
def office(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("COLUMNS", "110")
    folder.configure(BEFORE + "rules: {include: [rules/*.yaml]}\n")
    folder.add_plan()
    folder.run("pull")
    folder.run("derive", *TODAY)
    for _ in range(2):
        folder.run("check", *TODAY)
    return folder


def test_every_command_of_the_page_works_in_its_order_and_shows_what_the_page_shows(office: Folder) -> None:
    (office.path / "changed.yaml").write_text(CONFIGURATION, encoding="utf-8")
    shown = 0
    answers: list[str] = []
    for kind, text in BLOCKS:
        if kind == "yaml" and text == CONFIGURATION:
            continue
        if kind == "":
            if "explain" in text:
                office.configure(CONFIGURATION)
            answers = []
            for line in text.splitlines():
                answer = office.run(*shlex.split(line)[1:])
                assert answer.code == 0, (line, answer.err)
                answers.append(answer.out)
        elif kind == "text":
            # Columns are as wide as what stands in them.
            said = [" ".join(line.split()) for line in "".join(answers).splitlines()]
            for line in text.splitlines():
                assert " ".join(line.split()) in said, (line, said)
            shown += 1
    assert shown == 4
    assert (office.path / "rules" / "too-late.yaml").exists()
    schema = json.loads((office.path / "rules" / "rule-schema.json").read_text(encoding="utf-8"))
    assert schema == json_schema()
    assert json.loads(office.run("rules", "schema").out) == schema
    first = (office.path / "rules" / "too-late.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert f"```yaml\n{first}\n```" in PAGE
    assert "  comment_on: []" in (office.path / "rules" / "too-late.yaml").read_text(encoding="utf-8")

    # The pilot: comments in one project, by the rule as it was written.
    pilot = "\n".join(line[3:] for line in PILOT.splitlines())
    head = CONFIGURATION.partition("rules:\n")[0]
    path = office.path / "dovetail.yaml"
    path.write_text(f"{head}rules: {{include: [rules/*.yaml]}}\n{pilot}\n", encoding="utf-8")
    override = load_config(path).overrides["too-late"]
    assert (override.comments, override.at("office-move").comments) == (None, True)


def test_the_nearest_level_wins_as_the_page_says(folder: Folder) -> None:
    folder.configure(CONFIGURATION)
    overrides = load_config(folder.path / "dovetail.yaml").overrides
    here = overrides["due-date-passed"].at("office-move")
    assert here.params == {"grace_wd": 20, "high_after_wd": 10}
    assert overrides["due-date-passed"].params == {"grace_wd": 1, "high_after_wd": 10}
    shown = " ".join(folder.run("rules", "show", "due-date-passed").out.split())
    assert "office-move grace_wd 20, filter NOT contains(labels, 'parked')" in shown
    told = json.loads(folder.run("rules", "show", "baseline-slip", "--format", "json").out)
    assert (told["enabled"], told["places"]["office-move"]["enabled"]) == (False, True)
    assert not overrides["baseline-slip"].enabled
    assert overrides["baseline-slip"].at("office-move").enabled


def _table(title: str) -> list[str]:
    section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, flags=re.M)


def test_the_tables_name_every_key_and_every_check() -> None:
    assert set(_table("First, turn a knob")) == set(OverrideText.model_fields)
    source = "".join((ROOT / "rules" / name).read_text() for name in ("linting.py",))
    yielded = set(re.findall(r'yield "([a-z ]+)"', source)) | {"size", "cannot be read"}
    assert set(_table("Write one")) == yielded
    assert MAX_EVIDENCE == 10
    limits = RulesText()
    assert (limits.time_limit_seconds, limits.row_limit) == (60, 100_000)


def test_the_examples_of_the_language_page_for_the_configuration_are_read(folder: Folder) -> None:
    page = (ROOT / "docs" / "rules" / "language.md").read_text(encoding="utf-8")
    (example,) = [text for text in re.findall(r"```yaml\n(.*?)```", page, flags=re.S) if "overrides:" in text]
    (folder.path / "rules").mkdir()
    head = CONFIGURATION.partition("rules:\n")[0]
    (folder.path / "dovetail.yaml").write_text(head + example, encoding="utf-8")
    assert len(load_config(folder.path / "dovetail.yaml").overrides) == 4
    assert read_yaml(example, "x").problems == []
