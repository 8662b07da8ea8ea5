"""`findings ack|snooze|suppress`: who may say what, until when, and that it is shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
from command_world import CONFIG, Folder

from store import open_store


def test_a_critical_finding_is_suppressed_by_two_people_and_a_list_of_them_counts(office: Folder) -> None:
    for step in ("pull", "derive", "check"):
        assert office.run(step).code == 0
    with open_store(f"sqlite:///{office.path / 'dovetail.db'}") as store:
        found = store.findings(states=("open",))[0]
        store.save_findings([msgspec.structs.replace(found, severity="critical")], "test")
    suppress = ("findings", "suppress", found.finding_id, "--reason", "the board knows", "--by", "ana")
    for more in ((), ("--approved-by", "Ana"), ("--approved-by", " ANA "), ("--approved-by", " ")):
        refused = office.run(*suppress, *more)
        assert (refused.code, "somebody else than ana" in refused.err) == (2, True)
    blank = office.run("findings", "suppress", found.finding_id, "--reason", " ", "--approved-by", "bo")
    assert (blank.code, "needs a reason" in blank.err) == (2, True)
    office.configure(CONFIG + "mute: {approvers: [cfo@moves.example]}\n")
    assert "not among those who may approve" in office.run(*suppress, "--approved-by", "bo").err
    assert office.run(*suppress, "--approved-by", "cfo@moves.example").code == 0
    listed = office.run("findings", "--state", "suppressed").out
    assert "by ana until" in " ".join(listed.split())
    (row,) = [
        one
        for one in json.loads(office.run("export", "finding", "--format", "json").out)
        if one["finding_id"] == found.finding_id
    ]
    assert (row["muted_by"], row["muted_reason"], row["muted_approver"]) == (
        "ana", "the board knows", "cfo@moves.example",
    )  # fmt: skip
    assert "by ana, approved by cfo@moves.example until" in office.run("explain", found.finding_id).out

    assert office.run("findings", "reopen", found.finding_id).code == 0
    day = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    assert office.run("findings", "ack", found.finding_id, "--until", day, "--by", "bo").code == 0
    # The day is the portfolio's: its midnight is the evening before in UTC.
    assert f"by bo until {day}" in " ".join(office.run("findings").out.split())
    assert f"by bo until {day}" in office.run("explain", found.finding_id).out
