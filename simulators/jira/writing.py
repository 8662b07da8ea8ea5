"""Writing fields, properties, transitions: `PUT issue/{key}` and its neighbours."""

from __future__ import annotations

from simulators.http import Response, dumps
from simulators.jira.call import Call, Refusal
from simulators.jira.model import FieldDef, Issue, Json
from simulators.jira.values import FieldError, coerce

PROPERTY_BYTES = 32_768
PROPERTY_KEY = 255


def edit_meta(call: Call) -> Response:
    """`GET issue/{key}/editmeta`: the fields on the edit screen."""
    issue = call.issue()
    fields = call.renderer().edit_fields(issue) if call.may("EDIT_ISSUES") else {}
    return Response.json({"fields": fields})


def edit_issue(call: Call) -> Response:
    """`PUT issue/{key}`: all fields are checked before any is set."""
    issue = call.issue(write=True)
    body = call.body()
    changes = _changes(call, issue, body)
    notify = call.flag("notifyUsers", True)
    silent = not notify and call.may("ADMINISTER_PROJECTS")
    if notify or silent or call.options.without_admin == "mailed":
        call.site.change(issue, changes, call.me().account_id, None)
        issue.properties |= {p["key"]: p["value"] for p in body.get("properties") or []}
        if not silent:
            call.site.mail_about(issue, "issue edited")
    # Without the permission "the request is ignored", says the description: 204, and nothing has changed.
    if not call.flag("returnIssue"):
        return Response(status=204)
    expand = set(call.request.many("expand"))
    fields = tuple(field.id for field in changes)
    return Response.json(call.renderer().issue(issue, fields, expand))


def _changes(call: Call, issue: Issue, body: dict[str, Json]) -> dict[FieldDef, Json]:
    fields, update = body.get("fields") or {}, body.get("update") or {}
    if not isinstance(fields, dict) or not isinstance(update, dict):
        raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    errors: dict[str, str] = {}
    changes: dict[FieldDef, Json] = {}
    for name in [*fields, *update]:
        field = call.site.field_defs.get(name)
        if name in fields and name in update:
            errors[name] = f"Field '{name}' cannot appear in both 'fields' and 'update'"
        elif field is None or not _editable(call, issue, field):
            errors[name] = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        else:
            try:
                raw = fields[name] if name in fields else _operated(call, issue, field, update[name])
                changes[field] = coerce(call.site, field, raw, issue.project_id, version=call.version)
                _check(issue, field, changes[field])
            except FieldError as error:
                errors[name] = str(error)
    if errors:
        raise Refusal(400, errors=errors)
    return changes


def _editable(call: Call, issue: Issue, field: FieldDef) -> bool:
    in_scope = field.project_id is None or field.project_id == issue.project_id
    return field.on_screen and in_scope and call.may("EDIT_ISSUES")


def _check(issue: Issue, field: FieldDef, value: Json) -> None:
    if field.id == "summary" and not value:
        raise FieldError("You must specify a summary of the issue.")
    if field.id == "parent" and value == issue.id:
        raise FieldError("An issue cannot be its own parent.")


def _operated(call: Call, issue: Issue, field: FieldDef, operations: Json) -> Json:
    """The value after `update` operations, in the form `fields` would have."""
    value = call.renderer().value(issue, field) if issue.fields.get(field.id) else None
    for operation in operations if isinstance(operations, list) else []:
        for verb, operand in operation.items():
            match verb:
                case "set":
                    value = operand
                case "add" if field.type == "array":
                    value = [*(value or []), operand]
                case "remove" if field.type == "array":
                    value = [entry for entry in value or [] if not _same(entry, operand)]
                case _:
                    raise FieldError(f"The operation '{verb}' is not supported by this field.")
    return value


def _same(entry: Json, operand: Json) -> bool:
    if isinstance(entry, dict) and isinstance(operand, dict):
        return any(entry.get(name) == wanted for name, wanted in operand.items())
    return bool(entry == operand)


def transitions(call: Call) -> Response:
    """`GET issue/{key}/transitions`: every status is reachable; none without the permission."""
    call.issue()
    allowed = call.renderer().transitions() if call.may("TRANSITION_ISSUES") else []
    return Response.json({"expand": "transitions", "transitions": allowed})


def transition(call: Call) -> Response:
    """`POST issue/{key}/transitions`."""
    issue = call.issue(write=True)
    number = str((call.body().get("transition") or {}).get("id"))
    if number not in call.site.statuses or not call.may("TRANSITION_ISSUES"):
        raise Refusal(400, f"Transition id '{number}' is not valid for this issue.")
    call.site.move_to(issue, call.site.statuses[number], call.me().account_id, None)
    call.site.mail_about(issue, "issue edited")
    return Response(status=204)


# issue properties


def list_properties(call: Call) -> Response:
    """`GET issue/{key}/properties`."""
    issue = call.issue()
    base = f"{call.base}{call.request.path}"
    return Response.json({"keys": [{"self": f"{base}/{key}", "key": key} for key in issue.properties]})


def get_property(call: Call) -> Response:
    """`GET issue/{key}/properties/{propertyKey}`."""
    return property_of(call.issue().properties, call.params["propertyKey"])


def put_property(call: Call) -> Response:
    """`PUT issue/{key}/properties/{propertyKey}`: neither history nor `updated` tell of it."""
    issue = call.issue(write=True)
    status = store_property(issue.properties, call.params["propertyKey"], call.value())
    issue.revision += 1
    call.site.revision += 1
    return Response(status=status)


def delete_property(call: Call) -> Response:
    """`DELETE issue/{key}/properties/{propertyKey}`."""
    issue = call.issue(write=True)
    drop_property(issue.properties, call.params["propertyKey"])
    issue.revision += 1
    call.site.revision += 1
    return Response(status=204)


def property_of(properties: dict[str, Json], key: str) -> Response:
    """One entity property, or 404."""
    if key not in properties:
        raise Refusal(404, f"The property with key '{key}' was not found.")
    return Response.json({"key": key, "value": properties[key]})


def store_property(properties: dict[str, Json], key: str, value: Json) -> int:
    """Set an entity property; the status says whether it is new."""
    if len(key) > PROPERTY_KEY:
        raise Refusal(400, f"The property key cannot be longer than {PROPERTY_KEY} characters.")
    if len(dumps(value)) > PROPERTY_BYTES:
        raise Refusal(400, f"The property value cannot be longer than {PROPERTY_BYTES} bytes.")
    status = 200 if key in properties else 201
    properties[key] = value
    return status


def drop_property(properties: dict[str, Json], key: str) -> None:
    """Remove an entity property, or 404."""
    if key not in properties:
        raise Refusal(404, f"The property with key '{key}' was not found.")
    del properties[key]
