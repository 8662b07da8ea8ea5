"""Rules that installed packages bring: where each comes from, and what happens when a package is broken."""

# ruff: noqa: E501 - a table of cases reads best with one case on one line

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from command_world import CONFIG, TODAY, Folder

from rules.packages import installed_packages

RULE = """\
- id: acme-unowned
  title: Nobody owns it
  why: W.
  over: item
  where: is_leaf AND NOT is_done
  flag: owner_problem IS NOT NULL
  severity: low
  fingerprint: [item_id]
  evidence: [owner_problem]
  message: "{key}: {owner_problem}."
  action: A.
"""


def install(folder: Path, name: str, files: dict[str, str], *, value: str = "") -> None:
    """What pip leaves behind: the package, and the folder that tells of it."""
    module = name.replace("-", "_")
    if files:
        (folder / module).mkdir(parents=True)
        # Rules are data: no code of a package is run.
        (folder / module / "__init__.py").write_text("raise SystemExit('this was run')\n", encoding="utf-8")
    for file, text in files.items():
        (folder / module / file).write_text(text, encoding="utf-8")
    about = folder / f"{module}-1.2.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        f"[dovetail.rules]\n{name.partition('-')[0]} = {value or module}\n", encoding="utf-8"
    )


def test_a_package_brings_rules_and_a_broken_one_harms_nobody(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path_factory.mktemp("site")
    install(site, "acme-rules", {"acme.yaml": RULE})
    install(site, "gone-rules", {})
    install(
        site,
        "half-rules",
        {"half.yaml": RULE.replace("acme-unowned", "half-one").replace("is_leaf", "is_lef")},
    )
    monkeypatch.syspath_prepend(site)

    listed = folder.run("rules", "list", "--format", "json")
    assert listed.code == 4
    by_id = {row["id"]: row for row in json.loads(listed.out)}
    assert by_id["acme-unowned"]["origin"] == "package acme (acme-rules 1.2), acme/acme.yaml:1"
    assert by_id["due-date-passed"]["origin"].startswith("built in, ")
    assert "package gone (gone-rules 1.2):1: there is no package `gone_rules`; install it again" in listed.err
    assert "rule half-one is left out: half/half.yaml:5: rule half-one, where:" in listed.err

    # An override speaks of a rule of a package as of any other, also of a broken one.
    folder.configure(
        CONFIG + "rules: {overrides: {acme-unowned: {severity: high}, half-one: {enabled: false}}}\n"
    )
    folder.add_plan()
    folder.run("pull")
    folder.run("derive", *TODAY)
    answer = folder.run("check", *TODAY, "--format", "json")
    assert answer.code == 4
    found = [row for row in json.loads(answer.out) if row["rule"] == "acme-unowned"]
    assert found
    assert {row["severity"] for row in found} == {"high"}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("acme_rules:RULES", "`acme_rules:RULES` is not the name of a package; rules are files in a package's own folder"),
        ("acme.rules", "`acme.rules` is not the name of a package; rules are files in a package's own folder"),
        ("no_such_rules", "there is no package `no_such_rules`; install it again, or take it away"),
        ("json", "the folder of `json` has no rule file (*.yaml)"),
        ("this", "there is no package `this`; install it again, or take it away"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_package_is_said(value: str, problem: str) -> None:
    (found,) = installed_packages([EntryPoint("acme", value, "dovetail.rules")])
    assert (found.shown, found.files, found.problem) == ("acme", (), problem)
