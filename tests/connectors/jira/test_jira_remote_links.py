"""Links to other trackers: read with the fewest requests, and told as addresses and dependencies."""

from __future__ import annotations

import pytest
from jira_site import Serve, Trial

from connectors.jira.remote_links import links_left
from connectors.jira.wire import History, Item
from portfolio.records import AnyRecord, Dependency
from simulators.faults import Fault
from simulators.jira import JiraCloud

ADDRESS = "https://dev.azure.com/shop/Retail/_workitems/edit/7"
READ = "GET /rest/api/3/issue/{id}/remotelink"


@pytest.fixture
def keys(site: JiraCloud) -> list[str]:
    return [site.create_issue("CHK", "Task", {"summary": name}, by="ann") for name in ("a", "b", "c")]


def dependencies(records: list[AnyRecord]) -> list[tuple[str, str]]:
    return [(one.predecessor_id, one.successor_id) for one in records if isinstance(one, Dependency)]


def addresses(trial: Trial) -> dict[str, list[str]]:
    return {key: list(item.linked_urls) for key, item in trial.items().items()}


def test_only_issues_that_have_a_link_left_are_asked(site: JiraCloud, serve: Serve, keys: list[str]) -> None:
    site.add_remote_link(keys[0], ADDRESS, "Item 7")
    gone = site.add_remote_link(keys[1], ADDRESS, "Item 7")
    site.remove_remote_link(keys[1], gone)
    site.add_remote_link(
        keys[2], "https://wiki.example/1", "Minutes", relationship="mentioned in", application="Wiki"
    )
    trial = serve()
    assert addresses(trial) == {keys[0]: [ADDRESS], keys[1]: [], keys[2]: []}
    assert trial.sent()[READ] == 1


def test_a_new_link_with_no_other_edit_is_seen_by_the_next_run_and_so_is_its_end(
    site: JiraCloud, serve: Serve, keys: list[str]
) -> None:
    trial = serve()
    assert addresses(trial)[keys[0]] == []
    assert trial.sent()[READ] == 0
    site.clock.advance(hours=1)
    link = site.add_remote_link(keys[0], ADDRESS, "Item 7")
    assert addresses(trial) == {keys[0]: [ADDRESS]}
    site.clock.advance(hours=1)
    site.remove_remote_link(keys[0], link)
    assert addresses(trial) == {keys[0]: []}
    assert trial.sent()[READ] == 0
    assert addresses(trial) == {}


def test_a_link_whose_relationship_says_who_waits_is_a_dependency(
    site: JiraCloud, serve: Serve, keys: list[str]
) -> None:
    site.add_remote_link(keys[0], ADDRESS, "Item 7", relationship="is blocked by")
    site.add_remote_link(keys[1], f"{ADDRESS}8", "Item 78", relationship="Blocks")
    site.add_remote_link(keys[2], f"{ADDRESS}9", "Item 79", relationship="relates to")
    trial = serve()
    pages = trial.pages()
    records = [record for page in pages for record in page.records]
    assert sorted(dependencies(records)) == [
        (trial.item_id(keys[1]), f"url:{ADDRESS}8"),
        (f"url:{ADDRESS}", trial.item_id(keys[0])),
    ]
    # The page owns them: a link that goes takes its dependency along.
    (owned,) = [one for page in pages for one in page.replaces if one.record == "Dependency"]
    assert trial.item_id(keys[0]) in owned.item_ids


def test_the_configuration_names_the_phrases(site: JiraCloud, serve: Serve, keys: list[str]) -> None:
    site.add_remote_link(keys[0], ADDRESS, "Item 7", relationship="wartet auf")
    trial = serve()
    assert dependencies(trial.pull(links={"waits_on": ["Wartet auf"]})) == [
        (f"url:{ADDRESS}", trial.item_id(keys[0]))
    ]


def test_links_are_not_read_where_the_configuration_says_so(
    site: JiraCloud, serve: Serve, keys: list[str]
) -> None:
    site.add_remote_link(keys[0], ADDRESS, "Item 7")
    trial = serve()
    assert trial.items(links={"remote": False})[keys[0]].linked_urls == ()
    assert trial.sent()[READ] == 0


def test_a_site_that_refuses_the_links_still_gives_its_issues_and_says_so_once(
    site: JiraCloud, serve: Serve, keys: list[str]
) -> None:
    for key in keys:
        site.add_remote_link(key, ADDRESS, "Item 7")
    trial = serve(faults=[Fault(kind="status", path="*remotelink", status=403, times=3)])
    assert addresses(trial) == {key: [] for key in keys}
    (said,) = [line for line in trial.said if "links" in line]
    assert said.startswith("shop: some links cannot be read. shop: 403 on /rest/api/3/issue/")


def test_hostile_addresses_are_carried_as_text(site: JiraCloud, serve: Serve, keys: list[str]) -> None:
    site.add_remote_link(keys[0], "javascript:alert(1)", "<b>x</b>")
    site.add_remote_link(keys[0], f"  {ADDRESS}  ", "Item 7")
    site.add_remote_link(keys[0], ADDRESS, "Item 7 again")
    assert addresses(serve())[keys[0]] == ["javascript:alert(1)", ADDRESS]


def test_histories_tell_which_links_are_left_whatever_their_order() -> None:
    def entry(
        before: str | None, after: str | None, text: str = 'This issue links to "X (Web Link)"'
    ) -> History:
        item = Item(field="RemoteIssueLink", before=before, after=after, after_text=text if after else None)
        return History(id="1", created="", items=[item])

    assert links_left([]) == set()
    assert links_left([entry(None, "1"), entry(None, "2"), entry("1", None)]) == {"2"}
    assert links_left([entry("1", None), entry(None, "1")]) == set()
    assert links_left([entry(None, "3", 'This issue mentioned in "Page (Wiki)"')]) == set()
    # A custom field of that name is no link.
    named = History(
        id="1", created="", items=[Item(field="RemoteIssueLink", fieldId="customfield_1", after="9")]
    )
    assert links_left([named]) == set()
