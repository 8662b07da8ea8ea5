"""The small lists, and links between issues."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from jira_site import NOON, Serve, many, records_of

from portfolio.records import Dependency, Iteration, Release, Schedule
from simulators.jira import JiraCloud


def test_lists_tell_projects_versions_and_sprints(site: JiraCloud, serve: Serve) -> None:
    site.add_version("CHK", "1.0", start="2026-03-01", release="2026-04-17")
    start = datetime(2026, 3, 2, 8, tzinfo=NOON.tzinfo)
    sprint = site.add_sprint("CHK", "Sprint 7", "active", start, start + timedelta(days=14))
    site.add_board("CHK", "Kanban", "kanban")
    trial = serve()
    records = trial.pull("lists")
    (schedule,) = records_of(Schedule, records)
    (release,) = records_of(Release, records)
    (iteration,) = records_of(Iteration, records)
    assert (schedule.scope, schedule.name, schedule.lead_id, schedule.is_active) == (
        "CHK",
        "Checkout",
        "ann",
        True,
    )
    assert (release.name, release.start, release.date) == ("1.0", date(2026, 3, 1), date(2026, 4, 17))
    assert (iteration.name, iteration.state, iteration.start, iteration.end) == (
        "Sprint 7",
        "active",
        date(2026, 3, 2),
        date(2026, 3, 16),
    )
    # Closing a sprint touches no issue and takes it off the list of open ones; it is told all the same.
    site.edit_sprint(sprint.id, state="closed")
    (closed,) = records_of(Iteration, trial.pull("lists"))
    assert closed.state == "closed"
    assert records_of(Iteration, trial.pull("lists")) == []


def test_a_link_is_one_dependency_from_both_ends_and_its_end_is_told(site: JiraCloud, serve: Serve) -> None:
    first, second, third = many(site, 3)
    link = site.link("Blocks", first, second, by="ann")
    site.link("Relates", first, third, by="ann")
    trial = serve()
    records = trial.pull()
    assert {(one.predecessor_id, one.successor_id, one.type) for one in records_of(Dependency, records)} == {
        (trial.item_id(first), trial.item_id(second), "FS")
    }
    assert len({one.dependency_id for one in records_of(Dependency, records)}) == 1
    site.clock.advance(hours=1)
    site.unlink(link, by="ann")
    (page,) = trial.pages()
    assert records_of(Dependency, list(page.records)) == []
    owned = next(one for one in page.replaces if one.record == "Dependency")
    assert set(owned.item_ids) == {trial.item_id(first), trial.item_id(second)}
