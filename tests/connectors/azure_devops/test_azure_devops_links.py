"""Links of Azure DevOps: inside an organisation, to other organisations, to other trackers; and cursors."""

from __future__ import annotations

from typing import Any

import pytest
from reading_world import (
    ANN,
    BATCH,
    CHILD,
    FINISH_DATE,
    LINKS,
    PARENT,
    PREDECESSOR,
    REVISIONS,
    SUCCESSOR,
    Serve,
    many,
    new_site,
    records_of,
    told,
)

from connectors.azure_devops.links import LinksAhead
from connectors.azure_devops.wire import Link
from portfolio.errors import CursorRejected
from portfolio.records import Change, Cursor, Dependency, WorkItem
from simulators.azure_devops import AzureDevOps

ELSEWHERE = "https://dev.azure.com/supplier/_apis/wit/workItems/77"
JIRA = "https://shop.atlassian.net/browse/CHK-12"


def pairs(records: list[Any]) -> set[tuple[str, str]]:
    return {(one.predecessor_id, one.successor_id) for one in records_of(Dependency, records)}


def test_a_dependency_is_one_from_either_end(site: AzureDevOps, serve: Serve) -> None:
    first, second, third = many(site, 3)
    site.link(second, PREDECESSOR, first, ANN)
    site.link(second, SUCCESSOR, third, ANN)
    trial = serve()
    found = records_of(Dependency, trial.pull())
    assert {one.dependency_id for one in found} == {
        f"boards/link-{first}-{second}",
        f"boards/link-{second}-{third}",
    }
    assert {one.type for one in found} == {"FS"}


def test_a_dependency_on_another_organisation_keeps_its_address(site: AzureDevOps, serve: Serve) -> None:
    consumer, producer = many(site, 2)
    site.link(consumer, "System.LinkTypes.Remote.Dependency-Reverse", ELSEWHERE, ANN)
    site.link(producer, "System.LinkTypes.Remote.Dependency-Forward", ELSEWHERE, ANN)
    records = serve().pull("items")
    assert pairs(records) == {
        (f"url:{ELSEWHERE}", f"boards/{consumer}"),
        (f"boards/{producer}", f"url:{ELSEWHERE}"),
    }
    urls = {int(one.native_id): list(one.linked_urls) for one in records_of(WorkItem, records)}
    assert urls == {consumer: [ELSEWHERE], producer: [ELSEWHERE]}


def test_hyperlinks_lead_to_other_trackers_and_may_say_who_waits(site: AzureDevOps, serve: Serve) -> None:
    plain, waiting = many(site, 2)
    site.link(plain, "Hyperlink", JIRA, ANN, comment="the same in Jira")
    site.link(waiting, "Hyperlink", JIRA, ANN, comment="Is blocked by")
    records = serve().pull("items")
    urls = {int(one.native_id): list(one.linked_urls) for one in records_of(WorkItem, records)}
    assert urls == {plain: [JIRA], waiting: [JIRA]}
    assert pairs(records) == {(f"url:{JIRA}", f"boards/{waiting}")}


def test_a_first_load_reads_nothing_twice(site: AzureDevOps, serve: Serve) -> None:
    made = many(site, 6)
    for child in made[1:]:
        site.link(child, PARENT, made[0], ANN)
    site.link(made[2], PREDECESSOR, made[1], ANN)
    trial = serve()
    items = trial.items("items", "history", "links")
    assert {number: item.parent_id for number, item in items.items()} == {
        made[0]: None,
        **dict.fromkeys(made[1:], f"boards/{made[0]}"),
    }
    assert trial.sent()[BATCH] == 0
    assert (trial.sent()[REVISIONS], trial.sent()[LINKS]) == (2, 2)


