"""One item, many spellings of its address; and never another item."""

from __future__ import annotations

import pytest

from sync.addresses import Addressed, AddressIndex, address_index

CLOUD = "https://shop.atlassian.net"
SERVICES = "https://dev.azure.com/shop"
SERVER = "https://tfs.shop.example:8080/tfs/DefaultCollection"


def item(item_id: str, key: str, url: str | None) -> Addressed:
    source, _, native = item_id.partition("/")
    return Addressed(item_id=item_id, source=source, native_id=native, key=key, url=url)


INDEX = address_index(
    [
        item("shop/10012", "CHK-12", f"{CLOUD}/browse/CHK-12"),
        item("old/7", "CHK-12", "https://jira.shop.example/jira/browse/CHK-12"),
        item("boards/123", "123", f"{SERVICES}/Retail/_workitems/edit/123"),
        item("tfs/123", "123", f"{SERVER}/Retail/_workitems/edit/123"),
        item("planner/t1", "t1", "https://tasks.example/task/AbC?plan=9"),
        item("plans/p:1", "plan#1", None),
    ],
    {},
)


@pytest.mark.parametrize(
    "address",
    [
        f"{CLOUD}/browse/CHK-12",
        f"{CLOUD}/browse/chk-12/",
        f"  {CLOUD}/browse/CHK-12?focusedCommentId=10100&page=com.atlassian#comment-10100 ",
        "HTTPS://Shop.Atlassian.NET:443/browse/CHK-12",
        "http://shop.atlassian.net./browse/CHK-12",
        f"{CLOUD}/rest/api/3/issue/10012",
        f"{CLOUD}/rest/api/2/issue/CHK-12?fields=summary",
        f"{CLOUD}/jira/software/c/projects/CHK/boards/3?selectedIssue=CHK-12",
        f"{CLOUD}/jira/software/projects/CHK/issues/CHK-12",
        f"{CLOUD}/projects/CHK/issues/CHK-12/",
    ],
)
def test_every_spelling_of_a_jira_address_leads_to_its_issue(address: str) -> None:
    assert INDEX.items_at(address) == ["shop/10012"]


def test_a_jira_below_a_path_is_another_site_than_one_that_is_not() -> None:
    assert INDEX.items_at("https://jira.shop.example/jira/browse/CHK-12") == ["old/7"]
    assert INDEX.items_at("https://jira.shop.example/jira/projects/CHK/issues/CHK-12") == ["old/7"]
    assert INDEX.items_at("https://jira.shop.example/browse/CHK-12") == []
    assert INDEX.items_at("https://jira.shop.example:8443/jira/browse/CHK-12") == []


@pytest.mark.parametrize(
    "address",
    [
        f"{SERVICES}/Retail/_workitems/edit/123",
        f"{SERVICES}/retail/_workitems/edit/123/?fullScreen=true",
        f"{SERVICES}/_workitems/edit/123",
        f"{SERVICES}/_workitems?id=123&_a=edit",
        f"{SERVICES}/Retail/_workitems#id=123&_a=edit",
        f"{SERVICES}/Retail/_workitems/recentlyupdated/?workitem=123",
        f"{SERVICES}/Retail/_boards/board/t/Retail%20Team/Stories/?workItem=123",
        f"{SERVICES}/Retail/Retail%20Team/_backlogs/backlog/Stories/?workitem=123",
        f"{SERVICES}/_apis/wit/workItems/123",
        f"{SERVICES}/4ac1a3e4-0c01-4a4a-8a0e-6f0a2b3c4d5e/_apis/wit/workitems/123/revisions/4",
        "https://DEV.azure.com/SHOP/Retail/_workitems/edit/123",
        "https://shop.visualstudio.com/Retail/_workitems/edit/123",
        "https://shop.visualstudio.com/DefaultCollection/Retail/_workitems/edit/123",
        "https://shop.visualstudio.com/DefaultCollection/_apis/wit/workItems/123",
    ],
)
def test_every_spelling_of_an_azure_devops_address_leads_to_its_item(address: str) -> None:
    assert INDEX.items_at(address) == ["boards/123"]


