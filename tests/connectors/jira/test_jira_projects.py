"""Projects that come, go, return, end or get another key, none of which moves the `updated` of an issue."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from jira_site import Serve, Trial

from portfolio.records import Page, WorkItem
from simulators.jira import JiraCloud
from store import Store, open_store
from sync.pull import PullOutcome, pull


@pytest.fixture
def two(site: JiraCloud) -> JiraCloud:
    """CHK with one issue and PAY with three."""
    site.add_project("PAY", "Payments", "ann")
    site.create_issue("CHK", "Task", {"summary": "c"}, by="ann")
    for number in range(3):
        site.create_issue("PAY", "Task", {"summary": f"p{number}"}, by="ann")
    return site


def keys(pages: Sequence[Page]) -> list[str]:
    return sorted(one.key for page in pages for one in page.records if isinstance(one, WorkItem))


def hidden(pages: Sequence[Page]) -> list[str]:
    return [one.scope for page in pages for one in page.complete if not one.is_readable]


def everything_visible(trial: Trial) -> list[Page]:
    return trial.pages(projects=[])


def both_named(trial: Trial) -> list[Page]:
    return trial.pages(projects=["CHK", "PAY"])


@pytest.mark.parametrize("read", [everything_visible, both_named])
def test_a_project_that_is_hidden_is_said_in_every_run_and_read_whole_when_it_returns(
    two: JiraCloud, serve: Serve, read: object
) -> None:
    assert callable(read)
    trial = serve()
    assert keys(read(trial)) == ["CHK-1", "PAY-1", "PAY-2", "PAY-3"]
    two.edit_project("PAY", denied=True)
    two.clock.advance(hours=1)
    assert [hidden(read(trial)), hidden(read(trial))] == [["PAY"], ["PAY"]]
    two.edit_issue("PAY-2", {"summary": "changed while nobody could see it"}, by="ann")
    two.clock.advance(hours=1)
    two.edit_issue("CHK-1", {"summary": "the position moves on"}, by="ann")
    assert keys(read(trial)) == ["CHK-1"]
    two.edit_project("PAY", denied=False)
    pages = read(trial)
    assert (keys(pages), hidden(pages)) == (["PAY-1", "PAY-2", "PAY-3"], [])
    assert "shop: reading PAY from the beginning" in trial.said
    assert read(trial) == []


def test_a_run_that_is_killed_while_a_project_returns_reads_it_again(two: JiraCloud, serve: Serve) -> None:
    trial = serve()
    two.edit_project("PAY", denied=True)
    trial.pages(projects=[])
    two.edit_project("PAY", denied=False)
    two.clock.advance(hours=1)
    assert len(keys(trial.pages(limit=1, projects=[], items_per_page=1))) == 1
    assert keys(trial.pages(projects=[], items_per_page=1)) == ["PAY-1", "PAY-2", "PAY-3"]
    assert trial.pages(projects=[], items_per_page=1) == []


def test_a_project_that_is_new_on_the_site_is_read_whole(two: JiraCloud, serve: Serve) -> None:
    trial = serve()
    everything_visible(trial)
    two.add_project("OPS", "Operations", "ann")
    two.create_issue("OPS", "Task", {"summary": "old"}, by="ann", at=two.clock.now().replace(year=2025))
    assert keys(everything_visible(trial)) == ["OPS-1"]
    assert everything_visible(trial) == []


@pytest.mark.parametrize("state", ["archived", "deleted"])
@pytest.mark.parametrize("read", [everything_visible, both_named])
def test_a_project_that_has_ended_is_for_the_census_to_tell(
    two: JiraCloud, serve: Serve, read: object, state: str
) -> None:
    assert callable(read)
    trial = serve()
    read(trial)
    two.edit_project("PAY", state=state)
    assert hidden(read(trial)) == []
    two.edit_project("PAY", state="live")
    if read is everything_visible or state == "deleted":
        assert keys(read(trial)) == ["PAY-1", "PAY-2", "PAY-3"]
    assert read(trial) == []


def test_a_project_with_another_key_is_read_under_it_and_not_missed_under_the_old(
    two: JiraCloud, serve: Serve
) -> None:
    trial = serve()
    everything_visible(trial)
    two.rename_project("PAY", "MONEY")
    pages = everything_visible(trial)
    assert (keys(pages), hidden(pages)) == (["MONEY-1", "MONEY-2", "MONEY-3"], [])
    assert everything_visible(trial) == []


def test_a_hidden_project_that_got_another_key_meanwhile_is_not_missed_for_ever(
    two: JiraCloud, serve: Serve
) -> None:
    trial = serve()
    everything_visible(trial)
    two.edit_project("PAY", denied=True)
    assert hidden(everything_visible(trial)) == ["PAY"]
    two.rename_project("PAY", "MONEY")
    two.edit_project("MONEY", denied=False)
    pages = everything_visible(trial)
    assert (keys(pages), hidden(pages)) == (["MONEY-1", "MONEY-2", "MONEY-3"], [])
    assert everything_visible(trial) == []


def test_a_hidden_project_that_was_deleted_is_not_missed_once_its_trash_is_emptied(
    two: JiraCloud, serve: Serve
) -> None:
    trial = serve()
    everything_visible(trial)
    two.edit_project("PAY", denied=True)
    assert hidden(everything_visible(trial)) == ["PAY"]
    two.edit_project("PAY", denied=False, state="deleted")
    assert hidden(everything_visible(trial)) == []
    two.edit_project("PAY", denied=True)  # as far as anybody can see, it is not there at all any more
    assert everything_visible(trial) == []


def test_a_named_project_that_cannot_be_seen_from_the_first_day_is_said(two: JiraCloud, serve: Serve) -> None:
    two.edit_project("PAY", denied=True)
    trial = serve()
    pages = both_named(trial)
    assert (keys(pages), hidden(pages)) == (["CHK-1"], ["PAY"])
    two.edit_project("PAY", denied=False)
    assert keys(both_named(trial)) == ["PAY-1", "PAY-2", "PAY-3"]


def test_projects_cost_no_request_while_all_that_are_named_can_be_seen(two: JiraCloud, serve: Serve) -> None:
    trial = serve()
    both_named(trial)
    assert both_named(trial) == []
    assert dict(trial.sent()) == {"GET /rest/api/3/myself": 1, "POST /rest/api/3/search/jql": 1}


def test_only_projects_that_are_named_can_be_taken_out_again(two: JiraCloud, serve: Serve) -> None:
    trial = serve()
    assert trial.connector(projects=["CHK"]).capabilities.census_names_every_scope
    assert not trial.connector(projects=[]).capabilities.census_names_every_scope


def pulled(trial: Trial, store: Store, *projects: str) -> PullOutcome:
    connector = trial.connector(projects=list(projects))
    (outcome,) = pull(store, [connector], run_id="r", now=trial.site.clock.now())
    connector.close()
    return outcome


def stored(store: Store) -> list[object]:
    return sorted(row["key"] for row in store.rows("item"))


def test_a_project_taken_out_of_the_configuration_is_gone_in_the_next_run(
    two: JiraCloud, serve: Serve
) -> None:
    trial = serve()
    with open_store("sqlite://") as store:
        assert pulled(trial, store, "CHK", "PAY").is_complete
        outcome = pulled(trial, store, "CHK")
        assert (outcome.gone, outcome.is_complete, stored(store)) == (3, True, ["CHK-1"])
        assert pulled(trial, store, "CHK", "PAY").is_complete
        assert stored(store) == ["CHK-1", "PAY-1", "PAY-2", "PAY-3"]


def test_a_project_that_is_hidden_is_never_called_gone_by_the_census(two: JiraCloud, serve: Serve) -> None:
    trial = serve()
    with open_store("sqlite://") as store:
        pulled(trial, store)
        two.edit_project("PAY", denied=True)
        two.clock.advance(days=2)
        outcome = pulled(trial, store)
        assert (outcome.gone, outcome.unreadable, outcome.is_complete) == (0, ["PAY"], False)
        assert stored(store) == ["CHK-1", "PAY-1", "PAY-2", "PAY-3"]


def test_a_project_with_another_key_leaves_nothing_behind_under_the_old(two: JiraCloud, serve: Serve) -> None:
    trial = serve()
    with open_store("sqlite://") as store:
        pulled(trial, store)
        two.rename_project("PAY", "MONEY")
        two.clock.advance(days=2)
        outcome = pulled(trial, store)
        assert (outcome.gone, outcome.unreadable, outcome.is_complete) == (0, [], True)
        assert stored(store) == ["CHK-1", "MONEY-1", "MONEY-2", "MONEY-3"]
