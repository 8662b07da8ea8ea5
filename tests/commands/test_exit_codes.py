"""Every exit code of DESIGN §10, provoked; and that a message names what happened and never a secret."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest
from command_world import CONFIG, TODAY, Folder

import cli
from store import open_store


def test_everything_in_a_row_ends_with_0(office: Folder) -> None:
    for verb in ("pull", "derive", "check", "plan", "sync", "status", "findings", "doctor", "reconcile"):
        assert office.run(verb).code == 0, verb


def test_findings_end_with_1_only_when_asked(office: Folder) -> None:
    assert office.run("sync", *TODAY).code == 0
    assert office.run("sync", *TODAY, "--fail-on", "high").code == 1
    assert office.run("check", *TODAY, "--fail-on", "high").code == 1
    assert office.run("check", *TODAY, "--fail-on", "critical").code == 0


def test_a_failing_rule_test_ends_with_1_and_is_shown(folder: Folder) -> None:
    rule = """\
- id: my-rule
  title: My rule
  why: To see it fail.
  over: item
  flag: is_blocked
  severity: low
  fingerprint: [item_id]
  evidence: [status]
  message: "{key} is blocked."
  action: Unblock it.
  tests:
    - {name: a blocked item is found, given: [{key: A-1, is_blocked: true}], expect: [{key: A-2}]}
