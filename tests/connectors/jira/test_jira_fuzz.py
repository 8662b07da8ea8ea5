"""Whatever JSON stands in an issue, a history or an answer: records, or one clear error."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.jira import JiraSettings
from connectors.jira.fields import resolve
from connectors.jira.mapping import IssueMapper
from connectors.jira.wire import ChangelogPage, History, Issue, SearchPage
from connectors.jira.wire_site import FieldInfo
from portfolio.errors import MappingError
from portfolio.records import KINDS, STATES

NAMES = ("start", "finish", "points", "probability", "impact", "review_due", "approver", "health", "twin")
SITE = [
    msgspec.convert(
        {"id": f"c{n}", "name": name, "custom": True, "schema": {"type": "any", "custom": f"x:{n}"}},
        FieldInfo,
    )
    for n, name in enumerate(NAMES)
] + [
    msgspec.convert(
        {"id": "c90", "name": "Sprint", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-sprint"}},
        FieldInfo,
    )
]
SETTINGS = JiraSettings.model_validate(
    {
        "name": "s",
        "kind": "jira",
        "url": "https://s.example",
        "auth": {"method": "none"},
        "fields": {name: name for name in NAMES},
        "kinds": {"Task": "risk"},
    }
)

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
    ["2026-03-01", "", "0000-00-00", "9999-12-31", "2026-03-01T23:30:00.000-0800", "16/Apr/24", "-1"]
)
ids = [*(f"c{n}" for n in range(len(NAMES))), "c90"]
instants = st.sampled_from(["2026-03-01T10:00:00.000+0900", 1492070429000, 1492070429]) | dates
sprints = st.lists(
    st.fixed_dictionaries({"id": st.integers(1, 9), "state": st.text(max_size=6), "endDate": dates}),
    max_size=3,
)
SOUND: dict[str, Any] = {
    "summary": "x",
    "issuetype": {"id": "1", "name": "Task"},
    "status": {"id": "1", "name": "To Do", "statusCategory": {"key": "new"}},
    "updated": "2026-03-02T12:00:00.000+0000",
}


def check_named(error: MappingError) -> None:
    assert "X-1" in str(error)


def mapper() -> IssueMapper:
    return IssueMapper(SETTINGS, resolve(SETTINGS, SITE), [], ZoneInfo("Asia/Tokyo"))


@given(
    st.dictionaries(st.sampled_from([*ids, *SOUND, "duedate", "issuelinks", "parent"]), json_values | dates)
)
@settings(max_examples=200, deadline=None)
def test_an_issue_is_records_or_one_mapping_error(odd: dict[str, Any]) -> None:
    raw = msgspec.json.encode({"id": "1", "key": "X-1", "fields": {**SOUND, **odd}})
    try:
        mapped = mapper().map(msgspec.json.decode(raw, type=Issue), [])
    except MappingError as error:
        check_named(error)
        return
    assert mapped.item.kind in KINDS
    assert mapped.item.state in STATES
    assert msgspec.json.encode(mapped.records)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": st.integers(1, 50).map(str),
                "created": st.sampled_from(["2026-03-01T10:00:00.000+0900", 1492070429000, 1492070429])
                | dates,
                "items": st.lists(
                    st.fixed_dictionaries(
                        {
                            "field": st.sampled_from(["status", "Key", "Sprint", "Link", "duedate", "odd"]),
                            "fieldId": st.none()
                            | st.sampled_from([*ids, "status", "duedate", "assignee", "parent"]),
                            "from": st.none() | dates | st.text(max_size=10),
                            "to": st.none() | dates | st.text(max_size=10),
                            "fromString": st.none() | st.text(max_size=300),
                            "toString": st.none() | st.text(max_size=300),
                        }
                    ),
                    max_size=4,
                ),
            }
        ),
        max_size=6,
        unique_by=lambda entry: entry["id"],
    )
)
@settings(max_examples=200, deadline=None)
def test_a_history_is_changes_with_ids_of_their_own_or_one_mapping_error(entries: list[Any]) -> None:
    issue = msgspec.json.decode(msgspec.json.encode({"id": "1", "key": "X-1", "fields": SOUND}), type=Issue)
    try:
        mapped = mapper().map(issue, msgspec.convert(entries, list[History]))
    except MappingError as error:
        check_named(error)
        return
    events = [one.event_id for one in mapped.records if hasattr(one, "event_id")]
    assert len(events) == len(set(events))


@given(st.binary(max_size=200) | json_values.map(msgspec.json.encode))
@settings(max_examples=200, deadline=None)
def test_an_answer_is_decoded_or_refused(body: bytes) -> None:
    for type_ in (SearchPage, ChangelogPage):
        try:
            msgspec.json.decode(body, type=type_)
        except (msgspec.DecodeError, RecursionError):
            continue
