"""What holds writing back, on the command line: exit codes, refusals, and what doctor and status show."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from command_world import Folder

CONFIG = """\
version: 1
timezone: UTC
sources:
  - name: plans
    kind: project_file
    path: plans/*.xml
    write: {{armed: {armed}, fields: {{open_findings: Number20}}, define: {{Number20: Number20}}}}
{more}
"""


def configure(folder: Folder, more: str = "", *, armed: bool = True, source: str = "") -> None:
    text = CONFIG.format(armed=str(armed).lower(), more=more)
    folder.configure(text.replace("    path: plans/*.xml\n", f"    path: plans/*.xml\n{source}"))


@pytest.fixture
def written(folder: Folder) -> Folder:
    configure(folder)
    folder.add_plan()
    return folder


def content(folder: Folder) -> bytes:
    return (folder.path / "plans" / "office.xml").read_bytes()


def quiet_now() -> str:
    """Quiet hours that hold now and for an hour more."""
    hour = datetime.now(UTC).hour
    return f'limits: {{quiet_hours: "{(hour - 1) % 24:02}:00-{(hour + 2) % 24:02}:00"}}'


def lines(folder: Folder, *arguments: str) -> dict[str, tuple[str, str]]:
    """What `doctor` says of writing, by check."""
    rows = json.loads(folder.run("doctor", "--format", "json", *arguments).out)
    return {row["check"]: (row["level"], row["message"]) for row in rows if row["source"] == "writing"}


def test_the_file_beside_the_configuration_stops_a_sync_with_5(written: Folder) -> None:
    before = content(written)
    stop = written.path / "dovetail.stop"
    stop.touch()
    answer = written.run("sync")
    assert answer.code == 5
    assert f"{stop} exists, so nothing is written; delete it to go on: 1 write not sent." in answer.err
    assert content(written) == before
    assert written.run("plan", "--out", "plan.json").code == 0
    refused = written.run("apply", "plan.json")
    assert refused.code == 5
    assert "Nothing was written." in refused.err
    assert lines(written)["kill switch"][0] == "WARN"
    assert "kill switch:" in written.run("status").out
    stop.unlink()
    assert written.run("sync").code == 0
    assert content(written) != before
    level, message = lines(written)["kill switch"]
    assert (level, message) == ("OK", f"off; write_stop: true, or a file {stop}, stops all writes")
    assert "not held back" in written.run("status").out


@pytest.mark.parametrize(
    ("more", "source", "reason"),
    [
        ("write_stop: true", "", "write_stop is true in the configuration, so nothing is written"),
        ("", "    write_stop: true\n", "write_stop of plans is true in the configuration"),
    ],
)
def test_the_switch_in_the_configuration_stops_with_5(
    written: Folder, more: str, source: str, reason: str
) -> None:
    configure(written, more, source=source)
    before = content(written)
    answer = written.run("sync", "--format", "json")
    assert answer.code == 5
    document = json.loads(answer.out)
    assert document["stops"][0].startswith(reason)
    assert content(written) == before
    assert lines(written)["kill switch"][0] == "WARN"


def test_in_quiet_hours_a_sync_waits_with_0_and_a_plan_file_is_refused_with_5(written: Folder) -> None:
    configure(written, quiet_now())
    before = content(written)
    answer = written.run("sync")
    assert answer.code == 0
    assert "quiet hours (" in answer.err
    assert "1 write not sent. They wait." in answer.err
    assert content(written) == before
    assert json.loads(written.run("sync", "--format", "json").out)["waits"] != []
    assert lines(written)["quiet hours"][0] == "WARN"
    assert written.run("plan", "--out", "plan.json").code == 0
    refused = written.run("apply", "plan.json")
    assert refused.code == 5
    assert "Apply the plan later, or now with --now." in refused.err
    assert content(written) == before
    assert written.run("apply", "plan.json", "--now").code == 0
    assert content(written) != before


def test_a_canary_of_another_place_holds_everything_back_with_0(written: Folder) -> None:
    configure(written, 'limits: {canary: ["plans:other.xml"], canary_for: 24h}')
    before = content(written)
    assert written.run("sync").code == 0
    assert content(written) == before
    level, message = lines(written)["canary"]
    assert (level, message) == ("WARN", "only plans:other.xml, until its first write has stood for 24 hours")
    configure(written, 'limits: {canary: ["plans:office.xml"], canary_for: 24h}')
    assert written.run("sync").code == 0
    assert content(written) != before
    assert lines(written)["canary"][1].startswith("only plans:office.xml, until 20")


def test_apply_canary_writes_a_part_and_arms_nothing(written: Folder) -> None:
    configure(written, armed=False)
    written.add_plan("plans/other.xml")
    written.run("sync")
    assert written.run("plan", "--out", "plan.json").code == 0
    other = (written.path / "plans" / "other.xml").read_bytes()
    before = content(written)
    wrong = written.run("apply", "plan.json", "--canary", "plans:nowhere.xml")
    assert wrong.code == 2
    assert "The plan has no write for `plans:nowhere.xml`." in wrong.err
    answer = written.run("apply", "plan.json", "--canary", "plans:office.xml")
    assert answer.code == 0
    assert "Armed" not in answer.err
    assert content(written) != before
    assert (written.path / "plans" / "other.xml").read_bytes() == other
    assert "Armed: plans." in written.run("apply", "plan.json").err
    assert (written.path / "plans" / "other.xml").read_bytes() != other


def test_sync_for_another_day_only_looks_unless_it_is_said_to_be_for_real(written: Folder) -> None:
    """As plan files for a day that has not come are refused: what would be true then is not written now."""
    before = content(written)
    for day in ("2030-01-15", "2026-01-15"):
        answer = written.run("sync", "--today", day)
        assert answer.code == 0
        assert f"It is not {day} today, so nothing was written." in answer.err
        assert content(written) == before
    document = json.loads(written.run("sync", "--today", "2030-01-15", "--format", "json").out)
    assert document["is_dry_run"] is True
    assert written.run("sync", "--today", "2030-01-15", "--for-real").code == 0
    assert content(written) != before


def test_sync_for_today_writes(written: Folder) -> None:
    before = content(written)
    assert written.run("sync", "--today", datetime.now(UTC).date().isoformat()).code == 0
    assert content(written) != before


def test_for_real_goes_with_today(written: Folder) -> None:
    answer = written.run("sync", "--for-real")
    assert answer.code == 2
    assert "--for-real goes with --today." in answer.err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('limits: {quiet_hours: "22-6"}', "limits.quiet_hours: hours such as 22:00-06:00"),
        ("limits: {quiet_hours: 7}", "limits.quiet_hours: hours such as 22:00-06:00, or a list"),
        ('limits: {quiet_hours: "00:00-24:00"}', "limits.quiet_hours: these hours leave no minute"),
        ('limits: {canary: ["shp:CHK"]}', "limits.canary[0]: there is no source `shp`"),
        ('limits: {canary: ["CHK"]}', "limits.canary[0]: `CHK`: the form is source:name"),
        ("limits: {canary_for: soon}", "limits.canary_for: a duration such as"),
        ("limits: {max_writes_per_item: -1}", "limits.max_writes_per_item"),
        ("limits: {max_comment_edits_per_day: 0}", "limits.max_comment_edits_per_day"),
        ("write: {plan_expires_after: never}", "write.plan_expires_after: a duration such as"),
        ("write_stop: maybe", "write_stop: true or false belongs here"),
    ],
)
def test_wrong_settings_are_named_at_their_place(written: Folder, more: str, message: str) -> None:
    configure(written, more)
    answer = written.run("sync")
    assert answer.code == 3
    assert message in answer.err


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("    max_vanished: 2\n", "sources[0].max_vanished"),
        ("    write_stop: 7\n", "sources[0].write_stop"),
    ],
)
def test_wrong_settings_of_a_source_are_named_at_their_place(
    written: Folder, source: str, message: str
) -> None:
    configure(written, source=source)
    answer = written.run("sync")
    assert (answer.code, message in answer.err) == (3, True)


@pytest.mark.parametrize(
    ("conflicts", "message"),
    [
        ("{health: mine}", "sources[0].write.conflicts.health"),
        ("{helth: ours}", "sources[0].write.conflicts"),
    ],
)
def test_a_conflict_policy_that_does_not_exist_is_named(
    written: Folder, conflicts: str, message: str
) -> None:
    text = CONFIG.format(armed="true", more="").replace(
        "write: {armed", f"write: {{conflicts: {conflicts}, armed"
    )
    written.configure(text)
    answer = written.run("sync")
    assert (answer.code, message in answer.err) == (3, True)


def test_doctor_shows_every_limit(written: Folder) -> None:
    configure(
        written,
        'limits: {max_writes: 50, max_writes_per_item: 4, quiet_hours: ["sun 03:00-03:01"]}',
        source="    max_vanished: 0.5\n",
    )
    found = lines(written)
    assert found["limits"][1] == (
        "at most 50 writes a run, 4 an item, 50% of a source's items, one comment 20 times a day"
    )
    assert found["shrink guard"][1] == "20% of a source may vanish, plans 50%"
    assert found["canary"] == ("OK", "none")
    assert "sun 03:00-03:01" in found["quiet hours"][1]
