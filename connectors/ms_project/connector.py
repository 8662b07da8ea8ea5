"""The Connector of one folder of Microsoft Project files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec

from connectors.base import Capability, Context, Diagnosis
from connectors.ms_project import diagnose, pull
from connectors.ms_project.client import PlanFolder
from connectors.ms_project.mapping import MAPPING_REVISION
from connectors.ms_project.push import Writer
from connectors.ms_project.remote import Remote
from connectors.ms_project.render import NEXT_BEST_PLACE
from connectors.ms_project.settings import ProjectFileSettings
from portfolio.intents import Cost, Intent, Receipt, Slots
from portfolio.records import Cursor, IdPage, ItemId, Page, SourceId

PLANS = "plans"


class ProjectFileConnector:
    """Reads plans saved as XML (MSPDI), and writes what `write` names into their custom fields and notes."""

    kind: ClassVar[str] = "project_file"
    streams: ClassVar[tuple[str, ...]] = (PLANS,)

    def __init__(self, settings: ProjectFileSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._folder = PlanFolder(settings, context.folder)
        self._remote = Remote(self._folder, settings)
        self._writer = Writer(self._remote, settings, context)

    @property
    def source(self) -> SourceId:
        """The name of the source in the configuration."""
        return self._settings.name

    @property
    def capabilities(self) -> Capability:
        """What a file can hold. It is always read whole, so that what it lacks is gone."""
        write = self._settings.write
        comments = bool(write and write.comments)
        fields = frozenset(self._settings.write_fields)
        return Capability(
            form="Microsoft Project XML file",
            reads_history=False,
            detects_deletes="complete pages",
            comment="reference line" if comments else "none",
            fields=fields,
            # The digest of the bytes is compared immediately before the file takes the old one's name; no
            # file system does both in one step.
            compare_and_set="read before write" if comments or fields else "none",
            validates_writes="description",
            pushes_whole_scopes=True,
            next_best_place="" if comments and fields else NEXT_BEST_PLACE,
            census_names_every_scope=True,
        )

    @property
    def mapping_version(self) -> str:
        """Changes with the custom fields, the zone, and the mapping itself."""
        told = [MAPPING_REVISION, self._context.timezone, self._settings.fields.model_dump(mode="json")]
        return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:16]

    def diagnose(self) -> Iterator[Diagnosis]:
        """The lines of `doctor`: files, sizes, ages, calendars."""
        try:
            yield from diagnose.diagnose(self._folder, self._settings, self._context)
        except Exception as error:  # noqa: BLE001 - the contract: diagnose never raises
            yield Diagnosis(
                level="FAIL", check="files", message=f"the check itself failed: {type(error).__name__}"
            )

    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        """The files that changed since the cursor, each only if it is whole.

        Raises:
            CursorRejected: not a cursor of this connector.
            FileUnreadable: at the end, naming the files that were set aside.
        """
        if stream != PLANS:
            return
        yield from pull.FolderPull(
            self._folder, self._settings, ZoneInfo(self._context.timezone), since
        ).pages()

    def census(self, stream: str) -> Iterator[IdPage]:
        """Every task of every file, file by file."""
        if stream == PLANS:
            yield from pull.census(self._folder, self._settings.name)

    def look(self, targets: Sequence[ItemId]) -> Iterator[Slots]:
        """What stands in our custom fields and in our block of the notes; each file is read once."""
        yield from self._remote.look(targets)

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """One rewrite per file. The plan as it stood before a run is kept beside it."""
        yield from self._writer.push(intents)

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Whether each place can be written to; nothing is written."""
        yield from self._writer.verify(intents)

    def cost(self, intents: Sequence[Intent]) -> Cost:
        """Files to rewrite; nothing is sent and nobody is notified."""
        return self._writer.cost(intents)

    def close(self) -> None:
        """Files are closed as soon as they are read."""
