"""The Connector of one folder of Microsoft Project files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec

from connectors.base import Capability, Context, Diagnosis
from connectors.ms_project import diagnose, pull, push
from connectors.ms_project.client import PlanFolder
from connectors.ms_project.mapping import MAPPING_REVISION
from connectors.ms_project.render import NEXT_BEST_PLACE
from connectors.ms_project.settings import ProjectFileSettings
from portfolio.intents import Cost, Intent, Receipt, Slots
from portfolio.records import Cursor, IdPage, ItemId, Page, SourceId

PLANS = "plans"

_CAPABILITIES = Capability(
    form="Microsoft Project XML file",
    reads_history=False,
    detects_deletes="complete pages",
    comment="none",
    compare_and_set="none",
    next_best_place=NEXT_BEST_PLACE,
    census_names_every_scope=True,
)


class ProjectFileConnector:
    """Reads plans saved as XML (MSPDI). Nothing is ever written to them."""

    kind: ClassVar[str] = "project_file"
    streams: ClassVar[tuple[str, ...]] = (PLANS,)

    def __init__(self, settings: ProjectFileSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._folder = PlanFolder(settings, context.folder)

    @property
    def source(self) -> SourceId:
        """The name of the source in the configuration."""
        return self._settings.name

    @property
    def capabilities(self) -> Capability:
        """Read only, and a file is always read whole, so that what it lacks is gone."""
        return _CAPABILITIES

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
        """Whether the tasks still exist; no slot can be written."""
        yield from push.look(self._folder, self._settings.name, targets)

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Refuses every intent, with the reason."""
        yield from push.refuse(intents)

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """The same answer as push would give."""
        yield from push.refuse(intents)

    def cost(self, intents: Sequence[Intent]) -> Cost:
        """Nothing: nothing is sent."""
        del intents
        return Cost(requests=0)

    def close(self) -> None:
        """Files are closed as soon as they are read."""
