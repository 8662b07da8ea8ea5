"""Which team is responsible for which areas: that decides whose boards and backlogs show an item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from connectors.answers import Refusal
from connectors.azure_devops import wire
from connectors.azure_devops.client import VERSION
from connectors.parallel import completed
from portfolio.errors import AccessDenied, TargetMissing, Unsupported
from portfolio.records import TeamArea

if TYPE_CHECKING:
    from connectors.azure_devops.site import Site
    from connectors.http import Http

_AT_ONCE = 100  # as many as come unasked: whether more are given is written down nowhere
_TEAMS = msgspec.json.Decoder(wire.Listed[wire.Team])
_TEAM_AREAS = msgspec.json.Decoder(wire.TeamAreas)
_AREA_PATH = "System.AreaPath"
_CLOSED = (AccessDenied, TargetMissing, Refusal, Unsupported)


class ProjectTeams(msgspec.Struct):
    """The teams of one project and their areas; `problems` are what of it could not be read."""

    project: wire.Project
    teams: list[wire.Team] = []
    default_id: str | None = None
    areas: list[TeamArea] = []
    problems: list[str] = []

    def contested(self) -> dict[str, list[str]]:
        """Area → the teams that are all responsible for it, so that its items have none."""
        owners: dict[str, set[str]] = {}
        for area in self.areas:
            if not area.is_default:
                owners.setdefault(area.scope, set()).add(area.team)
        return {area: sorted(teams) for area, teams in sorted(owners.items()) if len(teams) > 1}


def read_teams(site: Site, projects: Sequence[wire.Project]) -> list[ProjectTeams]:
    """The teams of these projects: two requests a project and one a team, several at once on a long way."""
    latency = site.client.http.latency_seconds
    found = {
        one.project.id: one
        for one in completed([partial(_teams_of, site, one) for one in projects], latency_seconds=latency)
    }
    # The same name in two projects is two teams.
    uses = Counter(team.name.casefold() for one in found.values() for team in one.teams)
    calls = [partial(_areas_of, site, one, team) for one in found.values() for team in one.teams]
    for one, team, values in completed(calls, latency_seconds=latency):
        name = team.name if uses[team.name.casefold()] == 1 else f"{one.project.name}\\{team.name}"
        if values is None:
            one.problems.append(f"the areas of the team {name} cannot be read")
        else:
            one.areas.extend(_areas(name, values, is_default=team.id == one.default_id))
    for one in found.values():
        one.areas.sort(key=lambda area: (area.scope, area.team))  # they come in any order
    return [found[one.id] for one in projects]


def _teams_of(site: Site, project: wire.Project) -> ProjectTeams:
    try:
        default = site.client.project(project.id).default_team
        teams = _teams(site.client.http, project.id)
    except _CLOSED as error:
        return ProjectTeams(project, problems=[f"its teams cannot be read ({type(error).__name__})"])
    return ProjectTeams(project, teams=teams, default_id=default.id if default else None)


def _areas_of(
    site: Site, one: ProjectTeams, team: wire.Team
) -> tuple[ProjectTeams, wire.Team, Sequence[wire.OwnedValue] | None]:
    try:
        found = _owned(site.client.http, one.project.id, team.id)
    except _CLOSED:
        return one, team, None
    # A collection of Azure DevOps Server may divide work among teams by another field than the area.
    return one, team, found.values if found.field.reference_name == _AREA_PATH else ()


def _areas(name: str, values: Iterable[wire.OwnedValue], *, is_default: bool) -> Iterable[TeamArea]:
    return (
        TeamArea(scope=one.value, team=name, covers_below=one.include_children, is_default=is_default)
        for one in values
    )


def _teams(http: Http, project: str) -> list[wire.Team]:
    found: list[wire.Team] = []
    while True:
        page = http.call(
            "GET",
            f"/_apis/projects/{project}/teams",
            template="/_apis/projects/{projectId}/teams",
            decoder=_TEAMS,
            params={"$top": _AT_ONCE, "$skip": len(found), "api-version": VERSION},
        ).value
        found.extend(page)
        if len(page) < _AT_ONCE:
            return found


def _owned(http: Http, project: str, team: str) -> wire.TeamAreas:
    path = "/_apis/work/teamsettings/teamfieldvalues"
    return http.call(
        "GET",
        f"/{project}/{team}{path}",
        template=f"/{{project}}/{{team}}{path}",
        decoder=_TEAM_AREAS,
        params={"api-version": VERSION},
    )