"""
    (folder.path / "mine.yaml").write_text(rule)
    answer = folder.run("rules", "test", "mine.yaml")
    assert answer.code == 1
    assert "a blocked item is found" in answer.out
    (folder.path / "mine.yaml").write_text(rule.replace("A-2", "A-1"))
    answer = folder.run("rules", "test", "mine.yaml")
    assert (answer.code, answer.out) == (0, "1 test of 1 rule passed.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("finding",), "There is no command `finding`; did you mean `findings`?"),
        (("check", "--today", "tomorrow"), "'tomorrow' is not a date such as 2026-11-24."),
        (("check", "--fail-on", "huge"), "'huge' is not one of"),
        (("sync", "--bogus"), "No such option '--bogus'"),
        (("export", "itm"), "There is no view `itm`; did you mean `item`?"),
        (("pull", "--source", "plan"), "There is no source `plan`; did you mean `plans`?"),
        (("pull", "--accept-vanished"), "--accept-vanished needs --source."),
        (("rules", "show", "due-date-past"), "did you mean `due-date-passed`?"),
        (("apply", "missing.json"), "missing.json: the plan cannot be read"),
        (("apply", "dovetail.yaml"), "dovetail.yaml is not a plan of Dovetail."),
        (("findings", "show", "abc"), "There is no finding abc."),
        (("explain", "CHK-1"), "There is no item CHK-1"),
        (("export", "project", "--deleted"), "--deleted is for the view `item` only."),
    ],
)
def test_a_command_that_cannot_be_done_as_asked_ends_with_2(
    office: Folder, arguments: tuple[str, ...], said: str
) -> None:
    answer = office.run(*arguments)
    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""


def test_a_configuration_that_cannot_be_used_ends_with_3_and_lists_everything(folder: Folder) -> None:
    folder.configure(
        CONFIG.replace("timezone: Europe/Zurich", "timezon: Europe/Zurich").replace("plans:o", "p:o")
    )
    answer = folder.run("sync")
    assert answer.code == 3
    assert "dovetail.yaml has 2 problems." in answer.err
    assert "line 2, column 1: timezon: unknown key; did you mean `timezone`?" in answer.err
    assert "line 8, column 61: portfolio.projects[0].scopes[0]: there is no source `p`" in answer.err
    assert folder.run("--config", "nowhere.yaml", "sync").code == 3


def test_a_source_that_fails_ends_with_4_and_the_rest_is_done(office: Folder) -> None:
    office.configure(
        CONFIG.replace("sources:\n", "sources:\n  - {name: gone, kind: project_file, path: gone/*.xml}\n")
    )
    answer = office.run("sync", *TODAY)
    assert answer.code == 4
    assert [line for line in answer.err.splitlines() if "gone" in line]
    assert "plans" in answer.out
    assert office.run("findings", "list", "--severity", "high", "--format", "jsonl").lines


def test_a_source_that_suddenly_shrinks_ends_with_5_and_nothing_of_it_is_called_deleted(
    office: Folder,
) -> None:
    office.add_plan("plans/other.xml")
    assert office.run("sync", *TODAY).code == 0
    (office.path / "plans" / "office.xml").unlink()
    answer = office.run("sync", *TODAY)
    assert answer.code == 5
    assert "4 of 8 known items are no longer there" in answer.err
    assert len(office.run("export", "item").lines) == 8
    assert office.run("pull", "--source", "plans", "--accept-vanished").code == 0
    assert len(office.run("export", "item").lines) == 4
    assert len(office.run("export", "item", "--deleted").lines) == 8


def test_a_store_at_work_ends_with_6(office: Folder) -> None:
    office.run("pull")
    with open_store(f"sqlite:///{office.path / 'dovetail.db'}") as store, store.lock():
        answer = office.run("sync")
    assert answer.code == 6
    assert "another run is at work" in answer.err


def test_a_store_that_cannot_be_used_ends_with_7(office: Folder) -> None:
    (office.path / "dovetail.db").write_bytes(b"this is no database at all " * 200)
    answer = office.run("status")
    assert answer.code == 7
    assert "not a SQLite database" in answer.err
    assert office.run("doctor").code == 1


def fails(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    monkeypatch.setattr("sync.derive.derive", act)


def test_a_defect_ends_with_70_an_apology_and_a_file_without_secrets(
    office: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object, **__: object) -> None:
        raise RuntimeError("the server said token=abcdef123456 and hunter2hunter2")

    fails(monkeypatch, defect)
    monkeypatch.setenv("JIRA_TOKEN", "hunter2hunter2")
    answer = office.run("derive")
    assert answer.code == 70
    assert answer.err.startswith(
        "error: Sorry: this is a defect in Dovetail (RuntimeError at test_exit_codes.py:"
    )
    assert "Traceback" not in answer.err
    (kept,) = (office.path / "elsewhere").rglob("defect-*.txt")
    assert str(kept) in answer.err
    details = kept.read_text()
    assert "Traceback" in details
    verbose = office.run("--verbose", "derive")
    assert "Traceback" in verbose.err
    for text in (answer.err, details, verbose.err):
        assert "abcdef123456" not in text
        assert "hunter2hunter2" not in text


def test_an_interrupted_run_ends_with_130_and_its_record_says_so(
    office: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    fails(monkeypatch, interrupt)
    answer = office.run("derive")
    assert answer.code == 130
    assert "Interrupted. What was stored stands" in answer.err
    assert last_exit_code(office) == 130


def test_a_terminated_run_ends_with_143_and_its_record_says_so(
    office: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    fails(monkeypatch, lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM))
    answer = office.run("derive")
    assert answer.code == 143
    assert "Terminated. What was stored stands" in answer.err
    assert last_exit_code(office) == 143
    assert signal.getsignal(signal.SIGTERM) == before


def last_exit_code(folder: Folder) -> int:
    runs = [json.loads(line) for line in folder.run("export", "run").lines]
    code: int = max(runs, key=lambda run: run["started_at"])["exit_code"]
    return code


def test_a_package_of_somebody_else_is_named_before_anything_of_it_runs(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = folder.path / "foreign_rules_for_test"
    foreign.mkdir()
    (foreign / "__init__.py").write_text("raise SystemExit('this must not run')\n")
    monkeypatch.syspath_prepend(str(folder.path))
    assert list(cli.foreign_packages(["store", "foreign_rules_for_test", "no_such_package_at_all"])) == [
        "foreign_rules_for_test",
        "no_such_package_at_all",
    ]
    monkeypatch.setattr(cli, "_PACKAGES", ("foreign_rules_for_test",))
    monkeypatch.setattr(cli, "foreign_packages", lambda: {"rules": str(foreign / "__init__.py")})
    answer = folder.run("--version")
    assert answer.code == 70
    assert f"rules: {foreign / '__init__.py'}" in answer.err
    assert "pipx install dovetail" in answer.err


def test_every_root_package_is_ours() -> None:
    assert cli.foreign_packages() == {}
