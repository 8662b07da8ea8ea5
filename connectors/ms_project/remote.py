"""What stands in the places Dovetail may write to: our fields, and our block in the notes of each task.

Where a plan's master is an .mpp, those places are the cells of the table beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from connectors.ms_project import layout as places
from connectors.ms_project import living_note, replacement, sidecar
from connectors.ms_project.client import LoadedPlan, PlanFile, PlanFolder
from connectors.ms_project.custom_fields import PlanField
from connectors.ms_project.document import Document, Untouchable, decode
from connectors.ms_project.layout import Layout, Row
from connectors.ms_project.mapping import kept_tasks
from connectors.ms_project.plan_fields import resolve
from connectors.ms_project.raw_text import RawText, text_of
from connectors.ms_project.render import SLOTS, refusal
from connectors.ms_project.settings import ProjectFileSettings
from connectors.ms_project.tasks import task_id
from portfolio.errors import FileUnreadable
from portfolio.intents import COMMENT, RemoteComment, Slots, Value
from portfolio.records import ItemId

BUSY = "somebody has the plan open; it is written when it is closed"


class OpenPlan:
    """One plan as it stood when it was opened.

    Args:
        file: which file.
        loaded: its bytes and rows.
        settings: what may be written.
        uids: the tasks that are looked at.
    """

    def __init__(
        self, file: PlanFile, loaded: LoadedPlan, settings: ProjectFileSettings, uids: Collection[str]
    ) -> None:
        self.file = file
        self.loaded = loaded
        self.settings = settings
        self.uids = frozenset(uids)
        self.names = {uid: task.name or "" for uid, task in kept_tasks(loaded.rows).items()}
        self.document = Document(b"", b"", "utf-8")
        self.layout = Layout()
        self.fields: dict[str, PlanField] = {}
        self.obstacle: str | None = None
        self.sidecar: sidecar.Sidecar | None = None
        self.master = sidecar.master_of(file.path, settings) if settings.write else None
        if settings.write is None:
            return
        if self.master is not None:
            self._open_sidecar()
        else:
            self._open_document()

    @property
    def is_busy(self) -> bool:
        """Whether somebody has what would be written open in Office at this moment."""
        target = self.file.path if self.sidecar is None else self.sidecar.path
        return replacement.is_open(target)

    def why_gone(self, uid: str) -> str | None:
        """None where the task stands in the plan."""
        return None if uid in self.names else f"no longer in the plan {self.file.scope}"

    def slots(self, source: str, uid: str) -> Slots:
        """What stands now at one task."""
        item = task_id(source, self.file.scope, uid)
        if (gone := self.why_gone(uid)) is not None:
            return Slots(item_id=item, exists=False, gone_because=gone)
        unwritable = self._unwritable(uid)
        return Slots(
            item_id=item,
            fields={slot: self.value(uid, slot) for slot in self.fields if slot not in unwritable},
            unwritable=unwritable,
            comment=self.comment(uid),
            revision=self.loaded.sha256,
        )

    def value(self, uid: str, slot: str) -> Value:
        """The canonical value of one of our fields."""
        field = self.fields[slot]
        if self.sidecar is not None:
            return field.read(self.sidecar.value(uid, field))
        row = self.layout.rows.get(uid)
        standing = next((one for one in row.values if one.field_id == field.field_id), None) if row else None
        node = standing.child("Value") if standing else None
        return field.read(None if node is None else text_of(self.document.data[node.opened : node.closed]))

    def comment(self, uid: str) -> RemoteComment | None:
        """Our comment on a task."""
        if not (self.settings.write and self.settings.write.comments):
            return None
        if self.sidecar is not None:
            return self.sidecar.comment(uid)
        return living_note.comment_in(self.notes(uid), uid)

    def notes(self, uid: str) -> str:
        """The notes of a task, as people read them."""
        row = self.layout.rows.get(uid)
        node = row.child("Notes") if row else None
        return "" if node is None else text_of(self.document.data[node.opened : node.closed])

    def _open_sidecar(self) -> None:
        self.fields = sidecar.fields(self.settings)
        path = sidecar.path_beside(self.file.path)
        try:
            self.sidecar = sidecar.read(path)
        except sidecar.SidecarUnreadable as error:
            self.sidecar = sidecar.Sidecar(path, {}, None)
            self.obstacle = str(error)
            return
        if self.sidecar.sha256 is not None:
            self.obstacle = replacement.obstacle(path)

    def _open_document(self) -> None:
        self.obstacle = replacement.obstacle(self.file.path)
        try:
            self.document = decode(self.loaded.raw)
            self.layout = places.find(self.document, self.uids)
        except Untouchable as error:
            self.obstacle = str(error)
            return
        self.fields = resolve(self.settings, self.layout)

    def _unwritable(self, uid: str) -> dict[str, str]:
        write = self.settings.write
        reasons: dict[str, str] = {}
        for slot in SLOTS:
            allowed = write is not None and (write.comments if slot == COMMENT else slot in write.fields)
            reason = refusal(slot) if not allowed else self.obstacle or self._problem(uid, slot)
            if reason is not None:
                reasons[slot] = reason
        return reasons

    def _problem(self, uid: str, slot: str) -> str | None:
        field = self.fields.get(slot)
        if field is not None and field.problem is not None:
            return field.problem
        if self.sidecar is not None:
            return None
        if uid in self.layout.repeated:
            return f"two rows of the plan have the UID {uid}"
        row = self.layout.rows.get(uid)
        if row is None:
            return "its row is not where a plan's rows stand"
        return self._notes_problem(row) if field is None else _value_problem(row, field)

    def _notes_problem(self, row: Row) -> str | None:
        if sum(node.name == "Notes" for node in row.children) > 1:
            return "the task has two fields of notes"
        node = row.child("Notes")
        if node is None:
            return None
        try:
            RawText(self.document.data[node.opened : node.closed])
        except ValueError:
            return "its notes are not plain text"
        return None


class Remote:
    """Looks at the tasks of one source.

    Args:
        folder: its files.
        settings: what may be written.
    """

    def __init__(self, folder: PlanFolder, settings: ProjectFileSettings) -> None:
        self._folder = folder
        self._settings = settings

    @property
    def files(self) -> dict[str, PlanFile]:
        """The files there are now, by scope."""
        return {file.scope: file for file in self._folder.find().files}

    def open(self, file: PlanFile, uids: Collection[str]) -> OpenPlan:
        """One plan as it stands.

        Raises:
            FileUnreadable: it cannot be believed, so nothing is written to it.
        """
        return OpenPlan(file, self._folder.load(file), self._settings, uids)

    def reread(self, plan: OpenPlan, raw: bytes) -> OpenPlan:
        """The same plan with other bytes, which need not stand in the file.

        Raises:
            FileUnreadable: they are no plan.
        """
        loaded = LoadedPlan(raw, self._folder.understood(plan.file, raw), replacement.sha256(raw))
        return OpenPlan(plan.file, loaded, self._settings, plan.uids)

    def look(self, targets: Sequence[ItemId]) -> Iterator[Slots]:
        """What stands now; one answer per target, also for those that are gone. Each file is read once."""
        files = self.files
        plans: dict[str, OpenPlan | str] = {}
        wanted: dict[str, set[str]] = {}
        for target in targets:
            scope, uid = self.place(target)
            wanted.setdefault(scope, set()).add(uid)
        for target in targets:
            scope, uid = self.place(target)
            if scope not in files:
                yield Slots(item_id=target, exists=False, gone_because=file_gone(scope))
                continue
            if scope not in plans:
                plans[scope] = self._try(files[scope], wanted[scope])
            plan = plans[scope]
            if isinstance(plan, str):  # it cannot be told, so nothing is called gone
                yield Slots(item_id=target, unwritable=dict.fromkeys(SLOTS, plan))
            else:
                yield plan.slots(self._settings.name, uid)

    def place(self, item: ItemId) -> tuple[str, str]:
        """The scope and the UID in an item's identity."""
        scope, _, uid = item.removeprefix(f"{self._settings.name}/").rpartition(":")
        return scope, uid

    def _try(self, file: PlanFile, uids: Collection[str]) -> OpenPlan | str:
        try:
            return self.open(file, uids)
        except FileUnreadable as error:
            return error.message.removeprefix(f"{self._settings.name}: ")


def file_gone(scope: str) -> str:
    """Why the tasks of a file are gone that is not there."""
    return f"the plan's file {scope} is gone"


def _value_problem(row: Row, field: PlanField) -> str | None:
    standing = [one for one in row.values if one.field_id == field.field_id]
    if len(standing) > 1:
        return f"the task holds {field.name} twice"
    if standing and standing[0].child("ValueGUID") is not None:
        return f"{field.name} holds a value of a list"
    return None
