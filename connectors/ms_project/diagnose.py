"""The lines of `doctor` for a folder of plans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors.base import Context, Diagnosis
from connectors.ms_project.client import PlanFile, PlanFolder
from connectors.ms_project.mapping import map_plan
from connectors.ms_project.render import NEXT_BEST_PLACE
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
    yield Diagnosis(
        level="OK", check="write", message="plans are read only: nobody is notified", hint=NEXT_BEST_PLACE
    )


def _file(
    folder: PlanFolder, settings: ProjectFileSettings, context: Context, file: PlanFile
) -> Iterator[Diagnosis]:
    try:
        rows = folder.read(file).rows
        status = file.path.stat()
    except FileUnreadable as error:
        line = error.message.removeprefix(f"{settings.name}: ")
        yield Diagnosis(level="FAIL", check="file", message=line, hint=error.hint)
        return
    except OSError as error:
        yield Diagnosis(level="FAIL", check="file", message=f"{file.scope}: {error.strerror}")
        return
    plan = map_plan(
        rows,
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
