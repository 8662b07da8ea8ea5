"""Whatever JSON stands in an item, a revision or an answer: records, or one clear error."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.azure_devops import AzureDevOpsSettings, wire
from connectors.azure_devops.fields import Resolved
from connectors.azure_devops.history import HistoryReader
from connectors.azure_devops.mapping import ItemMapper
from connectors.azure_devops.relations import related
from connectors.azure_devops.values import item_number
from portfolio.errors import MappingError
from portfolio.records import KINDS, STATES

MEANINGS = ("team", "twin", "health", "impact", "review_due", "proximity_from", "approver", "budget")
SETTINGS = AzureDevOpsSettings.model_validate(
    {
        "name": "s",
        "kind": "azure_devops",
        "url": "https://dev.azure.com/s",
        "auth": {"method": "none"},
        "fields": {name: f"System.X{name}" for name in MEANINGS},
        "kinds": {"Task": "risk"},
    }
)
RESOLVED = Resolved(SETTINGS, None)
SOUND: dict[str, Any] = {
    "System.TeamProject": "Retail",
    "System.WorkItemType": "Task",
    "System.State": "New",
    "System.AreaPath": "Retail",
    "System.ChangedDate": "2026-03-02T12:00:00Z",
}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**14)
    | st.floats(allow_nan=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
dates = st.sampled_from(
    [
        "2026-03-01", "", "0000-00-00", "9999-12-31", "0001-01-01T00:30:00Z", "9999-12-31T23:59:59Z",
        "2026-03-01T23:30:00.123456789Z", "1/10/2025 12:13:35 PM", "-1",
    ]
)  # fmt: skip
configured = [f"System.X{name}" for name in MEANINGS] + [
    "Microsoft.VSTS.Scheduling.DueDate",
    "Microsoft.VSTS.Scheduling.StoryPoints",
    "Microsoft.VSTS.CMMI.Blocked",
    "Microsoft.VSTS.CMMI.Probability",
    "Microsoft.VSTS.Common.Priority",
    "Microsoft.VSTS.Common.Severity",
]
instants = ["System.ChangedDate", "System.CreatedDate", "Microsoft.VSTS.Common.ClosedDate"]
odd_fields = st.dictionaries(st.sampled_from(configured), json_values | dates) | st.dictionaries(
    st.sampled_from([*instants, "System.Tags", "System.Title", *SOUND]), dates | st.text(max_size=20)
)


class Process:
    """A process in which everything is called New."""

    def category(self, project: str, type_: str, state: str) -> str | None:
        return "Proposed" if state == "New" else None

    def level_kind(self, project: str, type_: str) -> str | None:
        return None

    def project_id(self, project: str) -> str | None:
        return None

    def iteration(self, project: str, path: str) -> int | None:
        return None


def check_named(error: MappingError) -> None:
    assert "item 7" in str(error)


def mapper() -> ItemMapper:
    return ItemMapper(SETTINGS, RESOLVED, Process(), ZoneInfo("Asia/Tokyo"))


def row(fields: dict[str, Any], rev: int = 1) -> Any:
    raw = msgspec.json.encode({"id": 7, "rev": rev, "fields": fields})
    return msgspec.json.decode(raw, type=RESOLVED.row_type)


@given(odd_fields)
@settings(max_examples=200, deadline=None)
def test_an_item_is_records_or_one_mapping_error(odd: dict[str, Any]) -> None:
    try:
        mapped = mapper().map(row({**SOUND, **odd}), with_relations=True)
    except MappingError as error:
        check_named(error)
        return
    assert mapped.item.kind in KINDS
    assert mapped.item.state in STATES
    assert msgspec.json.encode(mapped.records)


@given(st.lists(odd_fields, max_size=5))
@settings(max_examples=200, deadline=None)
def test_revisions_are_changes_with_ids_of_their_own(odd: list[dict[str, Any]]) -> None:
    reader = HistoryReader("s", RESOLVED, mapper(), lambda _: True, own_account=lambda: None)
    rows = [row({**SOUND, **one}, rev) for rev, one in enumerate(odd, 1)]
    changes = reader.read(rows)
    assert len({one.event_id for one in changes}) == len(changes)
    assert all(one.before != one.after for one in changes)
    assert msgspec.json.encode(changes)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "rel": st.none()
                | st.sampled_from(
                    [
                        "System.LinkTypes.Hierarchy-Reverse",
                        "System.LinkTypes.Dependency-Reverse",
                        "System.LinkTypes.Remote.Dependency-Forward",
                        "Hyperlink",
                        "ArtifactLink",
                    ]
                )
                | st.text(max_size=10),
                "url": st.none()
                | st.text(max_size=60)
                | st.sampled_from(
                    ["https://dev.azure.com/s/_apis/wit/workItems/8", "https://[broken/_apis/wit/workItems/8"]
                ),
            }
        ),
        max_size=5,
    )
)
@settings(max_examples=200, deadline=None)
def test_relations_never_lead_to_the_item_itself(entries: list[dict[str, Any]]) -> None:
    found = related("s", 7, msgspec.convert(entries, list[wire.Relation]))
    assert 7 not in (*found.predecessors, *found.successors, found.parent)
    assert len({one.dependency_id for one in found.dependencies}) == len(found.dependencies)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    assert item_number(text) is None or str(item_number(text)) in text


@given(st.binary(max_size=200) | json_values.map(msgspec.json.encode))
@settings(max_examples=200, deadline=None)
def test_an_answer_is_decoded_or_refused(body: bytes) -> None:
    for decoder in (RESOLVED.revisions, RESOLVED.items, msgspec.json.Decoder(wire.Links)):
        try:
            decoder.decode(body)
        except (msgspec.DecodeError, RecursionError):
            continue
