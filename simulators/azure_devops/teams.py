"""Teams, their areas and their iterations."""

from __future__ import annotations

from simulators.azure_devops.call import Call
from simulators.azure_devops.model import Json, Node, Team
from simulators.azure_devops.refusals import bad_request, refuse
from simulators.http import Response


def all_teams(call: Call) -> Response:
    """GET teams: of every project, by `$top` and `$skip`."""
    hidden = {p.id for p in call.site.projects.values() if p.name in call.options.denied_projects}
    rows = [
        t
        for t in call.site.teams.values()
        if t.project_id in call.site.projects and t.project_id not in hidden
    ]
    return _paged(call, [_team(call, team) for team in rows])


def project_teams(call: Call) -> Response:
    """GET projects/{id}/teams."""
    home = call.project_named(call.params["projectId"])
    return _paged(call, [_team(call, team) for team in call.site.teams_of(home)])


def team(call: Call) -> Response:
    """GET projects/{id}/teams/{team}."""
    return Response.json(_team(call, _named(call)))


def members(call: Call) -> Response:
    """GET projects/{id}/teams/{team}/members."""
    renderer = call.renderer()
    return _paged(call, [{"identity": renderer.identity(one)} for one in _named(call).members])


def settings(call: Call) -> Response:
    """GET teamsettings."""
    found, home = call.team(), call.project()
    own = _own(call, found)
    root = call.site.root(home, "iteration")
    url = f"{call.base}/{home.id}/_apis/wit/classificationNodes/Iterations"
    return Response.json(
        {
            "backlogIteration": {"id": root.identifier, "name": root.name, "path": "", "url": url},
            "bugsBehavior": "off",
            "workingDays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "backlogVisibilities": {"Microsoft.EpicCategory": True, "Microsoft.RequirementCategory": True},
            "defaultIteration": None,
            "defaultIterationMacro": "@currentIteration",
            "url": own,
            "_links": _links(call, found, own)
            | {
                "teamIterations": {"href": f"{own}/iterations"},
                "teamFieldValues": {"href": f"{own}/teamfieldvalues"},
                "classificationNode": {"href": url},
            },
        }
    )


def iterations(call: Call) -> Response:
    """GET teamsettings/iterations; an undated one can be `current` (recorded)."""
    found = call.team()
    frame = call.request.one("$timeframe")
    if frame and frame.lower() != "current":
        raise bad_request(f"The time frame '{frame}' is not supported.", "InvalidTimeFrameException")
    rows = [_iteration(call, found, call.site.nodes[number]) for number in found.iterations]
    for row in rows:
        del row["_links"]  # recorded: only a single one has them
    if frame:
        rows = [row for row in rows if row["attributes"]["timeFrame"] == "current"]
    return call.collection(rows)


def iteration(call: Call) -> Response:
    """GET teamsettings/iterations/{id}: the id is the node's identifier."""
    found, wanted = call.team(), call.params["id"].lower()
    for number in found.iterations:
        node = call.site.nodes[number]
        if node.identifier == wanted:
            return Response.json(_iteration(call, found, node))
    raise refuse(404, "IterationNotFoundException", f"The iteration with id '{wanted}' does not exist.")


def field_values(call: Call) -> Response:
    """GET teamsettings/teamfieldvalues: the areas a team owns."""
    found = call.team()
    own = f"{_own(call, found)}/teamfieldvalues"
    values = [
        {"value": call.site.path_of(number), "includeChildren": below}
        for number, below in found.areas.items()
    ]
    default = None if found.default_area is None else call.site.path_of(found.default_area)
    nodes = f"{call.base}/{found.project_id}/_apis/wit/classificationNodes/Areas"
    field = "System.AreaPath"
    return Response.json(
        {
            "field": {"referenceName": field, "url": f"{call.base}/_apis/wit/fields/{field}"},
            "defaultValue": default,
            "values": values,
            "url": own,
            "_links": _links(call, found, own)
            | {
                "teamSettings": {"href": _own(call, found)},
                "areaPathClassificationNodes": {"href": nodes},
            },
        }
    )


def _named(call: Call) -> Team:
    home = call.project_named(call.params["projectId"])
    found = call.site.find_team(home, call.params["teamId"])
    if found is None:
        words = f"The team with id '{call.params['teamId']}' does not exist."
        raise refuse(404, "TeamNotFoundException", words)
    return found


def _paged(call: Call, rows: list[Json]) -> Response:
    first = call.number("$skip", 0)
    return call.collection(rows[first : first + call.number("$top", call.options.list_page)])


def _team(call: Call, found: Team) -> dict[str, Json]:
    return {
        "id": found.id,
        "name": found.name,
        "url": f"{call.base}/_apis/projects/{found.project_id}/teams/{found.id}",
        "description": found.description,
        "identityUrl": f"{call.identity_base}/_apis/Identities/{found.id}",
        "projectName": call.site.projects[found.project_id].name,
        "projectId": found.project_id,
    }


def _own(call: Call, found: Team) -> str:
    return f"{call.base}/{found.project_id}/{found.id}/_apis/work/teamsettings"


def _links(call: Call, found: Team, own: str) -> dict[str, Json]:
    project = f"{call.base}/_apis/projects/{found.project_id}"
    return {
        "self": {"href": own},
        "project": {"href": project},
        "team": {"href": f"{project}/teams/{found.id}"},
    }


def _iteration(call: Call, found: Team, node: Node) -> dict[str, Json]:
    frame = _frame(call, found, node)
    dates = {name: f"{day}T00:00:00Z" if day else None for name, day in _dates(node)}
    own = f"{_own(call, found)}/iterations/{node.identifier}"
    return {
        "id": node.identifier,
        "name": node.name,
        "path": call.site.path_of(node.id),
        "attributes": dates | {"timeFrame": frame},
        "url": own,
        "_links": _links(call, found, own)
        | {
            "teamSettings": {"href": _own(call, found)},
            "teamIterations": {"href": f"{_own(call, found)}/iterations"},
            "capacity": {"href": f"{own}/capacities"},
            "workitems": {"href": f"{own}/workitems"},
        },
    }


def _frame(call: Call, found: Team, node: Node) -> str:
    """past, current or future.

    Recorded (test_boards_iterations): of a team's undated iterations the first is current, the next ones are
    future. That one with dates around today takes the first one's place is assumed.
    """
    today = call.site.clock.now().date().isoformat()
    if node.start and node.finish:
        return "future" if today < node.start else "past" if today > node.finish else "current"
    mine = [call.site.nodes[number] for number in found.iterations]
    if any(one.start and one.finish and one.start <= today <= one.finish for one in mine):
        return "future"
    first = next(one for one in mine if not (one.start and one.finish))
    return "current" if first is node else "future"


def _dates(node: Node) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
    return ("startDate", node.start), ("finishDate", node.finish)
