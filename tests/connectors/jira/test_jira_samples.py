"""Recorded issues of real sites, mapped, against values that others read off the same payloads."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from shared import shared

from connectors.jira import JiraSettings
from connectors.jira.fields import resolve
from connectors.jira.mapping import IssueMapper, Mapped
from connectors.jira.wire import History, Issue, Status
from connectors.jira.wire_site import FieldInfo
from portfolio.errors import MappingError
from portfolio.records import Change, Dependency, WorkItem

SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
CATEGORY = {"TODO": "todo", "IN_PROGRESS": "in_progress", "DONE": "done"}


def settings(**more: Any) -> JiraSettings:
    entry = {"name": "s", "kind": "jira", "url": "https://s.example", "auth": {"method": "none"}}
    return JiraSettings.model_validate(entry | more)


def field(field_id: str, name: str, type_: str, key: str = "x") -> FieldInfo:
    schema = {"type": type_, "custom": key}
    return msgspec.convert({"id": field_id, "name": name, "custom": True, "schema": schema}, FieldInfo)


class Site:
    """Maps raw issues of one recorded site."""

    def __init__(self, fields: Sequence[FieldInfo] = (), statuses: Iterable[Any] = (), **more: Any) -> None:
        self.settings = settings(**more)
        resolved = resolve(self.settings, fields)
        known = [msgspec.convert(status, Status) for status in statuses]
        self.mapper = IssueMapper(self.settings, resolved, known, ZoneInfo("UTC"))

    def map(self, raw: dict[str, Any]) -> Mapped:
        issue = msgspec.json.decode(json.dumps(raw), type=Issue)
        entries = raw.get("changelog", {}).get("histories", [])
        return self.mapper.map(issue, msgspec.convert(entries, list[History]))


def server_form(raw: Any) -> Any:
    """A Server payload with its users as Cloud has them: Server knows names and keys, no account ids."""
    if isinstance(raw, list):
        return [server_form(one) for one in raw]
    if not isinstance(raw, dict):
        return raw
    shown = {name: server_form(value) for name, value in raw.items()}
    if "displayName" in shown and "accountId" not in shown:
        shown["accountId"] = shown.get("key") or shown.get("name") or ""
    return shown


def lines(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        data = row.get("data", row)
        found.append(json.loads(data) if isinstance(data, str) else data)
    return found


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def item_of(mapped: Mapped) -> WorkItem:
    return mapped.item


def changes_of(mapped: Mapped) -> list[Change]:
    return [one for one in mapped.records if isinstance(one, Change)]


# jirametrics: two snapshots of one site


SP_FIELDS = [
    field("customfield_10020", "Sprint", "array", SPRINT),
    field("customfield_10021", "Flagged", "array"),
]


@pytest.fixture(params=["snapshot_testdata", "snapshot_complete_sample"])
def snapshot(request: pytest.FixtureRequest) -> Path:
    return shared(f"samples/jira_jirametrics_sp/{request.param}")


@pytest.fixture
def sp_site() -> Site:
    statuses = json.loads(shared("samples/jira_jirametrics_sp/statuses.json").read_text())
    return Site(SP_FIELDS, statuses)


def test_jirametrics_issues_are_as_read_off_the_payload(snapshot: Path, sp_site: Site) -> None:
    items = {m.item.key: m.item for m in map(sp_site.map, lines(snapshot / "issues.jsonl"))}
    expected = table(snapshot / "expected_issues.csv")
    assert len(items) == len(expected) == 6
    for row in expected:
        item = items[row["issue_key"]]
        assert item.native_id == row["issue_id"]
        assert item.title == row["title"]
        assert item.type == row["original_type"]
        assert item.status == row["status"]
        assert item.state == CATEGORY[row["status_category"]]
        assert item.created_at == utc(row["created_utc"])
        assert item.updated_at == utc(row["updated_utc"])
        assert item.priority == row["priority"]
        assert item.owner_id == (row["assignee_account_id"] or None)
        assert item.is_blocked is (row["flagged"] == "1")
        assert str(item.due or "") == row["due_date"]
        if row["resolution_utc"]:
            assert item.actual_finish == utc(row["resolution_utc"]).date()


def test_jirametrics_histories_are_complete_and_dated(snapshot: Path, sp_site: Site) -> None:
    mapped = {m.item.key: m for m in map(sp_site.map, lines(snapshot / "issues.jsonl"))}
    expected = table(snapshot / "expected_changelog_items.csv")
    told = {(key, change.event_id): change for key, m in mapped.items() for change in changes_of(m)}
    for row in expected:
        change = told[row["issue_key"], f"{row['history_id']}.{row['item_index']}"]
        assert change.at == utc(row["created_utc"])
        assert change.by == row["author_account_id"]
        if row["field"] in ("status", "priority"):
            assert (change.field, change.before, change.after) == (
                row["field"],
                row["from_string"],
                row["to_string"],
            )
    extra = {event for _, event in told} - {f"{r['history_id']}.{r['item_index']}" for r in expected}
    assert all(event.endswith(".state") for event in extra)


def test_jirametrics_states_follow_the_intervals(snapshot: Path, sp_site: Site) -> None:
    statuses = {
        one["id"]: {"new": "todo", "indeterminate": "in_progress", "done": "done"}[
            one["statusCategory"]["key"]
        ]
        for one in json.loads(shared("samples/jira_jirametrics_sp/statuses.json").read_text())
    }
    intervals: dict[str, list[tuple[str, str]]] = {}
    for row in table(snapshot / "expected_status_intervals.csv"):
        intervals.setdefault(row["issue_key"], []).append((statuses[row["status_id"]], row["from_utc"]))
    for mapped in map(sp_site.map, lines(snapshot / "issues.jsonl")):
        moves = [
            (utc(at), before, after)
            for (before, _), (after, at) in pairwise(intervals[mapped.item.key])
            if before != after
        ]
        assert [(c.at, c.before, c.after) for c in changes_of(mapped) if c.field == "state"] == moves


def test_jirametrics_links_are_dependencies_of_the_right_direction(sp_site: Site) -> None:
    path = shared("samples/jira_jirametrics_sp/snapshot_testdata/issues.jsonl")
    found = {
        (one.predecessor_id, one.successor_id)
        for m in map(sp_site.map, lines(path))
        for one in m.records
        if isinstance(one, Dependency)
    }
    assert found == {("s/10021", "s/10022")}  # SP-14 blocks SP-15, told once from both ends


def test_jirametrics_the_second_snapshot_adds_one_history(sp_site: Site) -> None:
    expected = json.loads(shared("samples/jira_jirametrics_sp/incremental_expected.json").read_text())
    for one in expected["same_issue"]:
        counts = []
        for name, when in (("snapshot_testdata", "first"), ("snapshot_complete_sample", "second")):
            path = shared(f"samples/jira_jirametrics_sp/{name}/issues.jsonl")
            mapped = next(m for m in map(sp_site.map, lines(path)) if m.item.key == one["key"])
            assert mapped.item.status == one[f"status_{when}"]
            assert mapped.item.updated_at == utc(one[f"updated_{when}"])
            counts.append(len({change.event_id.split(".")[0] for change in changes_of(mapped)}))
        assert counts == [one["histories_first"], one["histories_second"]]


# devlake


def test_devlake_epics_and_a_parent_outside_the_board() -> None:
    base = shared("samples/jira_devlake/k5_board93_epics")
    site = Site([field("customfield_10020", "Sprint", "array", SPRINT)])
    items = {m.item.key: m.item for m in map(site.map, lines(base / "raw/issues.jsonl"))}
    for row in table(base / "expected/issues.csv"):
        item = items[row["issue_key"]]
        assert (item.native_id, item.title, item.type, item.status) == (
            row["issue_id"],
            row["title"],
            row["original_type"],
            row["original_status"],
        )
        assert item.state == CATEGORY[row["status_category"]]
        assert (item.created_at, item.updated_at) == (utc(row["created_utc"]), utc(row["updated_utc"]))
        assert item.parent_id == (f"s/{row['parent_issue_id']}" if row["parent_issue_id"] else None)
        assert item.iteration_id == (f"s/{row['sprint_id']}" if row["sprint_id"] else None)


def test_devlake_server_links_are_read_from_both_ends() -> None:
    base = shared("samples/jira_devlake/server_issue_links")
    site = Site()
    raws = server_form(lines(base / "raw/issues.jsonl"))
    found = {
        (one.predecessor_id, one.successor_id)
        for m in map(site.map, raws)
        for one in m.records
        if isinstance(one, Dependency)
    }
    expected = set()
    for row in table(base / "expected/issue_links.csv"):
        ends = (f"s/{row['source_id']}", f"s/{row['target_id']}")
        if row["relation"] == "blocks":
            expected.add(ends)
        elif row["relation"] == "is blocked by":
            expected.add(ends[::-1])
    assert found == expected
    assert len(found) == 4


def test_devlake_server_issues_are_mapped() -> None:
    base = shared("samples/jira_devlake/server_issue_links")
    site = Site()
    mapped = {m.item.key: m for m in map(site.map, server_form(lines(base / "raw/issues.jsonl")))}
    rows = table(base / "expected/issues_from_raw.csv")
    assert len(mapped) == len(rows) == 22
    for row in rows:
        item = mapped[row["issue_key"]].item
        assert (item.title, item.type, item.status, item.priority) == (
            row["title"],
            row["original_type"],
            row["original_status"],
            row["priority"],
        )
        assert item.kind == "bug"
        assert (item.created_at, item.updated_at) == (utc(row["created_utc"]), utc(row["updated_utc"]))
        changes = [c for c in changes_of(mapped[row["issue_key"]]) if not c.event_id.endswith(".state")]
        assert len(changes) == int(row["changelog_items"])


# faros


def test_faros_points_sprints_keys_and_owners() -> None:
    base = shared("samples/jira_faros")
    site = Site(
        [
            field("customfield_10020", "Sprint", "array", SPRINT),
            field("customfield_10028", "Story Points", "number"),
        ]
    )
    raws = {raw["key"]: server_form(raw) for raw in json.loads((base / "issues.json").read_text())}
    expected = {
        one["key"]: one for one in json.loads((base / "expected.json").read_text())["index stream - issues 1"]
    }
    mapped = site.map(raws["TEST-3"])
    told = expected["TEST-3"]
    assert mapped.item.title == told["summary"]
    assert mapped.item.iteration_id == f"s/{told['sprintInfo']['currentSprintId']}"
    assert mapped.item.created_at == utc(told["created"])
    assert mapped.item.updated_at == utc(told["updated"])
    sprint = next(c for c in changes_of(mapped) if c.field == "iteration")
    assert sprint.after == "s/15,s/16,s/18,s/19,s/20,s/23,s/55,s/66"
    assert sprint.at == utc(told["sprintInfo"]["history"][0]["addedAt"])
    status = next(c for c in changes_of(mapped) if c.field == "status")
    assert (status.before, status.after) == ("QA", "To Do")
    assert status.at == utc(told["statusChanged"])


def test_faros_an_odd_sprint_field_is_reported_and_the_issue_kept() -> None:
    base = shared("samples/jira_faros")
    site = Site([field("customfield_10020", "Sprint", "array", SPRINT)])
    raw = server_form(json.loads((base / "issues.json").read_text())[0])
    mapped = site.map(raw)
    assert mapped.item.iteration_id is None
    assert mapped.problems == ["TEST-1: the sprint field is not understood"]
    parent = next(c for c in changes_of(mapped) if c.field == "parent")
    assert parent.after == "s/11999"


# digitalservice


def test_digitalservice_started_and_resolved() -> None:
    base = shared("samples/jira_cfd_digitalservice")
    expected = json.loads((base / "expected.json").read_text())
    raw = json.loads((base / "jira-jql-query-response-fixture.json").read_text())["issues"][0]
    history = json.loads((base / "jira-changelog-response-fixture.json").read_text())["values"]
    raw["changelog"] = {"histories": history}
    categories = {"10123": "new", "10124": "indeterminate", "10125": "done"}
    names = {"10123": "To Do", "10124": "In Progress", "10125": "Done"}
    site = Site(
        statuses=[
            {"id": number, "name": names[number], "statusCategory": {"key": key}}
            for number, key in categories.items()
        ]
    )
    mapped = site.map(raw)
    states = [c for c in changes_of(mapped) if c.field == "state"]
    assert states[0].at == datetime.fromisoformat(expected["in_progress_reached"])
    assert [(c.before, c.after) for c in states] == [("todo", "in_progress"), ("in_progress", "done")]
    assert mapped.item.created_at == datetime.fromisoformat(expected["first_issue_created"])
    assert mapped.item.actual_start is not None
    assert mapped.item.actual_start.isoformat() == "2023-11-03"
    assert mapped.item.actual_finish is not None
    assert mapped.item.actual_finish.isoformat() == "2023-11-07"
    never = json.loads((base / "jira-changelog-response-without-in-progress.fixture.json").read_text())
    raw["changelog"] = {"histories": never["values"]}
    assert site.map(raw).item.actual_start is None


# Lighthouse: which links mean "waits on"


def test_lighthouse_only_the_waiting_end_of_a_blocking_link_counts() -> None:
    cases = json.loads(shared("samples/dependency_vectors_lighthouse/jira.json").read_text())["cases"]
    site = Site()
    checked = 0
    for case in cases:
        links = case.get("issuelinks")
        for number, link in enumerate(links if isinstance(links, list) else []):
            link["id"] = str(number + 1)
            for end in ("inwardIssue", "outwardIssue"):
                if link.get(end, {}).get("key"):
                    link[end]["id"] = link[end]["key"]  # the cases know keys only
        fields = {
            "summary": "x",
            "issuetype": {"id": "1", "name": "Task"},
            "status": {"id": "1", "name": "To Do"},
            "updated": "2026-03-02T12:00:00.000+0000",
            "issuelinks": links,
        }
        raw = {"id": "1", "key": "X-1", "fields": fields}
        if links is not None and not isinstance(links, list):
            with pytest.raises(MappingError):
                site.map(raw)
            continue
        waits = [
            one.predecessor_id.removeprefix("s/")
            for one in site.map(raw).records
            if isinstance(one, Dependency) and one.successor_id == "s/1"
        ]
        assert waits == case["waits_on"], case
        checked += 1
    assert checked == 20
