"""POST and PATCH of work items: JSON Patch, rules, and what a save brings with it."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from simulators.azure_devops import catalogue, discussion, links
from simulators.azure_devops.call import Call
from simulators.azure_devops.changes import revise
from simulators.azure_devops.items import expansion
from simulators.azure_devops.model import (
    Comment,
    CommentVersion,
    Item,
    Json,
    Relation,
    TextFormat,
    WorkType,
)
from simulators.azure_devops.refusals import MAY_NOT_SAVE, Refusal, bad_request, no_controller, refuse
from simulators.azure_devops.rules import Broken, broken_rules, rule_refusal
from simulators.azure_devops.values import BadValue, canonical, tags
from simulators.clock import to_ms
from simulators.http import Response

PATCH_TYPE = "application/json-patch+json"
_FIELD = re.compile(r"/fields/([\w.]+)$")
_INDEX = re.compile(r"/relations/(\d+)(/attributes/comment)?$")
_FORMAT = re.compile(r"/multilineFieldsFormat/([\w.]+)$")


@dataclass(slots=True)
class Edit:
    """What a patch asks for, read and checked but not yet done."""

    fields: dict[str, Json] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    added: list[dict[str, Json]] = field(default_factory=list)
    dropped: list[Relation] = field(default_factory=list)
    comments: list[tuple[Relation, str]] = field(default_factory=list)
    history_format: str = "html"


def update(call: Call) -> Response:
    """PATCH workitems/{id}."""
    if not call.params["id"].isdigit() or call.params["id"] == "0":
        return no_controller(call.path)
    _content_type(call)
    item = call.item(call.params["id"])
    operations = _operations(call)
    _tests(call, item, operations)
    edit = read_patch(call, item, operations)
    kind = call.site.type_of(item)
    if call.flag("validateOnly"):
        shown, counters = deepcopy(item), dict(call.site.counters)
        if _save(call, shown, kind, edit, dry=True):
            call.site.log.pop()
        call.site.counters = counters
        return _shown(call, shown)
    changed = _save(call, item, kind, edit)
    if changed:
        call.site.revision += 1
        _mail(call, item)
    return _shown(call, item)


def create(call: Call) -> Response:
    """POST workitems/$type."""
    _content_type(call)
    home = call.project()
    kinds = call.site.types_of(home)
    name = next((n for n in kinds if n.casefold() == call.params["type"].casefold()), None)
    if name is None:
        words = f"VS402323: Work item type {call.params['type']} does not exist in project {home.name}."
        raise refuse(404, "WorkItemTypeNotFoundException", words)
    blank = Item(0)
    blank.state = {"System.TeamProject": home.id, "System.WorkItemType": name}
    edit = read_patch(call, blank, _operations(call))
    values = {"System.State": kinds[name].states[0].name} | _values(call, blank, kinds[name], edit)
    _permitted(call, kinds[name], blank, values, is_new=True)
    _check_relations(call, blank, edit)
    dry = call.flag("validateOnly")
    number = call.site.counters.get("item", 0) + 1 if dry else call.site.next_id("item")
    item = call.site.new_item(home.id, name, values, call.caller.descriptor, call.site.when(None), number)
    if dry:
        call.site.log.pop()
        del call.site.items[number]
        return _shown(call, item)
    item.formats |= edit.formats
    _relate(call, item, edit)
    call.site.revision += 1
    _mail(call, item)
    return _shown(call, item)


def read_patch(call: Call, item: Item, operations: list[dict[str, Json]]) -> Edit:
    """The operations beside the tests; every path is known, every relation exists."""
    edit = Edit()
    for operation in operations:
        kind = str(operation.get("op")).lower()
        if kind == "test":
            continue
        if kind not in {"add", "replace", "remove"}:
            raise bad_request(f"The operation '{kind}' is not supported.", "VssPatchOperationNotSupported")
        _operation(call, item, edit, kind, str(operation.get("path")), operation.get("value"))
    for name, form in edit.formats.items():
        if form not in {"html", "markdown"}:
            raise bad_request(f"'{form}' is not a format.")
        if item.formats.get(name, "html") != form and name not in edit.fields:
            raise bad_request(f"The type of field {name} changed without a value.")
    return edit


def _operation(call: Call, item: Item, edit: Edit, kind: str, path: str, value: Json) -> None:
    if found := _FIELD.match(path):
        _field(call, item, edit, kind, found.group(1), value)
    elif path == "/relations/-" and kind == "add" and isinstance(value, dict):
        edit.added.append(value)
    elif found := _INDEX.match(path):
        relation = _relation_at(item, int(found.group(1)))
        if found.group(2):
            edit.comments.append((relation, str(value or "")))
        elif kind == "remove":
            edit.dropped.append(relation)
    elif found := _FORMAT.match(path):
        edit.formats[found.group(1)] = str(value).lower()
    elif path != "/id":
        raise bad_request(f"TF401349: The path '{path}' of the patch document is not valid.")


def _field(call: Call, item: Item, edit: Edit, kind: str, name: str, value: Json) -> None:
    known = {ref.casefold(): ref for ref in call.site.field_defs}
    ref = known.get(name.casefold())
    if ref is None:
        words = f"TF51535: Cannot find field {name}."
        raise bad_request(words, "WorkItemTrackingFieldDefinitionNotFoundException")
    if ref == "System.Tags" and value:
        if any(ord(letter) > 0xFFFF for letter in str(value)):
            raise bad_request("TF401407: The tag name contains characters that are not allowed.")
        if kind == "add":  # live: add is the union with what is there, replace sets
            before = edit.fields.get(ref, item.state.get(ref)) or ""
            value = tags(f"{before}; {value}")
    if ref == "System.History" and isinstance(value, dict):
        edit.history_format = str(value.get("format") or "html").lower()
        value = value.get("text")
    edit.fields[ref] = None if kind == "remove" else value


def _operations(call: Call) -> list[dict[str, Json]]:
    body = call.body()
    if not isinstance(body, list) or not body or not all(isinstance(entry, dict) for entry in body):
        words = "You must pass a valid patch document in the body of the request."
        raise bad_request(words, "VssPropertyValidationException")
    return body


def _content_type(call: Call) -> None:
    given = (call.request.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if given != PATCH_TYPE:
        words = (
            f'The request indicated a Content-Type of "{given}" for method type "{call.request.method}" '
            f"which is not supported. Valid content types for this method are: {PATCH_TYPE}."
        )
        raise refuse(415, "VssRequestContentTypeNotSupportedException", words)


def _tests(call: Call, item: Item, operations: list[dict[str, Json]]) -> None:
    for operation in operations:
        if str(operation.get("op")).lower() != "test":
            continue
        path, wanted = str(operation.get("path")), operation.get("value")
        if path == "/rev":
            now: Json = item.rev
        elif found := _FIELD.match(path):
            fields = call.renderer().item(item, "all")["fields"]
            now = fields.get(found.group(1))
        else:
            raise bad_request(f"The path '{path}' cannot be tested.")
        if now != wanted:
            words = (
                f"VS403351: Test Operation for path {path} failed, value {now} was not equal to test value "
                f"{wanted}."
            )
            raise refuse(412, "TestPatchOperationFailedException", words)


def _values(call: Call, item: Item, kind: WorkType, edit: Edit) -> dict[str, Json]:
    """The fields in canonical form."""
    home = call.site.projects[item.state["System.TeamProject"]]
    try:
        return canonical(call.site, home, edit.fields)
    except BadValue as error:
        name = next((ref for ref in edit.fields if f"'{ref}'" in str(error)), next(iter(edit.fields), ""))
        if error.status == "invalidTreeName":
            words = f"TF401347: Invalid tree name given for work item {item.id}, field '{name}'."
            raise bad_request(words, "WorkItemFieldInvalidTreeNameException") from None
        raise rule_refusal([Broken(name, ("hasValues", error.status), str(error))]) from None


def _permitted(call: Call, kind: WorkType, item: Item, values: dict[str, Json], *, is_new: bool) -> None:
    options = call.options
    if not options.may_write:
        raise refuse(403, "WorkItemUnauthorizedAccessException", MAY_NOT_SAVE)
    if (
        call.flag("suppressNotifications")
        and not options.may_suppress
        and options.without_suppress == "refused"
    ):
        words = "TF401408: You don't have the permission to suppress notifications for work item updates."
        raise refuse(403, "WorkItemTrackingUnauthorizedOperationException", words)
    if call.flag("bypassRules"):
        if not options.may_bypass_rules:
            words = (
                "TF401322: You don't have bypass rules permission. Please contact your collection "
                "administrator to grant this permission for enabling this action."
            )
            raise refuse(400, "WorkItemTrackingUnauthorizedOperationException", words)
        return
    if found := broken_rules(call.site, kind, item, values, is_new=is_new):
        raise rule_refusal(found)


def _save(call: Call, item: Item, kind: WorkType, edit: Edit, *, dry: bool = False) -> bool:
    """Do it; True when there is a new revision, or a link more or less."""
    values = _values(call, item, kind, edit)
    _permitted(call, kind, item, values, is_new=False)
    at, by = call.site.when(None), call.caller.descriptor
    if call.flag("bypassRules"):
        changed = values.pop("System.ChangedDate", None)
        at = max(_ms(changed), item.revisions[-1].at) if changed else at
        by = values.pop("System.ChangedBy", None) or by
    for rel in {str(value.get("rel")) for value in edit.added} | {r.rel for r in edit.dropped}:
        if rel in links.COUNTS:  # one save is one revision, so the counts change with the fields
            more = sum(value.get("rel") == rel for value in edit.added)
            fewer = sum(relation.rel == rel for relation in edit.dropped)
            values[links.COUNTS[rel]] = sum(r.rel == rel for r in item.relations) + more - fewer
    if values.get("System.History"):
        _history(call, item, values, edit, by, at)
    real = {name for name, value in values.items() if item.state.get(name) != value}
    if real and item.rev >= call.options.revision_cap:
        words = f"The work item {item.id} has reached the limit of {call.options.revision_cap} revisions."
        raise bad_request(words, "WorkItemRevisionLimitExceededException")
    if not dry:
        _check_relations(call, item, edit)
        item.formats |= edit.formats
    made = revise(call.site, item, values, by, at) is not None
    if dry:
        return made
    return _relate(call, item, edit) or made


def _history(call: Call, item: Item, values: dict[str, Json], edit: Edit, by: str, at: int) -> None:
    form: TextFormat = "markdown" if edit.history_format == "markdown" else "html"
    text = values["System.History"]
    rendered = discussion.rendered(text, form)
    number = call.site.next_id("comment")
    item.comments.append(Comment(number, item.id, form, [CommentVersion(text, rendered, by, at)]))
    values["System.History"] = rendered
    values["System.CommentCount"] = sum(not comment.deleted for comment in item.comments)


def _check_relations(call: Call, item: Item, edit: Edit) -> None:
    """Try the links on copies, so that a patch that fails has no effect."""
    if not edit.added:
        return
    probe = deepcopy(item)
    for value in edit.added:
        rel, url = str(value.get("rel")), str(value.get("url"))
        target = _target(call, rel, url)
        try:
            other = links.check(call.site, probe, rel, target)
            probe.relations.append(Relation(rel, other.id if other else None, url, 0))
        except links.LinkProblem as error:
            raise _link_refusal(error) from None


def _relate(call: Call, item: Item, edit: Edit) -> bool:
    at, by = max(call.site.when(None), item.revisions[-1].at), call.caller.descriptor
    for relation in edit.dropped:
        links.drop_relation(call.site, item, relation, by, at)
    for value in edit.added:
        rel, url = str(value.get("rel")), str(value.get("url"))
        comment = str((value.get("attributes") or {}).get("comment") or "")
        try:
            links.add_relation(call.site, item, rel, _target(call, rel, url), by, at, comment)
        except links.LinkProblem as error:
            raise _link_refusal(error) from None
    for relation, text in edit.comments:
        relation.comment = text
    return bool(edit.added or edit.dropped or edit.comments)


def _target(call: Call, rel: str, url: str) -> int | str:
    if (
        rel not in catalogue.RELATION_TYPES
        or not catalogue.is_work_item_link(rel)
        or catalogue.is_remote(rel)
    ):
        return url
    number = links.target_of(url)
    if number is None or not url.casefold().startswith(call.base.casefold()):
        raise bad_request(f"The link's address {url} names no work item of this organisation.")
    return number


def _link_refusal(error: links.LinkProblem) -> Refusal:
    status = 404 if error.key == "WorkItemUnauthorizedAccessException" else 400
    return refuse(status, error.key, str(error))


def _relation_at(item: Item, index: int) -> Relation:
    """By its place in the list, which is all that a patch can name: the list has to be fresh."""
    if index >= len(item.relations):
        raise bad_request(f"The relation index {index} is out of range.", "VssPropertyValidationException")
    return item.relations[index]


def _mail(call: Call, item: Item) -> None:
    """Whoever the item is assigned to, or made it, is told, unless the caller may suppress it and does."""
    concerned = {item.state.get("System.AssignedTo"), item.state.get("System.CreatedBy")} - {None}
    if call.flag("suppressNotifications") and call.options.may_suppress:
        return
    if concerned - {call.caller.descriptor}:
        call.site.mails.append((str(item.id), "changed"))


def _shown(call: Call, item: Item) -> Response:
    expand = expansion(call.request.one("$expand"))
    if expand == "none" and item.relations:
        expand = "relations"  # recorded: a patch of relations shows them unasked
    body = call.renderer().item(item, expand)
    return Response(body=json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode())


def _ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))
