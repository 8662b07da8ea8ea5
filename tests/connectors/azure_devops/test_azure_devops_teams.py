"""Whose areas are whose: what is asked, how often, and what of it reaches items."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from reading_world import ANN, Serve, Trial, many, records_of

from portfolio.records import Schedule, TeamArea
from simulators.azure_devops import AzureDevOps
from simulators.faults import Fault
from store import Store, open_store
from sync.derive import derive
from sync.pull import PullSettings, pull
from sync.workspace import DeriveSettings

AREAS = (r"Retail\Checkout", r"Retail\Checkout\Apps", r"Retail\Stores")
AREAS_OF = "GET /{project}/{team}/_apis/work/teamsettings/teamfieldvalues"
TEAMS_OF = "GET /_apis/projects/{projectId}/teams"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'dovetail.db'}") as one:
        yield one


@pytest.fixture
def retail(site: AzureDevOps) -> AzureDevOps:
    """Retail with its own team, which has no area, and Web and Mobile, which have one each."""
    for path in AREAS:
        site.add_area("Retail", path)
    site.add_team("Retail", "Web", areas=[r"Retail\Checkout"])
    site.add_team("Retail", "Mobile", areas=[r"Retail\Checkout\Apps"], include_children=False)
    return site


def areas(trial: Trial, **changes: Any) -> list[TeamArea]:
    (project,) = records_of(Schedule, trial.pull("lists", **changes))
    return list(project.team_areas)


def run(trial: Trial, store: Store, *, after: timedelta = timedelta()) -> None:
    """One run of the engine in a new process, and a derivation."""
    trial.site.clock.advance(seconds=after.total_seconds())
    now = trial.site.clock.now()
    (outcome,) = pull(store, [trial.connector()], run_id="r", now=now, settings=PullSettings())
    assert (outcome.error, outcome.skipped) == ("", [])
    derive(store, DeriveSettings(timezone="Europe/Zurich"), today=now.date(), now=now)


def test_a_team_has_the_areas_of_its_settings(retail: AzureDevOps, serve: Serve) -> None:
    trial = serve()
    assert areas(trial) == [
        TeamArea("Retail", "Retail Team", covers_below=False, is_default=True),
        TeamArea(r"Retail\Checkout", "Web", covers_below=True, is_default=False),
        TeamArea(r"Retail\Checkout\Apps", "Mobile", covers_below=False, is_default=False),
    ]
    assert trial.sent()[TEAMS_OF] == 1
    assert trial.sent()[AREAS_OF] == 3


def test_teams_of_the_same_name_in_two_projects_are_two(retail: AzureDevOps, serve: Serve) -> None:
    retail.add_area("Other", r"Other\Site")
    retail.add_team("Other", "Web", areas=[r"Other\Site"])
    projects = records_of(Schedule, serve().pull("lists", projects=["Retail", "Other"]))
    named = {area.scope: area.team for project in projects for area in project.team_areas}
    assert named[r"Retail\Checkout"] == r"Retail\Web"
    assert named[r"Other\Site"] == r"Other\Web"
    assert named[r"Retail\Checkout\Apps"] == "Mobile"


def test_more_teams_than_one_answer_holds_are_all_read(retail: AzureDevOps, serve: Serve) -> None:
    for number in range(200):
        retail.add_team("Retail", f"Squad {number:03d}")
    trial = serve()
    areas(trial)
    assert trial.sent()[TEAMS_OF] == 3
    assert trial.sent()[AREAS_OF] == 203


def test_the_areas_of_teams_are_asked_for_at_once_on_a_long_way(
    retail: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.azure_devops import teams

    for number in range(4):
        retail.add_team("Retail", f"Squad {number}")
    lock, running, most = Lock(), 0, 0
    ask = teams._owned

    def counted(*args: Any) -> Any:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        try:
            return ask(*args)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(teams, "_owned", counted)
    areas(serve(latency_ms=50))
    assert most == 4


def test_a_run_in_which_nothing_changed_asks_no_team(retail: AzureDevOps, serve: Serve, store: Store) -> None:
    many(retail, 3)
    trial = serve()
    run(trial, store)
    run(trial, store, after=timedelta(minutes=30))
    assert sum(trial.sent().values()) == 2
    run(trial, store, after=timedelta(minutes=31))  # the lists are due
    assert trial.sent()[AREAS_OF] == 3


def test_items_have_the_team_of_their_area_from_the_first_run_on(
    retail: AzureDevOps, serve: Serve, store: Store
) -> None:
    top, web, app, stores = many(retail, 4)
    for item, area in zip((web, app, stores), AREAS, strict=True):
        retail.edit_item(item, {"System.AreaPath": area}, ANN)
    trial = serve()
    run(trial, store)

    def teams() -> dict[int, str | None]:
        return {int(row["key"]): row["team"] for row in store.rows("item")}

    # Nobody has set the areas of the team that Retail began with, which has the root alone.
    assert teams() == {top: "Retail Team", web: "Web", app: "Mobile", stores: None}
    # An item that moves changes its team without a question about teams; a new team counts with the lists.
    retail.edit_item(app, {"System.AreaPath": r"Retail\Checkout"}, ANN)
    retail.add_team("Retail", "Tills", areas=[r"Retail\Stores"])
    run(trial, store, after=timedelta(minutes=5))
    assert teams() == {top: "Retail Team", web: "Web", app: "Web", stores: None}
    assert trial.sent()[AREAS_OF] == 0
    run(trial, store, after=timedelta(hours=1))
    assert teams()[stores] == "Tills"


def test_a_team_that_the_configured_field_names_wins(retail: AzureDevOps, serve: Serve, store: Store) -> None:
    retail.add_process("Shop", "Agile")
    retail.add_field("Custom.Squad", "Squad", "string", process="Shop")
    retail.add_project("Web", "Shop")
    retail.add_team("Web", "Front", areas=["Web"])
    named = retail.create_item("Web", "Task", {"Custom.Squad": "Payments"}, ANN)
    unnamed = retail.create_item("Web", "Task", {}, ANN)
    trial = serve()
    connector = trial.connector(projects=["Web"], fields={"team": "Squad"})
    now = retail.clock.now()
    pull(store, [connector], run_id="r", now=now, settings=PullSettings())
    derive(store, DeriveSettings(timezone="Europe/Zurich"), today=now.date(), now=now)
    found = {int(row["key"]): row["team"] for row in store.rows("item")}
    assert found == {named: "Payments", unnamed: "Front"}


def test_an_area_of_two_teams_is_nobodys_and_doctor_says_so(retail: AzureDevOps, serve: Serve) -> None:
    retail.add_team("Retail", "Cards", areas=[r"Retail\Checkout"])
    lines = [line for line in serve().lines() if line.check == "teams"]
    assert [(line.level, line.message) for line in lines] == [
        ("WARN", r"Retail\Checkout belongs to Cards and Web: its items have no team"),
        ("OK", "Retail: 4 teams have 4 areas"),
    ]
    assert lines[0].hint == "Leave it to one team, or name a field for the team: fields: {team: …}."


def test_teams_that_cannot_be_read_harm_nothing_else(retail: AzureDevOps, serve: Serve) -> None:
    many(retail, 1)
    trial = serve(faults=[Fault(kind="status", status=403, path="*/teams")])
    assert len(trial.items("lists", "items")) == 1
    assert trial.skipped == ["boards: Retail: its teams cannot be read (AccessDenied)"]
