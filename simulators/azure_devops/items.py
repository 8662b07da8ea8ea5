"""Reading work items: one, many, their revisions and their updates."""

from __future__ import annotations

from typing import get_args

import msgspec

from simulators.azure_devops.call import Call
from simulators.azure_devops.model import NEVER, Item, Json, iso
from simulators.azure_devops.refusals import bad_request, no_controller, refuse, unreadable
from simulators.azure_devops.render import Expand, Wish
from simulators.http import Response

BATCH = 200
_EXPANDS: dict[str, Expand] = {name: name for name in get_args(Expand)}


def read(call: Call) -> Response:
    """GET workitems/{id}."""
    if not call.params["id"].isdigit() or call.params["id"] == "0":
        return no_controller(call.path)
    item = call.item(call.params["id"])
    names = call.request.many("fields") or None
    expand = expansion(call.request.one("$expand"), names)
    text = call.request.one("asOf")
    at = call.instant(text, "asOf") if text else None
    if at is not None and item.rev_at(at) == 0:
        raise unreadable(item.id)
    return _json(call.renderer().item(item, expand, names, at))


def many(call: Call) -> Response:
    """GET workitems?ids=."""
    texts = [part for part in call.request.one("ids").split(",") if part]
    if not texts or not all(part.isdigit() for part in texts):
        raise bad_request("The ids are not valid.")
    return _batch(
        call,
        [int(part) for part in texts],
        names=call.request.many("fields") or None,
        expand=call.request.one("$expand"),
        as_of=call.request.one("asOf"),
        policy=call.request.one("errorPolicy"),
    )


def batch(call: Call) -> Response:
    """POST workitemsbatch."""
    body = call.object()
    ids = body.get("ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(number, int) for number in ids):
        raise bad_request("Value cannot be null.\r\nParameter name: ids")
    return _batch(
        call,
        ids,
        names=body.get("fields") or None,
        expand=str(body.get("$expand") or ""),
        as_of=str(body.get("asOf") or ""),
        policy=str(body.get("errorPolicy") or ""),
    )


def _batch(
    call: Call, ids: list[int], *, names: list[str] | None, expand: str, as_of: str, policy: str
) -> Response:
    if len(ids) > BATCH:
        words = f"VS403474: You requested {len(ids)} work items which exceeds the limit of {BATCH}."
        raise bad_request(words, "WorkItemPageSizeExceededException")
    if names is not None:
        for name in names:
            if name not in call.site.field_defs:
                words = f"TF51535: Cannot find field {name}."
                raise bad_request(words, "WorkItemTrackingFieldDefinitionNotFoundException")
    kind = expansion(expand, names)
    at = call.instant(as_of, "asOf") if as_of else None
    renderer = call.renderer()
    project = call.optional_project()
    rows: list[Json] = []
    for number in ids:
        item = call.site.items.get(number)
        seen = (
            item is not None
            and call.may_read(item)
            and (at is None or item.rev_at(at) > 0)
            and (project is None or item.state["System.TeamProject"] == project.id)
        )
        if seen and item is not None:
            rows.append(renderer.item(item, kind, names, at, linked=False))
        elif policy.lower() != "omit":
            raise unreadable(number)
        elif call.options.omitted == "null":
            rows.append(None)
    call.rows = len(rows)
    return _json({"count": len(rows), "value": rows})


def revisions(call: Call) -> Response:
    """GET workitems/{id}/revisions: full states, oldest first."""
    item, renderer = call.item(call.params["id"]), call.renderer()
    first, last = _window(call, item.rev)
    expand = expansion(call.request.one("$expand"))
    rows = [renderer.item(item, expand, rev=rev, linked=False) for rev in range(first + 1, last + 1)]
    return call.collection([_as_revision(row) for row in rows])


def revision(call: Call) -> Response:
    """GET workitems/{id}/revisions/{n}."""
    item = call.item(call.params["id"])
    number = call.params["revisionNumber"]
    if not number.isdigit() or not 1 <= int(number) <= item.rev:
        words = f"VS402323: The revision {number} of work item {item.id} does not exist."
        raise refuse(404, "WorkItemRevisionNotFoundException", words)
    return _json(_as_revision(call.renderer().item(item, rev=int(number))))


def updates(call: Call) -> Response:
    """GET workitems/{id}/updates: deltas. An update of links alone has the `rev` of the one before it."""
    item = call.item(call.params["id"])
    rows = _updates(call, item)
    first, last = _window(call, len(rows))
    return call.collection(rows[first:last])


def update(call: Call) -> Response:
    """GET workitems/{id}/updates/{n}."""
    rows = _updates(call, call.item(call.params["id"]))
    number = call.params["updateNumber"]
    if not number.isdigit() or not 1 <= int(number) <= len(rows):
        words = f"VS402323: The update {number} does not exist."
        raise refuse(404, "WorkItemUpdateNotFoundException", words)
    return _json(rows[int(number) - 1])


def _updates(call: Call, item: Item) -> list[dict[str, Json]]:
    renderer = call.renderer()
    base = f"{call.base}/{item.state['System.TeamProject']}/_apis/wit/workItems/{item.id}"
    rows: list[dict[str, Json]] = []

    def row(rev: int, at: int, by: str, until: str) -> dict[str, Json]:
        number = len(rows) + 1
        found: dict[str, Json] = {"id": number, "workItemId": item.id, "rev": rev}
        found |= {"revisedBy": renderer.identity(by), "revisedDate": until}
        rows.append(found | {"url": f"{base}/updates/{number}"})
        return rows[-1]

    events = sorted(item.events, key=lambda event: event.at)
    before: dict[str, Json] = {}
    for rev, revision in enumerate(item.revisions, start=1):
        until = NEVER if rev == item.rev else iso(item.revisions[rev].at)
        after = renderer.fields(item, rev, Wish(deleted=True))
        changed = {
            name: _change(before.get(name), after.get(name))
            for name in after | before
            if before.get(name) != after.get(name)
        }
        row(rev, revision.at, revision.by, until)["fields"] = changed
        before = after
        limit = None if rev == item.rev else item.revisions[rev].at
        while events and (limit is None or events[0].at < limit):
            event = events.pop(0)
            part = "added" if event.added else "removed"
            shown = row(rev, event.at, event.by, iso(event.at))
            shown["relations"] = {part: [renderer.relation(event.relation)]}
    return rows


def _change(old: Json, new: Json) -> dict[str, Json]:
    return {name: value for name, value in (("oldValue", old), ("newValue", new)) if value is not None}


def _window(call: Call, count: int) -> tuple[int, int]:
    first = call.number("$skip", 0)
    return first, min(first + min(call.number("$top", BATCH), BATCH), count)


def expansion(text: str, names: list[str] | None = None) -> Expand:
    """What `$expand` asks for, or 400."""
    kind = text.lower() or "none"
    if kind not in _EXPANDS:
        raise bad_request(f"The value '{text}' is not valid for $expand.")
    if names is not None and kind not in {"none", "links"}:
        words = "The expand parameter can not be used with the fields parameter."
        raise bad_request(words, "ConflictingParametersException")
    return _EXPANDS[kind]


def _as_revision(row: dict[str, Json]) -> dict[str, Json]:
    row["url"] = f"{row['url']}/revisions/{row['rev']}"
    return row


def _json(value: Json) -> Response:
    return Response(body=msgspec.json.encode(value))
