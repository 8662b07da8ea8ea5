"""Data that nobody of this project made: recordings of the live service, and others' expected values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from shared import shared

from connectors.azure_devops import AzureDevOpsSettings, wire
from connectors.azure_devops.fields import Resolved
from connectors.azure_devops.history import HistoryReader
from connectors.azure_devops.mapping import ItemMapper
from connectors.azure_devops.mapping_site import directory_identity, iteration, nodes
from connectors.azure_devops.relations import related
from connectors.azure_devops.values import state_of
from portfolio.records import Change

SETTINGS = AzureDevOpsSettings.model_validate(
    {
        "name": "ado",
        "kind": "azure_devops",
        "url": "https://dev.azure.com/fabrikam",
        "auth": {"method": "none"},
    }
)
FIRST = "aad.YTkzODFkODYtNTYxYS03ZDdiLWJjM2QtZDUzMjllMjM5OTAz"
SECOND = "aad.ZTFiMmMzZDQtYTA1Yy00ZWE2LThkZjEtNGI0MWQ1ZjM5ZWZm"


class Process:
    """The states of the sample's process."""

    def __init__(self, states: dict[str, str]) -> None:
        self.states = states

    def category(self, project: str, type_: str, state: str) -> str | None:
        return self.states.get(state)

    def level_kind(self, project: str, type_: str) -> str | None:
        return None

    def project_id(self, project: str) -> str | None:
        return "p-1"

    def iteration(self, project: str, path: str) -> int | None:
        return {"Fabrikam-Fiber-Git": 1}.get(path)


def sample(name: str) -> Any:
    return json.loads(shared(f"samples/ado_faros/{name}").read_text(encoding="utf-8"))


def categories() -> dict[str, str]:
    answer = shared("samples/ado_faros/workitem_states.json").read_bytes()
    states = msgspec.json.decode(answer, type=wire.Listed[wire.State])
    return {state.name: state.category for state in states.value}


def mapper() -> tuple[ItemMapper, Resolved]:
    resolved = Resolved(SETTINGS, None)
    return ItemMapper(SETTINGS, resolved, Process(categories()), ZoneInfo("UTC")), resolved


def test_the_states_of_the_sample_have_the_categories_it_expects() -> None:
    states = {name: state_of(category, None, SETTINGS.states) for name, category in categories().items()}
    assert states == {
        "New": "todo",
        "To Do": "todo",
        "Active": "in_progress",
        "CustomState": "in_progress",
        "Resolved": "in_progress",
        "Closed": "done",
    }


def test_the_updates_of_the_sample_become_the_timeline_it_expects() -> None:
    reader_mapper, resolved = mapper()
    revisions: dict[int, dict[str, Any]] = {}
    fields: dict[str, Any] = {}
    for update in sample("workitem_updates.json")["value"]:
        # An update of links alone keeps the revision; `revisedDate` says when one ended.
        for name, change in update.get("fields", {}).items():
            fields = {k: v for k, v in fields.items() if k != name}
            if "newValue" in change:
                fields[name] = change["newValue"]
        revisions[update["rev"]] = {"id": 1, "rev": update["rev"], "fields": dict(fields)}
    assert list(revisions) == [1, 2, 3, 4, 5, 6, 7, 8]
    rows = [msgspec.convert(row, resolved.row_type) for row in revisions.values()]
    history = HistoryReader("ado", resolved, reader_mapper, lambda _: True, own_account=lambda: None)
    changes = history.read(rows)

    def told(field: str) -> list[tuple[str, str | None, str | None]]:
        return [(_at(one), one.before, one.after) for one in changes if one.field == field]

    expected = sample("expected_workitems.json")["index streams - workitems, use full_refresh sync mode 1"][0]
    states = [(one["changedDate"], one["state"]["name"]) for one in expected["revisions"]["states"][1:]]
    assert [(at, after) for at, _, after in told("status")] == states
    assert told("status") == [
        ("2017-09-04T02:36:18.75Z", "New", "Active"),
        ("2017-09-04T02:36:41.253Z", "Active", "Resolved"),
    ]
    assert told("state") == [("2017-09-04T02:36:18.75Z", "todo", "in_progress")]
    assert told("owner") == [
        ("2017-09-04T02:28:56.253Z", None, FIRST),
        ("2017-09-04T02:36:41.253Z", FIRST, SECOND),
    ]
    assigned = [
        (one["assignedAt"], one["assignee"]["descriptor"]) for one in expected["revisions"]["assignees"]
    ]
    assert [(at, after) for at, _, after in told("owner")] == assigned
    assert told("iteration") == [("2017-09-04T02:36:18.75Z", "ado/iteration-3", "ado/iteration-4")]


def _at(one: Change) -> str:
    text = one.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return text.replace(".750Z", ".75Z")