def test_a_server_keeps_its_port_its_path_and_its_collection() -> None:
    assert INDEX.items_at(f"{SERVER}/Retail/_workitems/edit/123") == ["tfs/123"]
    assert INDEX.items_at(f"{SERVER}/_apis/wit/workItems/123") == ["tfs/123"]
    assert INDEX.items_at("https://tfs.shop.example/tfs/DefaultCollection/_apis/wit/workItems/123") == []
    assert INDEX.items_at("https://tfs.shop.example:8080/tfs/Other/_apis/wit/workItems/123") == []


@pytest.mark.parametrize(
    "address",
    [
        f"{SERVICES}/Retail/_workitems/edit/1234",
        f"{SERVICES}/Retail/_workitems/edit/12",
        f"{SERVICES}/Retail/_workitems/edit/0123",
        f"{SERVICES}/Retail/_workitems/edit/123abc",
        "https://dev.azure.com/shopping/Retail/_workitems/edit/123",
        "https://dev.azure.com/other/Retail/_workitems/edit/123",
        f"{SERVICES}/Retail/_queries/query/?id=123",
        f"{SERVICES}/Retail/_git/Retail/pullrequest/123",
        f"{SERVICES}/Retail/_build/results?buildId=123",
        f"{CLOUD}/browse/CHK-123",
        f"{CLOUD}/browse/CHK-1",
        f"{CLOUD}/browse/XCHK-12",
        f"{CLOUD}/rest/api/3/issue/1001",
        f"{CLOUD}/jira/software/projects/CHK/boards/10012",
        f"{CLOUD}.example/browse/CHK-12",
        "https://evil.example/?x=https://shop.atlassian.net/browse/CHK-12",
        "https://shop.atlassian.net@evil.example/browse/CHK-12",
    ],
)
def test_a_number_or_a_key_is_never_found_in_a_longer_one_or_at_another_place(address: str) -> None:
    assert INDEX.items_at(address) == []


@pytest.mark.parametrize(
    "text",
    ["", "CHK-12", "https://", "https://[::1/browse/CHK-12", "https://shop.atlassian.net:99999/browse/CHK-12",
     "javascript:alert(1)", "file:///etc/passwd", f"{CLOUD}/browse/CHK-12{'?' + 'x' * 3000}",
     f"{CLOUD}/x?{'a=1&' * 60}"],
)  # fmt: skip
def test_what_is_no_address_leads_nowhere_and_harms_nothing(text: str) -> None:
    assert INDEX.items_at(text) == []


def test_an_address_of_a_tracker_of_another_kind_is_compared_whole() -> None:
    assert INDEX.items_at("https://TASKS.example/task/AbC/?plan=9") == ["planner/t1"]
    assert INDEX.items_at("https://tasks.example/task/abc?plan=9") == []
    assert INDEX.items_at("https://tasks.example/task/AbC") == []


def test_two_sources_that_read_one_tracker_are_both_told() -> None:
    index = AddressIndex()
    for source in ("two", "one"):
        index.add(item(f"{source}/123", "123", f"{SERVICES}/Retail/_workitems/edit/123"))
    assert index.items_at(f"{SERVICES}/_apis/wit/workItems/123") == ["one/123", "two/123"]


def test_an_address_from_before_a_move_leads_to_the_item_until_another_has_the_key() -> None:
    moved = item("shop/10012", "PAY-3", f"{CLOUD}/browse/PAY-3")
    assert address_index([moved], {"CHK-12": "shop/10012"}).items_at(f"{CLOUD}/browse/CHK-12") == [
        "shop/10012"
    ]
    other = item("shop/10500", "CHK-12", f"{CLOUD}/browse/CHK-12")
    index = address_index([moved, other], {"CHK-12": "shop/10012", "GONE-1": "shop/99"})
    assert index.items_at(f"{CLOUD}/browse/CHK-12") == ["shop/10500"]
    assert index.items_at(f"{CLOUD}/browse/GONE-1") == []
