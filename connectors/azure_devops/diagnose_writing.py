"""The lines of `doctor` about writing: fields and the types that have them, silence, comments, mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from connectors.answers import Refusal
from connectors.azure_devops import edits, wire
from connectors.azure_devops import wire_writing as writing
from connectors.azure_devops.client import quoted
from connectors.azure_devops.remote import Remote
from connectors.azure_devops.site import Site
from connectors.azure_devops.values import kind_of
from connectors.base import Diagnosis, Level
from portfolio.errors import AccessDenied, SourceError
from portfolio.intents import FIELD_NAMES, FieldName

# What rollups are written to; other types may lack the fields.
_CONTAINERS = frozenset({"initiative", "epic", "feature"})
_TITLE = "System.Title"
_ITEMS = msgspec.json.Decoder(writing.ItemsNow)
_GRANT = "Grant it in the project's security settings, or set write: {mail_if_needed: true}."
_ADD_FIELD = "Add the field to the type in the organisation's process; Dovetail never creates fields."


def diagnose_writing(site: Site, remote: Remote, projects: Sequence[wire.Project]) -> Iterator[Diagnosis]:
    """What the write section asks for, and whether the organisation grants it. Nothing is written.

    Raises:
        SourceError: a check cannot be made.
    """
    write = site.settings.write
    if write is None:
        yield _line("OK", "write", "nothing is written here: there is no write: section")
        return
    if write.fields:
        yield from _fields(remote)
        yield from _types(site, remote, projects)
        for project in projects:
            yield from _silence(site, project)
    if write.comments:
        yield _comments(site, remote)
    yield _mail(site)


def _fields(remote: Remote) -> Iterator[Diagnosis]:
    found = remote.write_fields
    for slot, reason in found.problems.items():
        yield _line("FAIL", "write fields", f"write.fields.{slot}: {reason}", _ADD_FIELD)
    for slot, field in found.slots.items():
        if field.problem:
            yield _line(
                "FAIL", "write fields", f"write.fields.{slot}: {field.problem}", "Name another field."
            )
        else:
            said = f"{slot} = {field.name} ({field.reference_name}, {field.type})"
            yield _line("OK", "write fields", said)


def _types(site: Site, remote: Remote, projects: Sequence[wire.Project]) -> Iterator[Diagnosis]:
    """On which container types a field is missing; others are never written to.

    It fails only where no project at all has the field: a project on a stock process cannot have any.
    """
    slots = {
        slot: field
        for slot, field in remote.write_fields.slots.items()
        if not field.problem and slot in FIELD_NAMES
    }
    has_somewhere: set[FieldName] = set()
    lacking: dict[tuple[str, tuple[str, ...]], list[FieldName]] = {}
    for project in projects:
        names = [
            one.name
            for one in site.client.types(project.name)
            if kind_of(one.name, site.settings.kinds) in _CONTAINERS and not one.is_disabled
        ]
        uses = {name: remote.uses(project.name, name) for name in names}
        for slot, field in slots.items():
            without = tuple(
                name
                for name, known in uses.items()
                if known is not None and field.reference_name not in {one.reference_name for one in known}
            )
            if without:
                lacking.setdefault((project.name, without), []).append(slot)
            if len(without) < len(names):
                has_somewhere.add(slot)
    for (project_name, without), missing in lacking.items():
        for level, group in _by_level(missing, has_somewhere):
            fields = ", ".join(slots[slot].name for slot in group)
            left = f"{', '.join(group)} {'is' if len(group) == 1 else 'are'} left out"
            message = f"{project_name}: {', '.join(without)} has no field {fields}, so {left}"
            yield _line(level, "write fields", message, _ADD_FIELD)


def _by_level(
    slots: Sequence[FieldName], has_somewhere: set[FieldName]
) -> Iterator[tuple[Level, list[FieldName]]]:
    nowhere = [slot for slot in slots if slot not in has_somewhere]
    elsewhere = [slot for slot in slots if slot in has_somewhere]
    if nowhere:
        yield "FAIL", nowhere
    if elsewhere:
        yield "WARN", elsewhere


def _silence(site: Site, project: wire.Project) -> Iterator[Diagnosis]:
    """Whether a field may be edited, and without mail: a dry run of an edit that would change nothing."""
    silent = site.settings.write.silent if site.settings.write else True
    found = next(site.client.query_ids(f"[System.TeamProject] = {quoted(project.name)}"), [])
    items = site.client.items(found[-1:], _ITEMS, fields=[_TITLE]).value if found else []
    item = next((one for one in items if one is not None), None)
    if item is None:
        return
    operations = [
        {"op": "test", "path": "/rev", "value": item.rev},
        {"op": "add", "path": f"/fields/{_TITLE}", "value": item.fields.get(_TITLE, "")},
    ]
    edit = edits.FieldEdit(str(item.id), operations, silent)
    reason = _refusal(site, edit)
    if reason is None:
        said = "may be edited without notifications" if silent else "may be edited"
        yield _line("OK", "permissions", f"{project.name}: items {said}, by a dry run of #{item.id}")
    elif silent and _refusal(site, msgspec.structs.replace(edit, silent=False)) is None:
        may_mail = bool(site.settings.write and site.settings.write.mail_if_needed)
        message = f"{project.name}: the account may not suppress notifications"
        yield _line("WARN" if may_mail else "FAIL", "permissions", message, _GRANT)
    else:
        message = f"{project.name}: an edit is refused: {reason}"
        yield _line("FAIL", "permissions", message, "Give the account “Edit work items in this node”.")


def _refusal(site: Site, edit: edits.FieldEdit) -> str | None:
    try:
        edits.edit_item(site.client.http, edit, dry=True)
    except (Refusal, AccessDenied) as error:
        return error.reason if isinstance(error, Refusal) else error.message
    except SourceError as error:
        return error.message
    return None


def _comments(site: Site, remote: Remote) -> Diagnosis:
    api = remote.comment_api
    wanted = site.settings.write.comment_format if site.settings.write else "html"
    if wanted == "markdown" and not api.has_formats:
        message = f"comments {api.version} know no formats; new ones are written as HTML"
        return _line("WARN", "comments", message, "Set write: {comment_format: html}.")
    return _line("OK", "comments", f"version {api.version}; new ones are written as {remote.form}")


def _mail(site: Site) -> Diagnosis:
    write = site.settings.write
    told = []
    if write and write.comments:
        told.append("a comment cannot be written silently: who follows the item may be mailed")
    if write and write.fields:
        told.append(
            "field edits ask for silence" if write.silent else "field edits mail who follows the item"
        )
    return _line("OK", "mail", "; ".join(told) or "nothing is written")


def _line(level: Level, check: str, message: str, hint: str = "") -> Diagnosis:
    return Diagnosis(level=level, check=check, message=message, hint=hint)
