"""A simulated Jira site as data, as a process, and as something another process drives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
import requests
from shared import ROOT

from simulators.jira import Clock, JiraCloud
from simulators.jira.load import bulk_load


def _populate(site: JiraCloud) -> None:
    site.add_user("ann", "Ann Lead")
    site.add_project("CHK", "Checkout", "ann")
    site.add_version("CHK", "1.0", release=date(2026, 3, 31))
    site.add_sprint("CHK", "S1", "active", site.clock.now())
    site.add_field("Health", "select", options=["green", "red"])
    site.create_issue("CHK", "Epic", {"summary": "Epic"})
    site.create_issue(
        "CHK", "Story", {"parent": "CHK-1", "fixVersions": ["1.0"], "sprint": "S1", "Health": "red"}
    )
    site.edit_issue("CHK-2", {"duedate": date(2026, 4, 1)})
    site.link("Blocks", "CHK-1", "CHK-2")
    site.add_comment("CHK-2", "hello")
    site.transition("CHK-2", "Done")


def test_a_dump_restores_to_an_equal_site_that_goes_on_alike(cloud):
    one = JiraCloud(seed=7)
    _populate(one)
    data = json.loads(json.dumps(one.dump()))
    two = JiraCloud.restore(data)
    assert two.dump() == one.dump()
    for site in (one, two):
        site.create_issue("CHK", "Task", {"parent": "CHK-1"}, "ann")
        site.edit_issue("CHK-2", {"labels": ["x"]}, "ann")
        site.delete_issue("CHK-1")
    assert two.dump() == one.dump()
    assert (two.token, two.bot, two.issue("CHK-2")) == (one.token, one.bot, one.issue("CHK-2"))


def test_two_sites_of_one_seed_are_equal_and_of_two_seeds_are_not():
    one, two, three = JiraCloud(seed=1), JiraCloud(seed=1), JiraCloud(seed=2)
    for site in (one, two, three):
        _populate(site)
    assert one.dump() == two.dump()
    assert one.dump() != three.dump()
    assert one.token != three.token


def test_a_dump_tells_apart_what_differs_by_one_value():
    one, two = JiraCloud(), JiraCloud()
    _populate(one)
    _populate(two)
    two.edit_issue("CHK-2", {"summary": "other"})
    assert one.dump() != two.dump()


def test_a_dump_of_another_format_is_refused():
    with pytest.raises(ValueError, match="this dump has format 99"):
        JiraCloud.restore({**JiraCloud().dump(), "format": 99})


def test_deleting_an_issue_takes_its_sub_tasks_and_links_along(cloud):
    cloud.create_issue("CHK", "Story")
    cloud.create_issue("CHK", "Sub-task", {"parent": "CHK-1"})
    cloud.create_issue("CHK", "Task")
    cloud.link("Blocks", "CHK-1", "CHK-3")
    cloud.delete_issue("CHK-1")
    assert cloud.find_issue("CHK-2") is None
    assert cloud.issue("CHK-3")["fields"]["issuelinks"] == []
    assert cloud.create_issue("CHK", "Task") == "CHK-4"


def test_the_builder_names_what_does_not_exist(cloud):
    with pytest.raises(KeyError, match="no project 'NOPE'"):
        cloud.create_issue("NOPE", "Task")
    with pytest.raises(KeyError, match="no issue 'CHK-9'"):
        cloud.edit_issue("CHK-9", {})
    with pytest.raises(KeyError, match="no user 'eve'"):
        cloud.create_issue("CHK", "Task", {}, "eve")
    with pytest.raises(ValueError, match="unknown custom field type 'float64'"):
        cloud.add_field("X", "float64")


def test_the_history_of_a_transition_names_resolution_and_status(cloud):
    cloud.create_issue("CHK", "Task")
    cloud.transition("CHK-1", "Cancelled", "bob", datetime(2026, 3, 3, tzinfo=UTC))
    shown = cloud.issue("CHK-1")
    items = shown["changelog"]["histories"][0]["items"]
    assert [(i["field"], i["fromString"], i["toString"]) for i in items] == [
        ("resolution", None, "Won't Do"),
        ("status", "To Do", "Cancelled"),
    ]
    assert shown["fields"]["resolutiondate"] == "2026-03-02T16:00:00.000-0800"
    cloud.transition("CHK-1", "In Progress")
    assert cloud.issue("CHK-1")["fields"]["resolution"] is None


def test_a_bulk_load_has_the_asked_number_size_and_histories():
    site = JiraCloud(seed=3)
    keys = bulk_load(site, 60, bytes_per_issue=8_000, histories_per_issue=8)
    assert (len(keys), keys[0], keys[-1]) == (60, "LOAD-1", "LOAD-60")
    sizes = [len(json.dumps(site.issue(key)["fields"])) for key in keys[:20]]
    assert 6_000 < sum(sizes) / len(sizes) < 10_000
    assert all(len(issue.histories) == 8 for issue in site.issues.values())
    assert site.issue("LOAD-25")["fields"]["parent"]["key"] == "LOAD-21"
    again = JiraCloud(seed=3)
    bulk_load(again, 60)
    assert again.dump() == site.dump()


def test_a_clock_stands_still_until_it_is_moved():
    clock = Clock(datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert clock.advance(days=1, minutes=30) == datetime(2026, 3, 3, 12, 30, tzinfo=UTC)
    before = clock.elapsed()
    assert clock.set(datetime(2026, 3, 3, 12, 31, tzinfo=UTC)) == clock.now()
    assert 60 <= clock.elapsed() - before < 61
    assert clock.set(datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="aware"):
        Clock(datetime(2026, 3, 2))  # noqa: DTZ001 - the point
    with pytest.raises(ValueError, match="aware"):
        clock.set(datetime(2026, 3, 2))  # noqa: DTZ001 - the point


def test_a_running_clock_runs():
    clock = Clock(datetime(2026, 3, 2, 12, tzinfo=UTC), running=True)
    assert clock.now() < clock.now()


@contextmanager
def _process(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators.jira", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
    )
    try:
        url, user, token = (process.stdout.readline().strip() for _ in range(3))
        yield process, url, (user, token)
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def test_a_process_of_its_own_is_driven_through_its_control_door(tmp_path):
    state = tmp_path / "state.json"
    clock = "2026-03-02T12:00:00+00:00"
    with _process("--seed", "5", "--state", str(state), "--clock", clock, "--latency", "1") as (
        process,
        url,
        auth,
    ):
        control = f"{url}/__simulator__"
        script = [
            {"do": "add_user", "account_id": "ann", "name": "Ann"},
            {"do": "add_project", "key": "CHK", "name": "Checkout", "lead": "ann"},
            {"do": "create_issue", "project": "CHK", "issue_type": "Task", "fields": {"summary": "One"}},
            {
                "do": "edit_issue",
                "key": "CHK-1",
                "fields": {"duedate": "2026-04-01"},
                "at": "2026-03-02T13:00:00+00:00",
            },
        ]
        assert requests.post(f"{control}/script", json=script, timeout=10).json() == [
            None,
            10000,
            "CHK-1",
            None,
        ]
        moved = requests.post(f"{control}/advance", json={"days": 7}, timeout=10).json()
        assert moved == {"now": "2026-03-09T12:00:00+00:00"}
        comment = {"body": "hello"}
        answer = requests.post(f"{url}/rest/api/2/issue/CHK-1/comment", json=comment, auth=auth, timeout=10)
        assert answer.json()["created"] == "2026-03-09T05:00:00.000-0700"
        stats = requests.get(f"{control}/requests", timeout=10).json()
        assert stats["by_template"] == {"POST /rest/api/2/issue/{issueIdOrKey}/comment": 1}
        assert requests.get(f"{control}/mails", timeout=10).json() == [["CHK-1", "comment created"]]
        faults = {"faults": [{"kind": "status", "status": 503}], "rate_limit": None}
        assert requests.post(f"{control}/options", json=faults, timeout=10).status_code == 200
        assert requests.get(f"{url}/rest/api/3/myself", auth=auth, timeout=10).status_code == 503
        assert requests.post(f"{control}/options", json={"page_size": 3}, timeout=10).status_code == 400
        bad = requests.post(f"{control}/script", json=[{"do": "serve"}], timeout=10)
        assert (bad.status_code, "no operation 'serve'" in bad.json()["error"]) == (400, True)
        dumped = requests.get(f"{control}/dump", timeout=10).json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert json.loads(state.read_text()) == dumped
    with _process("--seed", "5", "--state", str(state)) as (_, url, auth):
        again = requests.get(f"{url}/__simulator__/dump", timeout=10).json()
        assert again == dumped
        assert requests.get(f"{url}/__simulator__/clock", timeout=10).json() == {
            "now": "2026-03-09T12:00:00+00:00"
        }
        shown = requests.get(f"{url}/rest/api/3/issue/CHK-1", auth=auth, timeout=10).json()
        assert shown["fields"]["duedate"] == "2026-04-01"
