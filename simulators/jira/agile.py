"""Boards and sprints: `/rest/agile/1.0`."""

from __future__ import annotations

from simulators.http import Response
from simulators.jira.call import Call, Refusal
from simulators.jira.model import Board, Json, Sprint

CEILING = 50  # measured on a live site 2026-10-02: 1000 asked for, 50 given

UNSEEN_BOARD = (
    "The requested board cannot be viewed because it either does not exist or "
    "you do not have permission to view it."
)


def boards(call: Call) -> Response:
    """`GET board`, by project, type or name."""
    text = call.request.one("projectKeyOrId")
    home = call.site.find_project(text) if text else None
    if text and (home is None or home.denied or home.state == "deleted"):
        raise Refusal(400, f"No project could be found with key or id '{text}'.")
    kinds, name = set(call.request.many("type")), call.request.one("name").casefold()
    rows = [
        board
        for board in call.site.boards.values()
        if _visible(call, board)
        and (home is None or board.project_id == home.id)
        and (not kinds or board.kind in kinds)
        and name in board.name.casefold()
    ]
    page = _page(call, rows)
    page["values"] = [_board(call, board) for board in page["values"]]
    return Response.json(page)


def board(call: Call) -> Response:
    """`GET board/{id}`."""
    return Response.json(_board(call, _the_board(call)))


def configuration(call: Call) -> Response:
    """`GET board/{id}/configuration`: columns and the statuses in them."""
    found = _the_board(call)
    project = call.site.projects[found.project_id]
    columns = []
    for category, name in (("new", "To Do"), ("indeterminate", "In Progress"), ("done", "Done")):
        members = [s for s in call.site.statuses.values() if s.category == category]
        rest = f"{call.base}/rest/api/2/status"
        columns.append({"name": name, "statuses": [{"id": s.id, "self": f"{rest}/{s.id}"} for s in members]})
    points = next((f for f in call.site.field_defs.values() if f.name == "Story Points"), None)
    shown: dict[str, Json] = {
        "id": found.id,
        "name": found.name,
        "type": found.kind,
        "self": f"{_self(call, found)}/configuration",
        "location": {"type": "project", "key": project.key, "id": str(project.id), "name": project.name},
        "filter": {
            "id": str(10_000 + found.id),
            "self": f"{call.base}/rest/api/2/filter/{10_000 + found.id}",
        },
        "columnConfig": {"columns": columns, "constraintType": "none"},
        "ranking": {"rankCustomFieldId": 10_019},
    }
    if found.kind == "scrum" and points is not None:
        shown["estimation"] = {
            "type": "field",
            "field": {"fieldId": points.id, "displayName": points.name},
        }
    return Response.json(shown)


def sprints(call: Call) -> Response:
    """`GET board/{id}/sprint`: a kanban board has none and says so with 400."""
    found = _the_board(call)
    if found.kind == "kanban":
        raise Refusal(400, "The board does not support sprints")
    states = set(call.request.many("state"))
    rows = [
        sprint
        for sprint in call.site.sprints.values()
        if sprint.board_id == found.id and (not states or sprint.state in states)
    ]
    page = _page(call, rows)
    page["values"] = [_sprint(call, sprint) for sprint in page["values"]]
    return Response.json(page)


def sprint(call: Call) -> Response:
    """`GET sprint/{id}`."""
    number = call.params["sprintId"]
    found = call.site.sprints.get(int(number)) if number.isdigit() else None
    if found is None or not _visible(call, call.site.boards[found.board_id]):
        raise Refusal(404, "Sprint does not exist or you do not have permission to view it.")
    return Response.json(_sprint(call, found))


def _page(call: Call, rows: list[Json]) -> dict[str, Json]:
    page = call.page(rows, default=CEILING, ceiling=CEILING)
    return {name: page[name] for name in ("maxResults", "startAt", "total", "isLast", "values")}


def _visible(call: Call, found: Board) -> bool:
    project = call.site.projects[found.project_id]
    if project.state != "live":
        return False
    return project.public if call.caller is None else not project.denied


def _the_board(call: Call) -> Board:
    number = call.params["boardId"]
    found = call.site.boards.get(int(number)) if number.isdigit() else None
    if found is None or not _visible(call, found):
        raise Refusal(404, UNSEEN_BOARD)
    return found


def _self(call: Call, found: Board) -> str:
    return f"{call.base}/rest/agile/1.0/board/{found.id}"


def _board(call: Call, found: Board) -> dict[str, Json]:
    project = call.site.projects[found.project_id]
    return {
        "id": found.id,
        "self": _self(call, found),
        "name": found.name,
        "type": found.kind,
        "location": {
            "projectId": project.id,
            "displayName": f"{project.name} ({project.key})",
            "projectName": project.name,
            "projectKey": project.key,
            "projectTypeKey": project.type_key,
            "name": f"{project.name} ({project.key})",
        },
    }


def _sprint(call: Call, found: Sprint) -> dict[str, Json]:
    shown = call.renderer().sprint(found)
    shown["self"] = f"{call.base}/rest/agile/1.0/sprint/{found.id}"
    shown["originBoardId"] = shown.pop("boardId")
    if found.created is not None:
        shown["createdDate"] = call.renderer().utc(found.created)
    return shown
