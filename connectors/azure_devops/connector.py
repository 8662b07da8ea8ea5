"""The Connector of an organisation of Azure DevOps Services: what it can do, and which part does it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from connectors.azure_devops.client import AzureDevOpsClient
from connectors.azure_devops.diagnose import diagnose
from connectors.azure_devops.links import LinkStream
from connectors.azure_devops.lists import census, lists, people
from connectors.azure_devops.mapping import MAPPING_REVISION
from connectors.azure_devops.pull import HistoryStream, ItemStream
from connectors.azure_devops.push import Writer
from connectors.azure_devops.remarks import remarks
from connectors.azure_devops.remote import Remote
from connectors.azure_devops.settings import AzureDevOpsSettings
from connectors.azure_devops.site import Site
from connectors.base import Capability, Context, Diagnosis
from connectors.network import NetworkSettings
from connectors.source_safety import SourceSafety
from portfolio.intents import Cost, Intent, Receipt, Slots
from portfolio.records import Cursor, IdPage, ItemId, Page, SourceId
from portfolio.remarks import Remark

# Each is two requests and a mail: the kill switch and quiet hours must not wait for hundreds of them.
_COMMENTS_PER_PUSH = 10
LISTS, ITEMS, HISTORY, LINKS, PEOPLE = "lists", "items", "history", "links", "people"


class AzureDevOpsConnector:
    """One configured organisation of Azure DevOps Services."""

    kind: ClassVar[str] = "azure_devops"
    streams: ClassVar[tuple[str, ...]] = (LISTS, ITEMS, HISTORY, LINKS, PEOPLE)

    def __init__(
        self, settings: AzureDevOpsSettings, context: Context, client: AzureDevOpsClient | None = None
    ) -> None:
        self.settings = settings
        self.site = Site(settings, context, client)
        self._remote = Remote(self.site)
        self._writer = Writer(self.site, self._remote)

    @property
    def source(self) -> SourceId:
        """The name of the source in the configuration."""
        return self.settings.name

    @property
    def capabilities(self) -> Capability:
        """What Azure DevOps Services can do with this configuration."""
        write = self.settings.write
        comments = bool(write and write.comments)
        fields = frozenset(self.settings.write_fields)
        missing = [
            what for what, there in (("write.comments", comments), ("write.fields", fields)) if not there
        ]
        return Capability(
            form="Azure DevOps Services",
            reads_history=True,
            detects_deletes="events",
            comment="reference line" if comments else "none",
            fields=fields,
            compare_and_set="revision",
            validates_writes="tracker",
            comments_per_push=_COMMENTS_PER_PUSH,
            new_comment_mails_watchers=True,
            # A comment cannot be written silently, and whom an edit of it mails is not documented.
            edits_are_silent=not comments and (write is None or (write.silent and not write.mail_if_needed)),
            next_best_place=f"the report; {' and '.join(missing)} would put it into Azure DevOps"
            if missing
            else "",
            census_names_every_scope=bool(self.settings.projects),
            list_streams=frozenset({LISTS, PEOPLE}),
        )

    @property
    def mapping_version(self) -> str:
        """Changes with every setting that shapes records, and with the mapping itself."""
        shape = self.settings.model_dump(
            mode="json",
            exclude={"auth", "write", "items_per_page", "name", "kind"}
            | set(SourceSafety.model_fields)
            | set(NetworkSettings.model_fields),
        )
        shape["zone"] = self.site.context.timezone
        raw = msgspec.json.encode([MAPPING_REVISION, shape], order="deterministic")
        return hashlib.sha256(raw).hexdigest()[:16]

    def diagnose(self) -> Iterator[Diagnosis]:
        """The lines of `doctor` for this organisation. Never raises."""
        return diagnose(self.site, self._remote)

    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        """Pages of changes after the cursor.

        Raises:
            CursorRejected: the stream has to start over.
            SourceError: the source stops; pages already yielded stand.
        """
        match stream:
            case "lists":
                return lists(self.site, since)
            case "items":
                return ItemStream(self.site).pages(since)
            case "history":
                return HistoryStream(self.site).pages(since)
            case "links":
                return LinkStream(self.site).pages(since)
            case "people":
                return people(self.site, since)
        raise ValueError(f"Azure DevOps has no stream {stream!r}")

    def census(self, stream: str) -> Iterator[IdPage]:
        """The ids of all items, project by project. The other streams have no census."""
        return census(self.site) if stream == ITEMS else iter(())

    def look(self, targets: Sequence[ItemId]) -> Iterator[Slots]:
        """What stands now in our places of these items."""
        return self._remote.look(targets)

    def remarks(self, items: Sequence[ItemId]) -> Iterator[Remark]:
        """What people wrote in comments on these items."""
        return remarks(self.site, self._remote, items)

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Write, verify, and answer one receipt per intent."""
        return self._writer.push(intents)

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Whether Azure DevOps would accept them; nothing is written."""
        return self._writer.verify(intents)

    def cost(self, intents: Sequence[Intent]) -> Cost:
        """Requests, and mails to watchers that cannot be suppressed."""
        return self._writer.cost(intents)

    def close(self) -> None:
        """Release connections. Safe to call twice."""
        self.site.client.close()
