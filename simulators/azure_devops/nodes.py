"""Areas and iterations: the classification nodes."""

from __future__ import annotations

from datetime import date

from simulators.azure_devops.call import Call
from simulators.azure_devops.model import Json, Node, Tree
from simulators.azure_devops.refusals import Refusal, bad_request, refuse
from simulators.http import Response


def roots(call: Call) -> Response:
    """GET classificationnodes: both roots, or single nodes by `ids`."""
    home, renderer = call.project(), call.renderer()
    if text := call.request.one("ids"):
        rows: list[Json] = []
        for part in text.split(","):
            node = call.site.nodes.get(int(part)) if part.isdigit() else None
            if node is not None and node.project_id == home.id:
                rows.append(renderer.node(node, call.number("$depth", 0)))
            elif call.request.one("errorPolicy").lower() == "omit":
                rows.append(None)
            else:
                raise _missing(part)
        return call.collection(rows)
    depth = call.number("$depth", 0)
    found = [renderer.node(call.site.root(home, tree), depth) for tree in ("area", "iteration")]
    for row in found:
        del row["_links"]  # recorded: the list of roots has none
    return call.collection(found)


def read(call: Call) -> Response:
    """GET classificationnodes/{areas|iterations}[/{path}]."""
    return Response.json(call.renderer().node(_node(call), call.number("$depth", 0)))


def create(call: Call) -> Response:
    """POST: `name` makes a node below the path (201), `id` moves one there (200), which drops its dates."""
    above, body = _node(call), call.object()
    if "id" in body:
        node = call.site.nodes.get(int(body["id"]))
        if node is None or node.tree != above.tree:
            raise _missing(str(body["id"]))
        with call.site.writing():
            call.site.hang(node, above)
        return Response.json(call.renderer().node(node, 0), headers=_location(call, node))
    name = str(body.get("name") or "")
    if not name:
        raise bad_request("VS402377: The node name is empty.", "ClassificationNodeNameIsNotValidException")
    if call.site.below(above, [name]) is not None:
        words = f"TF237018: The name that you specified is already in use: {name}."
        raise refuse(409, "ClassificationNodeDuplicateNameException", words)
    node = call.site.new_node(name, above)
    _set_dates(node, body)
    return Response.json(call.renderer().node(node, 0), 201, _location(call, node))


def edit(call: Call) -> Response:
    """PATCH: rename a node, set or clear an iteration's dates."""
    node, body = _node(call), call.object()
    with call.site.writing():
        if body.get("name") and node.parent is not None:
            node.name = str(body["name"])
            call.site.forget_paths()
        _set_dates(node, body)
    return Response.json(call.renderer().node(node, 0))


def remove(call: Call) -> Response:
    """DELETE: items below move to `$reclassifyId`, by default the node above."""
    node = _node(call)
    if node.parent is None:
        raise bad_request(
            "VS402369: The root node cannot be deleted.", "ClassificationNodeCannotDeleteRootException"
        )
    with call.site.writing():
        heir = call.number("$reclassifyId", node.parent)
        going = set(call.site.with_below(node.id))
        field = "System.AreaId" if node.tree == "area" else "System.IterationId"
        for item in call.site.items.values():
            if item.state[field] in going:
                item.state[field] = heir
                for revision in item.revisions:
                    if revision.changes.get(field) in going:
                        revision.changes[field] = heir
                item.checkpoints.clear()
        call.site.nodes[node.parent].children.remove(node.id)
        for team in call.site.teams.values():
            team.iterations = [number for number in team.iterations if number not in going]
            team.areas = {number: below for number, below in team.areas.items() if number not in going}
        for number in going:
            del call.site.nodes[number]
        call.site.forget_paths()
    return Response(status=204)


def _node(call: Call) -> Node:
    home = call.project()
    group = call.params["structureGroup"].lower()
    if group not in {"areas", "iterations"}:
        raise bad_request(f"The value '{group}' is not a structure group.")
    tree: Tree = "area" if group == "areas" else "iteration"
    path = call.params.get("path", "")
    names = [part for part in path.replace("\\", "/").split("/") if part]
    found = call.site.below(call.site.root(home, tree), names)
    if found is None:
        raise _missing(path)
    return found


def _missing(text: str) -> Refusal:
    words = f"VS402485: The classification node name {text} is not recognized."
    return refuse(404, "ClassificationNodeNotFoundException", words)


def _set_dates(node: Node, body: dict[str, Json]) -> None:
    attributes = body.get("attributes")
    if node.tree != "iteration" or not isinstance(attributes, dict):
        return
    try:
        days = [
            date.fromisoformat(str(attributes[name])[:10]).isoformat() if attributes.get(name) else None
            for name in ("startDate", "finishDate")
        ]
    except ValueError:
        raise bad_request("The dates of the iteration are not valid.") from None
    node.start, node.finish = days


def _location(call: Call, node: Node) -> dict[str, str]:
    return {"Location": call.renderer().node(node, 0)["url"]}