def test_the_items_of_the_sample_become_records() -> None:
    item_mapper, resolved = mapper()
    answer = shared("samples/ado_faros/workitems.json").read_bytes()
    items = {
        row.id: item_mapper.map(row, with_relations=True).item for row in resolved.items.decode(answer).value
    }
    assert {number: (item.kind, item.status, item.state) for number, item in items.items()} == {
        297: ("story", "New", "todo"),
        299: ("task", "To Do", "todo"),
        300: ("task", "To Do", "todo"),
    }
    assert items[297].title == "Customer can sign in using their Microsoft Account"
    assert items[297].points == 8
    assert items[297].owner_id is None
    assert items[299].owner_id == FIRST
    assert items[299].scope == "Fabrikam-Fiber-Git\\Website"
    assert items[297].iteration_id == "ado/iteration-1"
    assert items[297].url == "https://dev.azure.com/fabrikam/Fabrikam-Fiber-Git/_workitems/edit/297"


def test_the_iterations_of_the_sample_are_flattened_with_their_days() -> None:
    from datetime import date

    answer = shared("samples/ado_faros/iterations_root.json").read_bytes()
    root = msgspec.json.decode(answer, type=wire.Node)
    today = date(2024, 12, 15)
    found = {node.id: iteration("ado", path, node, today) for path, node in nodes(root)}
    assert {number: one.name for number, one in found.items()} == {
        1: "Final Iteration",
        2: "Release 3",
        3: "Release 1",
        4: "Release 2",
    }
    dated = found[2]
    assert (str(dated.start), str(dated.end), dated.state) == ("2024-12-01", "2024-12-31", "active")
    assert (found[3].start, found[3].end, found[3].state) == (None, None, None)


def test_only_predecessors_are_waited_for() -> None:
    data = json.loads(
        shared("samples/dependency_vectors_lighthouse/azure_devops.json").read_text(encoding="utf-8")
    )
    assert len(data["cases"]) == 10
    for case in data["cases"]:
        relations = [msgspec.convert(one, wire.Relation) for one in case.get("relations", [])]
        waits_on = [str(number) for number in related("ado", 1, relations).predecessors]
        assert waits_on == case["waits_on"], case


def interactions(name: str) -> list[dict[str, Any]]:
    path: Path = shared(f"specs/azure_devops/fixtures/{name}")
    data = json.loads(path.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = data.get("interactions", [data])
    return found


def body(interaction: dict[str, Any]) -> bytes:
    return json.dumps(interaction["response"]["body"]).encode()


def test_recorded_revisions_are_read_with_identities_as_text() -> None:
    item_mapper, resolved = mapper()
    pages = [
        resolved.revisions.decode(body(one))
        for one in interactions("jupiterone/iterateWorkItems_success.json")
        if "workItemRevisions" in one["request"]["uri"]
    ]
    assert [page.is_last_batch for page in pages] == [True] * len(pages)
    assert pages[0].continuation_token == "0;0;0;Discussion"
    rows = [row for page in pages for row in page.values]
    first = item_mapper.map(rows[0], with_relations=False).item
    assert (first.native_id, first.revision, first.kind, first.status) == ("1", "2", "epic", "To Do")
    assert first.owner_id == "metron@example.com"


def test_a_recorded_link_edit_leaves_the_revision_alone() -> None:
    _, resolved = mapper()
    seen: list[tuple[int, int]] = []
    for one in interactions("cli_extension/test_boards_releations_create_remove.2026-03.json"):
        content = one["response"]["body"]
        if isinstance(content, dict) and "rev" in content and one["request"]["method"] == "PATCH":
            row = msgspec.json.decode(body(one), type=resolved.row_type)
            seen.append((row.id, row.rev))
    assert seen
    assert len({rev for _, rev in seen}) == 1


@pytest.mark.parametrize(
    ("name", "count", "last"),
    [
        ("reporting_revisions_page1.json", 2, False),
        ("reporting_revisions_page2_last_with_deleted.json", 1, True),
        ("reporting_revisions_nothing_new.json", 0, True),
    ],
)
def test_batches_of_revisions_are_read(name: str, count: int, *, last: bool) -> None:
    _, resolved = mapper()
    batch = resolved.revisions.decode(body(interactions(f"synthetic/{name}")[0]))
    assert (len(batch.values), batch.is_last_batch) == (count, last)
    assert batch.continuation_token


def test_a_batch_of_links_is_read() -> None:
    answer = body(interactions("synthetic/reporting_links_add_then_remove.json")[0])
    batch = msgspec.json.decode(answer, type=wire.Links)
    assert [(one.source_id, one.target_id, one.is_active) for one in batch.values] == [
        (11, 12, True),
        (11, 12, False),
        (12, 13, True),
    ]


def test_a_batch_of_items_may_hold_nothing_in_a_place() -> None:
    _, resolved = mapper()
    found = resolved.items.decode(body(interactions("synthetic/workitemsbatch_omit.json")[0]))
    assert [row and row.id for row in found.value] == [11, None, 12]


def test_recorded_service_accounts_are_no_people() -> None:
    path = shared("specs/azure_devops/fixtures/faros/users.json")
    subjects = msgspec.json.decode(path.read_bytes(), type=list[wire.Subject])
    kinds = {
        one.descriptor[:4]: directory_identity("ado", one.descriptor, one, is_active=None).kind
        for one in subjects
        if one.descriptor
    }
    assert kinds["svc."] == "service"
    assert {kind for prefix, kind in kinds.items() if prefix in ("aad.", "msa.")} == {"person"}
