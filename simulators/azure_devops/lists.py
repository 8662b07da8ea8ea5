"""Projects, processes, types, states, fields and relation types."""

from __future__ import annotations

from urllib.parse import quote

from simulators.azure_devops import catalogue
from simulators.azure_devops.call import Call
from simulators.azure_devops.model import FieldDef, FieldUse, Json, Process, Project, State, WorkType, iso
from simulators.azure_devops.refusals import refuse
from simulators.http import Response

_OPERATORS = (
    ("SupportedOperations.Equals", "="),
    ("SupportedOperations.NotEquals", "<>"),
    ("SupportedOperations.In", "In"),
    ("SupportedOperations.NotIn", "Not In"),
    ("SupportedOperations.WasEver", "Was Ever"),
)


# projects


def projects(call: Call) -> Response:
    """GET projects: the token of the next page is in a header."""
    hidden = call.options.denied_projects
    rows = [p for p in call.site.projects.values() if p.name not in hidden and p.state == "wellFormed"]
    size = call.number("$top", call.options.list_page)
    start = call.number("continuationToken", call.number("$skip", 0))
    page = rows[start : start + size]
    headers = {}
    if start + len(page) < len(rows):
        headers["x-ms-continuationtoken"] = str(start + len(page))
    return call.collection([_project(call, project) for project in page], headers)


def project(call: Call) -> Response:
    """GET projects/{id}: by id or name, with capabilities where asked for."""
    found = call.project_named(call.params["projectId"])
    body = _project(call, found)
    if call.flag("includeCapabilities"):
        process = call.site.processes[found.process_id]
        body["capabilities"] = {
            "processTemplate": {"templateName": process.name, "templateTypeId": process.id},
            "versioncontrol": {"sourceControlType": "Git", "gitEnabled": "True", "tfvcEnabled": "False"},
        }
    body["_links"] = {
        "self": {"href": body["url"]},
        "collection": {"href": f"{call.base}/_apis/projectCollections/{call.site.id}"},
        "web": {"href": f"{call.base}/{quote(found.name)}"},
    }
    team = call.site.teams_of(found)[0]
    body["defaultTeam"] = {"id": team.id, "name": team.name, "url": f"{body['url']}/teams/{team.id}"}
    return Response.json(body)


def _project(call: Call, found: Project) -> dict[str, Json]:
    row: dict[str, Json] = {"id": found.id, "name": found.name}
    if found.description:
        row["description"] = found.description
    return row | {
        "url": f"{call.base}/_apis/projects/{found.id}",
        "state": found.state,
        "revision": found.revision,
        "visibility": found.visibility,
        "lastUpdateTime": iso(found.updated),
    }


# processes


def processes(call: Call) -> Response:
    """GET process/processes."""
    return call.collection([_process(call, one) for one in call.site.processes.values()])


def process(call: Call) -> Response:
    """GET process/processes/{id}."""
    return Response.json(_process(call, _known(call, call.params["processId"])))


def work_processes(call: Call) -> Response:
    """GET work/processes: with the parent of inherited ones, and their projects where asked for."""
    expand = call.request.one("$expand").lower() == "projects"
    return call.collection([_work_process(call, one, expand) for one in call.site.processes.values()])


def work_process(call: Call) -> Response:
    """GET work/processes/{id}."""
    expand = call.request.one("$expand").lower() == "projects"
    return Response.json(_work_process(call, _known(call, call.params["processTypeId"]), expand))


def _known(call: Call, text: str) -> Process:
    found = call.site.processes.get(text.lower())
    if found is None:
        words = f"VS402362: Process with id {text} does not exist."
        raise refuse(404, "ProcessNotFoundByTypeIdException", words)
    return found


def _process(call: Call, one: Process) -> dict[str, Json]:
    return {
        "id": one.id,
        "description": one.description,
        "isDefault": one.is_default,
        "type": "inherited" if one.parent_id else "system",
        "url": f"{call.base}/_apis/process/processes/{one.id}",
        "name": one.name,
    }


def _work_process(call: Call, one: Process, expand: bool) -> dict[str, Json]:
    row: dict[str, Json] = {
        "typeId": one.id,
        "name": one.name,
        "referenceName": None if one.parent_id is None else f"Inherited.{one.id.replace('-', '')}",
        "description": one.description,
        "parentProcessTypeId": one.parent_id or "00000000-0000-0000-0000-000000000000",
        "isEnabled": True,
        "isDefault": one.is_default,
        "customizationType": "inherited" if one.parent_id else "system",
    }
    if expand:
        row["projects"] = [
            {
                "id": found.id,
                "name": found.name,
                "description": found.description or None,
                "url": f"vstfs:///Classification/TeamProject/{found.id}",
            }
            for found in call.site.projects.values()
            if found.process_id == one.id
        ]
    return row


# types and states


def types(call: Call) -> Response:
    """GET workitemtypes."""
    home = call.project()
    return call.collection([_type(call, home, kind) for kind in call.site.types_of(home).values()])


def type_(call: Call) -> Response:
    """GET workitemtypes/{type}."""
    home = call.project()
    return Response.json(_type(call, home, _kind(call, home)))


def states(call: Call) -> Response:
    """GET workitemtypes/{type}/states."""
    return call.collection([_state(state) for state in _kind(call, call.project()).states])


def type_fields(call: Call) -> Response:
    """GET workitemtypes/{type}/fields, with the allowed values where asked for."""
    kind = _kind(call, call.project())
    values = call.request.one("$expand").lower() in {"allowedvalues", "all"}
    return call.collection([_use(call, kind, use, values) for use in kind.fields.values()])


