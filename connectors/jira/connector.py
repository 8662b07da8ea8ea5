"""The Connector of a Jira Cloud site: what it can do, and which part does it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from connectors.base import Capability, Context, Diagnosis
from connectors.jira.client import JiraClient
from connectors.jira.diagnose import diagnose
from connectors.jira.lists import census, lists, people
from connectors.jira.mapping import MAPPING_REVISION
from connectors.jira.pull import IssueStream
from connectors.jira.push import Writer
from connectors.jira.remarks import remarks
from connectors.jira.remote import Remote
from connectors.jira.settings import JiraSettings
from connectors.jira.site import Site
from portfolio.intents import Cost, Intent, Receipt, Slots
from portfolio.records import Cursor, IdPage, ItemId, Page, SourceId
from portfolio.remarks import Remark

LISTS, ISSUES, PEOPLE = "lists", "issues", "people"


class JiraConnector:
    """One configured Jira Cloud site.

    `people` comes after `issues`, which tell whom to ask about.
    """

    kind: ClassVar[str] = "jira"
    streams: ClassVar[tuple[str, ...]] = (LISTS, ISSUES, PEOPLE)

    def __init__(self, settings: JiraSettings, context: Context, client: JiraClient | None = None) -> None:
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
        """What Jira Cloud can do with this configuration."""
        write = self.settings.write
        comments = bool(write and write.comments)
        fields = frozenset(self.settings.write_fields)
        missing = [
            what for what, there in (("write.comments", comments), ("write.fields", fields)) if not there
        ]
        return Capability(
            form="Jira Cloud",
            reads_history=True,
            detects_deletes="census",
            comment="marker" if comments else "none",
            fields=fields,
            compare_and_set="read before write",
            validates_writes="description",
            items_per_push=1,
            new_comment_mails_watchers=True,
            edits_are_silent=write.silent if write else True,
            next_best_place=f"the report; {' and '.join(missing)} would put it into Jira" if missing else "",
            census_names_every_scope=bool(self.settings.projects),
            list_streams=frozenset({LISTS, PEOPLE}),
        )

    @property
    def mapping_version(self) -> str:
        """Changes with every setting that shapes records, and with the mapping itself.

        That a meaning has moved to another field of the site is noticed by the cursor.
        """
        shape = self.settings.model_dump(
            mode="json", include={"url", "projects", "fields", "kinds", "priorities", "links", "states"}
        )
        shape["zone"] = self.site.context.timezone
        raw = msgspec.json.encode([MAPPING_REVISION, shape], order="deterministic")
        return hashlib.sha256(raw).hexdigest()[:16]

    def diagnose(self) -> Iterator[Diagnosis]:
        """The lines of `doctor` for this site. Never raises."""
        return diagnose(self.site, self._remote)

    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        """Pages of changes after the cursor.

        Raises:
            CursorRejected: the stream has to start over.
            SourceError: the source stops; pages already yielded stand.
        """
        match stream:
            case "issues":
                return IssueStream(self.site).pages(since)
            case "lists":
                return lists(self.site, since)
            case "people":
                return people(self.site, since)
        raise ValueError(f"Jira has no stream {stream!r}")

    def census(self, stream: str) -> Iterator[IdPage]:
        """The ids of all issues, project by project. The lists have no census."""
        return census(self.site) if stream == ISSUES else iter(())

    def look(self, targets: Sequence[ItemId]) -> Iterator[Slots]:
        """What stands now in our places of these issues."""
        return self._remote.look(targets)

    def remarks(self, items: Sequence[ItemId]) -> Iterator[Remark]:
        """What people wrote in comments on these issues."""
        return remarks(self.site, items)

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Write, verify, and answer one receipt per intent."""
        return self._writer.push(intents)

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Whether Jira would accept them; nothing is written."""
        return self._writer.verify(intents)

    def cost(self, intents: Sequence[Intent]) -> Cost:
        """Requests, and mails to watchers that cannot be suppressed."""
        return self._writer.cost(intents)

    def close(self) -> None:
        """Release connections. Safe to call twice."""
        self.site.client.close()
