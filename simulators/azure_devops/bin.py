"""Deleting, the recycle bin, restoring and destroying."""

from __future__ import annotations

from simulators.azure_devops.call import Call
from simulators.azure_devops.model import Item, Json, culture_date
from simulators.azure_devops.refusals import bad_request, no_controller, refuse, unreadable
from simulators.azure_devops.render import Renderer, Wish
from simulators.http import Response


def delete(call: Call) -> Response:
    """DELETE workitems/{id}: into the recycle bin, a revision more; `destroy=true` for good."""
    if not call.params["id"].isdigit() or call.params["id"] == "0":
        return no_controller(call.path)
    item = call.item(call.params["id"])
    if not call.options.may_write:
        raise refuse(
            403, "WorkItemUnauthorizedAccessException", "TF401398: You may not delete this work item."
        )
    if call.flag("destroy"):
        call.site.destroy_item(item.id)
        return Response(status=204)
    call.site.delete_item(item.id, by=call.caller.descriptor)
    return Response.json(_deleted(call, item))


def listed(call: Call) -> Response:
    """GET recyclebin: ids and addresses; with `ids` whole entries."""
    home = call.project()
    found = [item for item in call.site.items.values() if _is_in(call, item, home.id)]
    if text := call.request.one("ids"):
        wanted = {int(part) for part in text.split(",") if part.isdigit()}
        return call.collection([_reference(call, item) for item in found if item.id in wanted])
    if len(found) > call.options.wiql_cap:
        words = (
            f"VS402337: The number of work items returned exceeds the size limit of {call.options.wiql_cap}. "
            "Change the query to return fewer items."
        )
        raise bad_request(words, "WorkItemTrackingQueryResultSizeLimitExceededException")
    return call.collection([{"id": item.id, "url": _url(call, item)} for item in found])


def read(call: Call) -> Response:
    """GET recyclebin/{id}."""
    return Response.json(_reference(call, _binned(call)))


def restore(call: Call) -> Response:
    """PATCH recyclebin/{id} with `{"IsDeleted": false}`."""
    item, body = _binned(call), call.object()
    wanted = next((value for name, value in body.items() if name.lower() == "isdeleted"), None)
    if wanted is not False:
        raise bad_request("VS402624: IsDeleted must be false to restore a work item.")
    call.site.restore_item(item.id, by=call.caller.descriptor)
    return Response.json(_deleted(call, item))


def destroy(call: Call) -> Response:
    """DELETE recyclebin/{id}."""
    call.site.destroy_item(_binned(call).id)
    return Response(status=204)


def _binned(call: Call) -> Item:
    text = call.params["id"]
    item = call.site.items.get(int(text)) if text.isdigit() else None
    if item is None or not _is_in(call, item, call.project().id):
        raise unreadable(text)
    return item


def _is_in(call: Call, item: Item, project_id: str) -> bool:
    return item.deleted and not item.hidden and item.state["System.TeamProject"] == project_id


def _url(call: Call, item: Item) -> str:
    return f"{call.base}/{item.state['System.TeamProject']}/_apis/wit/recyclebin/{item.id}"


def _reference(call: Call, item: Item) -> dict[str, Json]:
    by = item.deleted_by or item.revisions[-1].by
    return {
        "id": item.id,
        "type": item.state["System.WorkItemType"],
        "name": item.state.get("System.Title", ""),
        "project": call.site.project_of(item).name,
        # Recorded: in the culture of the server and without a zone, unlike every other date.
        "deletedDate": culture_date(item.revisions[-1].at),
        "deletedBy": call.renderer().identity_text(by),
        "code": 200,
        "url": _url(call, item),
    }


def _deleted(call: Call, item: Item) -> dict[str, Json]:
    base = f"{call.base}/{item.state['System.TeamProject']}/_apis/wit"
    renderer: Renderer = call.renderer()
    shown = renderer.item(item)
    # Recorded: identities are text here, whatever other answers do.
    fields = renderer.fields(item, item.rev, Wish(identity_ref=False))
    own = _url(call, item)
    resource = {
        "id": item.id,
        "rev": item.rev,
        "fields": {name: fields[name] for name in shown["fields"] if name in fields},
        "_links": {
            "self": {"href": own},
            "workItemType": shown["_links"]["workItemType"],
            "fields": {"href": f"{base}/fields"},
        },
        "url": own,
    }
    return _reference(call, item) | {"resource": resource}
