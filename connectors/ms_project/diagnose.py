"""The lines of `doctor` for a folder of plans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors.base import Context, Diagnosis
from connectors.ms_project.client import PlanFile, PlanFolder
from connectors.ms_project.custom_fields import NAMES, PlanField
from connectors.ms_project.mapping import map_plan
from connectors.ms_project.remote import BUSY, OpenPlan
from connectors.ms_project.render import NEXT_BEST_PLACE
from connectors.ms_project.replacement import BACKUP_FOLDER
from connectors.ms_project.settings import ProjectFileSettings
from portfolio.errors import FileUnreadable

OLD_AFTER_DAYS = 35  # a plan is reported on every two to four weeks


def diagnose(folder: PlanFolder, settings: ProjectFileSettings, context: Context) -> Iterator[Diagnosis]:
    """Which files there are, and for each whether it can be read, its size, its age and its calendar."""
    found = folder.find()
    for problem in found.problems:
        yield Diagnosis(
            level="FAIL",
            check="files",
            message=f"{problem.scope}: {problem.text}",
            hint="Check `path` and that the share is mounted.",
        )
    if not found.files and not found.problems:
        yield Diagnosis(
            level="FAIL",
            check="files",
            message=f"no file matches {', '.join(settings.path)}",
            hint="Check `path`; relative paths start at the configuration's folder.",
        )
    for file in found.files:
        yield from _file(folder, settings, context, file)
    yield from _writing(settings)


def _writing(settings: ProjectFileSettings) -> Iterator[Diagnosis]:
    write = settings.write
    told = []
    if write and write.comments:
        told.append("a block of text in the notes of tasks")
    if write and write.fields:
        told.append(f"the custom fields {', '.join(write.fields.values())}")
    if write is None or not told:
        yield Diagnosis(
            level="OK", check="write", message="plans are read only: nobody is notified", hint=NEXT_BEST_PLACE
        )
        return
    where = write.backups.folder or f"{BACKUP_FOLDER} beside each plan"
    yield Diagnosis(
        level="OK",
        check="write",
        message=f"written are {' and '.join(told)}; nobody is notified. "
        f"The last {write.backups.keep} versions of a plan are kept in {where}",
    )


def _places(plan: OpenPlan) -> Iterator[Diagnosis]:
    """Whether this file can be written to, and where to."""
    scope = plan.file.scope
    if plan.sidecar is not None:
        yield Diagnosis(
            level="WARN",
            check="write",
            message=f"{scope}: its master is {plan.master}, which only Project can write; "
            f"values go to {plan.sidecar.path.name}",
            hint="Its planner imports that table, or set master: xml where the XML file itself is the plan.",
        )
    if plan.obstacle is not None:
        yield Diagnosis(
            level="FAIL",
            check="write",
            message=f"{scope}: cannot be written to: {plan.obstacle}",
            hint="Change that, or take the file out of `path` of a source with `write`.",
        )
    elif plan.is_busy:
        yield Diagnosis(
            level="WARN", check="write", message=f"{scope}: {BUSY}", hint="Nothing to do but to close it."
        )
    for slot, field in plan.fields.items():
        if field.problem is not None:
            yield Diagnosis(
                level="FAIL",
                check="fields",
                message=f"{scope}: {slot} cannot be written: {field.problem}",
                hint="Correct write.fields, or add the custom field in Project.",
            )
        elif (alias := _other_name(plan, field)) is not None:
            yield Diagnosis(
                level="WARN",
                check="fields",
                message=f"{scope}: {slot} is written to {field.name}, which is called {alias} there",
                hint="Name the field by its alias where it is yours, and another field where it is not.",
            )
        elif field.is_new:
            yield Diagnosis(
                level="OK",
                check="fields",
                message=f"{scope}: {NAMES[field.field_id]} becomes {field.name} with the first value",
            )


def _file(
    folder: PlanFolder, settings: ProjectFileSettings, context: Context, file: PlanFile
) -> Iterator[Diagnosis]:
    try:
        loaded = folder.load(file)
        status = file.path.stat()
    except FileUnreadable as error:
        line = error.message.removeprefix(f"{settings.name}: ")
        yield Diagnosis(level="FAIL", check="file", message=line, hint=error.hint)
        return
    except OSError as error:
        yield Diagnosis(level="FAIL", check="file", message=f"{file.scope}: {error.strerror}")
        return
    plan = map_plan(
        loaded.rows,
        source=settings.name,
        scope=file.scope,
        fields=settings.fields,
        zone=ZoneInfo(context.timezone),
    )
    days = (context.clock() - datetime.fromtimestamp(status.st_mtime, UTC)).days
    calendar = f"calendar {plan.calendar.name}" if plan.calendar else "no calendar of its own"
    about = (
        f"{file.scope}: {len(plan.items)} tasks, {len(plan.dependencies)} links, "
        f"{status.st_size / 1e6:.1f} MB, {calendar}, saved {max(days, 0)} days ago"
    )
    if days > OLD_AFTER_DAYS:
        yield Diagnosis(
            level="WARN",
            check="file",
            message=about,
            hint="Ask its planner for a new export: dates this old say little.",
        )
    else:
        yield Diagnosis(level="OK", check="file", message=about)
    if plan.calendar is None:
        yield Diagnosis(
            level="WARN",
            check="calendar",
            message=f"{file.scope}: no calendar; working days are those of the portfolio",
        )
    if plan.notes:
        yield Diagnosis(
            level="WARN",
            check="values",
            message=f"{len(plan.notes)} values could not be read, the first: {plan.notes[0]}",
            hint="They count as unknown.",
        )
    if settings.write is not None:
        yield from _places(OpenPlan(file, loaded, settings, ()))


def _other_name(plan: OpenPlan, field: PlanField) -> str | None:
    """What people call a field that the configuration names as Project does."""
    for one in plan.layout.definitions:
        if one.field_id == field.field_id and one.alias and one.alias.casefold() != field.name.casefold():
            return one.alias
    return None