def test_where_there_are_too_many_links_to_keep_they_are_read_all_the_same(
    site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.azure_devops.links.MOST", -1)
    monkeypatch.setattr("simulators.azure_devops.reporting._LINK_PAGE", 1)
    first, second, child = many(site, 3)
    site.link(child, PARENT, first, ANN)
    site.link(second, PREDECESSOR, first, ANN)
    records = serve().pull("items", "history", "links")
    last = {int(one.native_id): one.parent_id for one in records_of(WorkItem, records)}
    assert last == {first: None, second: None, child: f"boards/{first}"}
    assert pairs(records) == {(f"boards/{first}", f"boards/{second}")}


def test_links_that_came_and_went_are_not_there() -> None:
    ahead = LinksAhead()
    for source, target, is_active in ((1, 2, True), (1, 2, False), (3, 2, True), (1, 2, False)):
        ahead.add(
            Link(
                rel="System.LinkTypes.Hierarchy",
                source_id=source,
                target_id=target,
                changed_date="2026-03-02T12:00:00Z",
                is_active=is_active,
            )
        )
    assert ahead.parents == {2: 3}


def test_a_child_that_is_added_by_its_parent_is_seen(site: AzureDevOps, serve: Serve) -> None:
    parent, child = many(site, 2)
    trial = serve()
    trial.pull()
    site.clock.advance(minutes=5)
    site.link(parent, CHILD, child, ANN)
    records = trial.pull()
    assert told(child, records) == [("parent", None, f"boards/{parent}")]
    assert {one.native_id: one.parent_id for one in records_of(WorkItem, records)} == {
        str(child): f"boards/{parent}"
    }


def test_a_change_and_a_link_in_one_run_are_read_once(site: AzureDevOps, serve: Serve) -> None:
    parent, child = many(site, 2)
    trial = serve()
    trial.pull()
    site.clock.advance(minutes=5)
    site.link(child, PARENT, parent, ANN)
    site.edit_item(child, {FINISH_DATE: "2026-04-01"}, ANN)
    trial.pull("items", "history", "links")
    assert trial.sent()[BATCH] == 2  # as it stood before the revision, and as it stands


def test_a_dependency_is_told_of_its_successor_where_only_the_predecessor_was_edited(
    site: AzureDevOps, serve: Serve
) -> None:
    first, second = many(site, 2)
    trial = serve()
    trial.pull()
    site.clock.advance(minutes=5)
    site.link(first, SUCCESSOR, second, ANN)
    site.edit_item(first, {FINISH_DATE: "2026-04-01"}, ANN)
    assert told(second, trial.pull()) == [("predecessor", None, f"boards/{first}")]


@pytest.mark.parametrize("size", [1000, 1, 2])
def test_a_move_is_one_change_wherever_a_batch_of_links_ends(
    site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("simulators.azure_devops.reporting._LINK_PAGE", size)
    old, new, child = many(site, 3)
    site.link(child, PARENT, old, ANN)
    site.clock.advance(minutes=5)
    site.unlink(child, PARENT, old, ANN)
    site.link(child, PARENT, new, ANN)
    changes = [one for one in records_of(Change, serve().pull()) if one.field == "parent"]
    # Of two that have one id, the later is what is stored.
    told_last = {one.event_id: (one.before, one.after) for one in changes}
    assert sorted(told_last.values(), key=str) == [
        (f"boards/{old}", f"boards/{new}"),
        (None, f"boards/{old}"),
    ]


def test_links_of_other_projects_cost_nothing_that_stays(site: AzureDevOps, serve: Serve) -> None:
    first, second = many(site, 2, project="Other")
    trial = serve()
    trial.pull()
    site.clock.advance(minutes=5)
    site.link(second, PARENT, first, ANN)
    assert records_of(WorkItem, trial.pull()) == []


# Cursors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["items", "history"])
def test_fields_that_mean_something_else_start_the_stream_over(serve: Serve, stream: str) -> None:
    site = new_site()
    site.add_process("Shop", "Agile")
    site.add_field("Custom.One", "Promised", "dateTime", process="Shop")
    site.add_project("Web", "Shop")
    many(site, 3, project="Web")
    trial = serve(site)
    more = {"projects": ["Web"], "fields": {"due": ["Promised"]}, "items_per_page": 2}
    trial.pages(stream, limit=1, **more)
    cursor = trial.cursors[stream]
    changed = str(cursor.value["fields"]).replace("Custom.One", "Custom.Other")
    trial.cursors[stream] = Cursor(version=cursor.version, value={**cursor.value, "fields": changed})
    with pytest.raises(CursorRejected, match="another meaning"):
        trial.pages(stream, **more)


def test_history_is_read_once_and_then_costs_nothing(site: AzureDevOps, serve: Serve) -> None:
    (item,) = many(site, 1)
    site.edit_item(item, {FINISH_DATE: "2026-04-01"}, ANN)
    trial = serve()
    assert told(item, trial.pull("history")) == [("due", None, "2026-04-01")]
    assert trial.pull("history") == []
    assert dict(trial.sent()) == {}


def test_the_mapping_version_changes_with_what_shapes_records_and_with_nothing_else(serve: Serve) -> None:
    trial = serve()
    version = trial.connector().mapping_version
    assert trial.connector(items_per_page=200).mapping_version == version
    assert trial.connector(auth={"method": "none"}).mapping_version == version
    for change in (
        {"kinds": {"Wish": "story"}},
        {"date_zones": ["Asia/Tokyo"]},
        {"states": {"resolved": "done"}},
        {"fields": {"team": "System.NodeName"}},
        {"projects": ["Retail", "Other"]},
    ):
        assert trial.connector(**change).mapping_version != version
