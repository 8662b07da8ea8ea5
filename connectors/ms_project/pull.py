"""Reading a folder of plans as pages: each changed file once, and nothing of a file that is not whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import msgspec

from connectors import cursors
from connectors.ms_project.client import Found, PlanFile, PlanFolder
from connectors.ms_project.mapping import Plan, kept_tasks, map_plan
from connectors.ms_project.settings import ProjectFileSettings
from connectors.ms_project.tasks import schedule_id, task_id
from portfolio.errors import FileUnreadable
from portfolio.records import AnyRecord, Cursor, IdPage, OwnedBy, Page, Schedule

CURSOR_VERSION = 1
TASKS_PER_PAGE = 2_000
_NAMED_FAILURES = 3


class FileMark(msgspec.Struct, frozen=True):
    """A file as it was when it was last read whole."""

    sha256: str
    signature: str  # size and times: while they stay the same, the content is not even hashed
    name: str
    guid: str | None = None  # the plan's own GUID, which a renamed file keeps


class PartMark(msgspec.Struct, frozen=True):
    """How far a file is stored, of which the first pages are and the last is not."""

    sha256: str
    tasks_done: int


class State(msgspec.Struct):
    """What the cursor holds."""

    files: dict[str, FileMark] = {}
    parts: dict[str, PartMark] = {}


class FolderPull:
    """One pull of one source.

    A file that cannot be used is set aside with one line: its earlier items stay as they are and the other
    files are read. The stream then ends with FileUnreadable, so that the run says so. A file that is gone is
    told as a complete list of no tasks; whether to believe that is the engine's decision.
    """

    def __init__(
        self, folder: PlanFolder, settings: ProjectFileSettings, zone: ZoneInfo, since: Cursor | None
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._zone = zone
        self._state = cursors.load(settings.name, since, State, version=CURSOR_VERSION)
        self._sent = since
        self._before = frozenset(self._state.files)
        self._failures: list[tuple[str, str]] = []  # (file, line)

    def pages(self) -> Iterator[Page]:
        """The pages, each with the cursor after it.

        Raises:
            FileUnreadable: at the end, naming what was set aside.
        """
        found = self._folder.find()
        # Only a folder that never held a plan is a wrong path. One whose plans were read and are gone has
        # shrunk, and the engine's limit decides about that until a person accepts it.
        if not found.files and not found.problems and self._sent is None:
            raise FileUnreadable(
                self._settings.name,
                f"no file matches {', '.join(self._settings.path)}.",
                hint="Check `path`; relative paths start at the configuration's folder.",
            )
        for problem in found.problems:
            yield self._set_aside(problem.scope, f"{problem.scope}: {problem.text}.")
        for file in found.files:
            try:
                yield from self._file(file)
            except FileUnreadable as error:
                line = error.message.removeprefix(f"{self._settings.name}: ")
                yield self._set_aside(file.scope, f"{line} {error.hint}".strip())
        if found.is_complete:
            yield from self._vanished(found)
        if cursors.save(self._state, version=CURSOR_VERSION) != self._sent:
            yield self._page()
        if self._failures:
            raise self._failed(len(found.files) + len(found.problems))

    def _file(self, file: PlanFile) -> Iterator[Page]:
        mark = self._state.files.get(file.scope)
        signature = self._folder.signature(file)
        if mark is not None and signature is not None:
            if mark.signature == signature:
                return
            if self._folder.digest(file) == mark.sha256:  # touched, or copied over itself
                self._state.files[file.scope] = msgspec.structs.replace(mark, signature=signature)
                return
        read = self._folder.read(file)
        plan = map_plan(
            read.rows,
            source=self._settings.name,
            scope=file.scope,
            fields=self._settings.fields,
            zone=self._zone,
        )
        part = self._state.parts.get(file.scope)
        done = part.tasks_done if part is not None and part.sha256 == read.sha256 else 0
        while len(plan.items) - done > TASKS_PER_PAGE:
            records = self._records(plan, done, done + TASKS_PER_PAGE)
            done += TASKS_PER_PAGE
            self._state.parts[file.scope] = PartMark(read.sha256, done)
            yield self._page(records=records, replaces=[_baselines_of(plan, done - TASKS_PER_PAGE, done)])
        self._state.parts.pop(file.scope, None)
        self._state.files[file.scope] = FileMark(
            sha256=read.sha256, signature=read.signature, name=plan.schedule.name, guid=plan.guid
        )
        ids = [item.item_id for item in plan.items]
        yield self._page(
            # Links come last, all at once: both their ends are stored by then.
            records=[*self._records(plan, done, len(plan.items)), *plan.dependencies],
            replaces=[
                _baselines_of(plan, done, len(plan.items)),
                OwnedBy(record="Dependency", item_ids=ids),
            ],
            complete=[IdPage(scope=file.scope, ids=ids, reason="no longer in the plan")],
            skipped=plan.notes,
        )

    def _records(self, plan: Plan, first: int, last: int) -> list[AnyRecord]:
        records: list[AnyRecord] = []
        if first == 0:
            records += [plan.schedule, *([plan.calendar] if plan.calendar else [])]
            records += [*plan.task_calendars, *plan.identities]
        for item in plan.items[first:last]:
            records.append(item)
            records.extend(plan.baselines.get(item.item_id, ()))
        return records

    def _vanished(self, found: Found) -> Iterator[Page]:
        present = {file.scope for file in found.files} | {problem.scope for problem in found.problems}
        known = self._state.files.keys() | self._state.parts.keys()
        for scope in sorted(known - present):
            mark = self._state.files.pop(scope, None)
            self._state.parts.pop(scope, None)
            records: list[AnyRecord] = []
            if mark is not None:
                records.append(
                    Schedule(
                        schedule_id=schedule_id(self._settings.name, scope),
                        source=self._settings.name,
                        scope=scope,
                        name=mark.name,
                        kind="plan",
                        is_active=False,
                    )
                )
            yield self._page(
                records=records,
                complete=[IdPage(scope=scope, ids=(), reason=self._why_gone(mark))],
            )

    def _why_gone(self, mark: FileMark | None) -> str:
        """A copy keeps the plan's GUID, too; only a file that is new in this pull can be the renamed one."""
        if mark is not None and mark.guid:
            for scope, other in self._state.files.items():
                if other.guid == mark.guid and scope not in self._before:
                    return f"the plan's file was renamed to {scope}"
        return "the plan's file is gone"

    def _set_aside(self, name: str, line: str) -> Page:
        self._failures.append((name, line))
        return self._page(skipped=[line])

    def _page(
        self,
        *,
        records: Sequence[AnyRecord] = (),
        replaces: Sequence[OwnedBy] = (),
        complete: Sequence[IdPage] = (),
        skipped: Sequence[str] = (),
    ) -> Page:
        self._sent = cursors.save(self._state, version=CURSOR_VERSION)
        return Page(records=records, cursor=self._sent, replaces=replaces, complete=complete, skipped=skipped)

    def _failed(self, total: int) -> FileUnreadable:
        count = len(self._failures)
        if count <= _NAMED_FAILURES:
            what = " ".join(line for _, line in self._failures)
        else:
            what = f"{', '.join(name for name, _ in self._failures)} could not be used."
        return FileUnreadable(
            self._settings.name,
            f"{count} of {total} files set aside. {what}",
            hint="Their earlier items stay as they are; the other files were read.",
            is_partial=count < total,
        )


def census(folder: PlanFolder, source: str) -> Iterator[IdPage]:
    """Every task of every file that can be read now, file by file; places that cannot be looked at, too."""
    found = folder.find()
    for problem in found.problems:
        yield IdPage(scope=problem.scope, ids=(), is_readable=False)
    for file in found.files:
        try:
            rows = folder.read(file).rows
        except FileUnreadable:  # the pull says why; here it only means that nothing may be concluded
            yield IdPage(scope=file.scope, ids=(), is_readable=False)
            continue
        ids = [task_id(source, file.scope, uid) for uid in kept_tasks(rows)]
        yield IdPage(scope=file.scope, ids=ids, reason="no longer in the plan")


def _baselines_of(plan: Plan, first: int, last: int) -> OwnedBy:
    return OwnedBy(record="Baseline", item_ids=[item.item_id for item in plan.items[first:last]])