def type_field(call: Call) -> Response:
    """GET workitemtypes/{type}/fields/{field}."""
    kind = _kind(call, call.project())
    found = _field_named(call, call.params["field"])
    if found is None or found.reference_name not in kind.fields:
        raise _no_field(call.params["field"])
    values = call.request.one("$expand").lower() in {"allowedvalues", "all"}
    return Response.json(_use(call, kind, kind.fields[found.reference_name], values))


def categories(call: Call) -> Response:
    """GET workitemtypecategories."""
    home = call.project()
    kinds = call.site.types_of(home).values()
    rows = []
    for name, label in catalogue.CATEGORY_NAMES.items():
        members = [kind for kind in kinds if kind.category == name]
        if not members:
            continue
        rows.append(
            {
                "name": label,
                "referenceName": f"Microsoft.{name}Category",
                "defaultWorkItemType": _type_ref(call, home, members[0]),
                "workItemTypes": [_type_ref(call, home, kind) for kind in members],
                "url": f"{call.base}/{home.id}/_apis/wit/workItemTypeCategories/Microsoft.{name}Category",
            }
        )
    return call.collection(rows)


def _kind(call: Call, home: Project) -> WorkType:
    name = call.params["type"]
    for kind in call.site.types_of(home).values():
        if name.casefold() in {kind.name.casefold(), kind.reference_name.casefold()}:
            return kind
    words = f"VS402323: Work item type {name} does not exist in project {home.name}, or it may not be seen."
    raise refuse(404, "WorkItemTypeNotFoundException", words)


def _type(call: Call, home: Project, kind: WorkType) -> dict[str, Json]:
    uses = [_use(call, kind, use, False) for use in kind.fields.values()]
    names = [state.name for state in kind.states]
    transitions = {
        name: [{"to": other, "actions": None} for other in names if other != name] for name in names
    }
    return {
        "name": kind.name,
        "referenceName": kind.reference_name,
        "description": "",
        "color": kind.color,
        "icon": {
            "id": kind.icon,
            "url": f"{call.base}/_apis/wit/workItemIcons/{kind.icon}?color={kind.color}&v=2",
        },
        "isDisabled": False,
        "xmlForm": "",
        "fields": uses,
        "fieldInstances": uses,
        "transitions": {"": [{"to": names[0], "actions": None}]} | transitions,
        "states": [_state(state) for state in kind.states],
        "url": _type_ref(call, home, kind)["url"],
    }


def _type_ref(call: Call, home: Project, kind: WorkType) -> dict[str, Json]:
    url = f"{call.base}/{home.id}/_apis/wit/workItemTypes/{quote(kind.name)}"
    return {"name": kind.name, "url": url}


def _state(state: State) -> dict[str, str]:
    return {"name": state.name, "color": state.color, "category": state.category}


def _use(call: Call, kind: WorkType, use: FieldUse, values: bool) -> dict[str, Json]:
    found = call.site.field_defs[use.reference_name]
    row: dict[str, Json] = {"defaultValue": None if use.default is None else str(use.default)}
    if values:
        allowed = [s.name for s in kind.states] if use.reference_name == "System.State" else use.allowed
        row["allowedValues"] = list(allowed)
    return row | {
        "helpText": None,
        "alwaysRequired": use.required,
        "dependentFields": [],
        "referenceName": found.reference_name,
        "name": found.name,
        "url": f"{call.base}/_apis/wit/fields/{found.reference_name}",
    }


# fields


def fields(call: Call) -> Response:
    """GET fields."""
    return call.collection([_field(call, found) for found in call.site.field_defs.values()])


def field(call: Call) -> Response:
    """GET fields/{name}: by reference name or name."""
    found = _field_named(call, call.params["fieldNameOrRefName"])
    if found is None:
        raise _no_field(call.params["fieldNameOrRefName"])
    return Response.json(_field(call, found))


def _field_named(call: Call, text: str) -> FieldDef | None:
    wanted = text.casefold()
    known = call.site.field_defs.values()
    return next((f for f in known if wanted in {f.reference_name.casefold(), f.name.casefold()}), None)


def _no_field(name: str) -> Exception:
    words = f"TF51535: Cannot find field {name}."
    return refuse(404, "WorkItemTrackingFieldDefinitionNotFoundException", words)


def _field(call: Call, found: FieldDef) -> dict[str, Json]:
    url = f"{call.base}/_apis/wit/fields/{found.reference_name}"
    row: dict[str, Json] = {
        "name": found.name,
        "referenceName": found.reference_name,
        "description": None,
        "type": found.type,
        "usage": "workItem",
        "readOnly": found.read_only,
        "canSortBy": found.type not in {"html", "history"},
        "isQueryable": True,
        "supportedOperations": [{"referenceName": ref, "name": name} for ref, name in _OPERATORS],
        "isIdentity": found.is_identity,
        "isPicklist": bool(found.picklist),
        "isPicklistSuggested": False,
    }
    if found.picklist:
        row["picklistId"] = call.site.guid("picklist", found.reference_name)
    return row | {"url": url}


def relation_types(call: Call) -> Response:
    """GET workitemrelationtypes."""
    return call.collection(
        [
            {
                "attributes": entry["attributes"],
                "referenceName": ref,
                "name": entry["name"],
                "url": f"{call.base}/_apis/wit/workItemRelationTypes/{ref}",
            }
            for ref, entry in catalogue.RELATION_TYPES.items()
        ]
    )
