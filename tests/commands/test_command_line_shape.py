"""Start-up, help, and options that may stand before or after the verb."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import click
import pytest
from command_world import CONFIG, TODAY, Folder
from shared import ROOT

from commands.doctor import _with_hint
from commands.group import build

HEAVY = (
    "sqlalchemy",
    "pydantic",
    "numpy",
    "alembic",
    "lxml",
    "requests",
    "jira",
    "sqlglot",
    "rich",
    "holidays",
)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


def test_help_and_version_load_nothing_heavy() -> None:
    for argument in ("--help", "--version"):
        code = (
            f"import sys, cli; code = cli.main(['{argument}']); "
            f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr); sys.exit(code)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stderr == "[]\n", argument


@pytest.mark.parametrize(
    ("path", "command"), commands(build()), ids=lambda one: " ".join(one) if isinstance(one, tuple) else ""
)
def test_every_command_explains_itself(folder: Folder, path: tuple[str, ...], command: click.Command) -> None:
    answer = folder.run(*path, "--help")
    assert answer.code == 0
    assert len(command.get_short_help_str(limit=200)) > 20
    assert max(map(len, answer.lines)) <= 115


def test_help_names_the_verbs_by_section_and_the_exit_codes(folder: Folder) -> None:
    out = folder.run("--help").out
    assert [
        line for line in out.splitlines() if line in ("The road:", "Looking:", "Setting up:", "Trying out:")
    ] == [
        "The road:",
        "Looking:",
        "Setting up:",
        "Trying out:",
    ]
    assert "Exit codes:" in out
    assert "_DOVETAIL_COMPLETE=bash_source" in out


def test_options_of_dovetail_are_understood_before_and_after_the_verb(office: Folder) -> None:
    (office.path / "dovetail.yaml").rename(office.path / "other.yaml")
    assert office.run("derive").code == 3
    assert office.run("--config", "other.yaml", "--quiet", "derive").out == ""
    assert office.run("derive", "--config", "other.yaml", "-q").out == ""
    assert office.run("db", "path", "--config", "other.yaml").out.endswith("dovetail.db\n")


def test_the_variable_names_the_configuration_too(office: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    (office.path / "dovetail.yaml").rename(office.path / "other.yaml")
    monkeypatch.setenv("DOVETAIL_CONFIG", str(office.path / "other.yaml"))
    assert office.run("derive").code == 0


def test_quiet_is_silent_on_success(office: Folder) -> None:
    for command in (("pull",), ("derive",), ("plan",), ("sync", *TODAY), ("db", "check"), ("db", "upgrade")):
        answer = office.run("--quiet", *command)
        assert (answer.code, answer.out, answer.err) == (0, "", ""), command


def test_what_is_empty_says_what_to_do_next(office: Folder) -> None:
    assert (
        office.run("findings").out
        == "No findings, and no items either: run `dovetail sync --dry-run` first.\n"
    )
    assert "never read" in office.run("status").out
    assert "Nothing ran yet. `dovetail sync --dry-run` is a good start." in office.run("status").out
    assert office.run("reconcile").out.startswith("No work is known to stand in two trackers.")
    assert office.run("plan").out == (
        "Nothing to write: no source has a `write:` block, so Dovetail only reads.\n"
    )
    assert office.run("export", "risk", "--format", "table").out == "The view risk has no rows.\n"
    office.run("sync", *TODAY)
    assert office.run("findings", "list", "--severity", "critical").out.startswith(
        "No findings match; there are "
    )


def test_filters_of_findings_can_be_combined(office: Folder) -> None:
    office.run("sync", *TODAY)

    def count(*options: str) -> int:
        return len(office.run("findings", "list", *options, "--format", "jsonl").lines)

    everything = count()
    assert count("--rule", "due-date-passed") == 2
    assert count("--rule", "due-date-passed", "--severity", "critical") == 0
    assert count("--project", "office-move", "--rule", "due-date-passed") == 2
    assert count("--project", "elsewhere") == 0
    # That the project has no risk is a finding about no source.
    assert count("--source", "plans") == everything - count("--rule", "late-without-risk") == everything - 1
    assert count("--state", "resolved") == 0
    assert count("--state", "all") == everything


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--format", "csv"),
        ("--severity", "high"),
        ("--rule", "due-date-passed", "--format", "jsonl"),
        ("--quiet",),
    ],
)
def test_findings_alone_is_the_list_with_its_options(office: Folder, options: tuple[str, ...]) -> None:
    office.run("sync", *TODAY)
    short, full = office.run("findings", *options), office.run("findings", "list", *options)
    assert (short.code, short.out, short.err) == (full.code, full.out, full.err)
    assert short.code == 0
    assert short.lines


def test_findings_still_has_its_own_help_and_its_other_commands(office: Folder) -> None:
    assert "Show what is open, worst first." in office.run("findings", "--help").out
    assert "List findings, worst first." in office.run("findings", "list", "--help").out
    unknown = office.run("findings", "lst")
    assert (unknown.code, "No such command 'lst'" in unknown.err) == (2, True)
    assert office.run("findings", "--nonsense").code == 2


def test_explain_takes_the_beginning_of_an_id_or_a_key(office: Folder) -> None:
    office.run("sync", *TODAY)
    out = office.run("explain", "office#3").out
    assert "office#3  Access control" in out
    for part in (
        "due-date-passed",
        "The rule:",
        "The evidence it rests on",
        "Its dates, and where they come from",
    ):
        assert part in out
    assert "days_late" in out
    # The plan's own date, and where it comes from.
    assert [line.split() for line in out.splitlines() if line.strip().startswith("effective due  ")] >= [
        ["effective", "due", "2026-10-30"]
    ]
    short = office.run("findings", "list", "--rule", "no-baseline", "--format", "table").lines[1].split()[-1]
    assert "rule no-baseline" in office.run("explain", short).out
    assert '"terms": [' in office.run("explain", short, "--format", "json").out


def test_doctor_lists_what_was_found_and_what_to_do(office: Folder) -> None:
    answer = office.run("doctor", "--format", "jsonl")
    assert answer.code == 0
    assert [line for line in answer.lines if '"level": "FAIL"' in line] == []
    office.configure(CONFIG.replace("plans/*.xml", "plan/*.xml"))
    answer = office.run("doctor")
    assert answer.code == 1
    assert "FAIL" in answer.out
    assert answer.err.splitlines()[-1] == "1 check failed."


def test_the_store_can_be_looked_after(office: Folder) -> None:
    assert office.run("db", "path").out == f"{office.path / 'dovetail.db'}\n"
    assert office.run("db", "upgrade").out.endswith("is at the newest schema.\n")
    assert (
        office.run("db", "check").out == "The store is sound, at the newest schema, and can be written to.\n"
    )
    office.run("pull")
    assert '{"what": "item", "count": 4}' in office.run("db", "status", "--format", "jsonl").lines


def test_a_reader_that_has_had_enough_is_no_failure(office: Folder) -> None:
    for number in range(40):
        office.add_plan(f"plans/{number}.xml")
    office.run("pull")
    command = f"set -o pipefail; {shlex.quote(sys.executable)} -m cli export item | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=office.path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_progress_is_gone_before_the_result_is_printed(
    office: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("commands.talk._REDRAW_SECONDS", 0.0)
    err = office.run("sync", *TODAY).err
    assert "\r\x1b[2Kpull plans" in err
    assert err.rindex("\x1b[2K") > err.rindex("plans: ")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "there is no field Helth; did you mean Health?",
            "there is no field Helth; did you mean Health? Correct it.",
        ),
        ("../plans/a.xml is open", "../plans/a.xml is open. Correct it."),
        ("403 on /_apis.", "403 on /_apis. Correct it."),
    ],
)
def test_what_doctor_found_ends_once_and_paths_stay_as_they_are(message: str, shown: str) -> None:
    assert _with_hint({"message": message, "hint": "Correct it."}) == shown
