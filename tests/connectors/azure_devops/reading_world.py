"""A simulated organisation that is read, with all its traffic held against the vendor's description."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import openapi_azure_devops

from connectors.azure_devops import AzureDevOpsConnector, AzureDevOpsSettings
from connectors.base import Context, Diagnosis
from portfolio.records import AnyRecord, Change, Cursor, Gone, IdPage, Page, WorkItem
from simulators.azure_devops import AzureDevOps, AzureDevOpsServer, Options
from simulators.clock import Clock

R = TypeVar("R")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TOKEN_VARIABLE = "DOVETAIL_TEST_ADO_PAT"
ANN, BOB = "ann@demo.example", "bob@demo.example"
PARENT, CHILD = "System.LinkTypes.Hierarchy-Reverse", "System.LinkTypes.Hierarchy-Forward"
PREDECESSOR, SUCCESSOR = "System.LinkTypes.Dependency-Reverse", "System.LinkTypes.Dependency-Forward"
TARGET_DATE = "Microsoft.VSTS.Scheduling.TargetDate"
DUE_DATE = "Microsoft.VSTS.Scheduling.DueDate"
FINISH_DATE = "Microsoft.VSTS.Scheduling.FinishDate"
START_DATE = "Microsoft.VSTS.Scheduling.StartDate"
REVISIONS = "GET /_apis/wit/reporting/workitemrevisions"
LINKS = "GET /_apis/wit/reporting/workitemlinks"
BATCH = "POST /_apis/wit/workitemsbatch"
WIQL = "POST /_apis/wit/wiql"


def new_site(process: str = "Agile") -> AzureDevOps:
    """An organisation at noon of 2 March 2026: project Retail is read, project Other is not."""
    site = AzureDevOps(Clock(NOON))
    site.add_user("Ann Lead", ANN)
    site.add_user("Bob Maker", BOB)
    site.add_project("Retail", process)
    site.add_project("Other", "Agile")
    return site


class Trial:
    """One served organisation, and connectors to it that remember nothing of one another."""

    def __init__(self, site: AzureDevOps, server: AzureDevOpsServer) -> None:
        self.site = site
        self.server = server
        self.slept: list[float] = []
        self.said: list[str] = []
        self.cursors: dict[str, Cursor] = {}
        self.gone: list[Gone] = []
        self.skipped: list[str] = []
        self.last: AzureDevOpsConnector | None = None

    def settings(self, **changes: Any) -> AzureDevOpsSettings:
        entry: dict[str, Any] = {
            "name": "boards",
            "kind": "azure_devops",
            "url": self.server.url,
            "identity_url": self.server.identity_url,
            "auth": {"method": "pat", "token": {"env": TOKEN_VARIABLE}},
            "projects": ["Retail"],
        }
        return AzureDevOpsSettings.model_validate(entry | changes)

    def connector(self, **changes: Any) -> AzureDevOpsConnector:
        """A new process that reads."""
        context = Context(
            timezone="Europe/Zurich",
            folder=Path(),
            clock=self.site.clock.now,
            sleep=self._sleep,
            say=self.said.append,
        )
        if self.last is not None:
            self.last.close()
        self.last = AzureDevOpsConnector(self.settings(**changes), context)
        return self.last

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.site.clock.advance(seconds=seconds)

    def pages(self, *streams: str, limit: int | None = None, **changes: Any) -> list[Page]:
        """Pull in a new process, keep the cursors; after `limit` pages it is killed."""
        connector = self.connector(**changes)
        pages: list[Page] = []
        for stream in streams or connector.streams:
            for page in connector.pull(stream, self.cursors.get(stream)):
                pages.append(page)
                if page.cursor is not None:
                    self.cursors[stream] = page.cursor
                self.gone.extend(page.gone)
                self.skipped.extend(page.skipped)
                if limit is not None and len(pages) >= limit:
                    return pages
        return pages

    def pull(self, *streams: str, **changes: Any) -> list[AnyRecord]:
        """The records of these streams, or of all."""
        return [record for page in self.pages(*streams, **changes) for record in page.records]

    def items(self, *streams: str, **changes: Any) -> dict[int, WorkItem]:
        """The items by number, as they came last."""
        found = records_of(WorkItem, self.pull(*streams, **changes))
        return {int(item.native_id): item for item in found}

    def census(self, **changes: Any) -> list[IdPage]:
        return list(self.connector(**changes).census("items"))

    def lines(self, **changes: Any) -> list[Diagnosis]:
        return list(self.connector(**changes).diagnose())

    def sent(self) -> Counter[str]:
        """What the latest connector sent, by method and path template."""
        assert self.last is not None
        return Counter(self.last.site.client.http.requests) + Counter(self.last.site.client.graph.requests)


def records_of(kind: type[R], records: list[AnyRecord]) -> list[R]:
    return [record for record in records if isinstance(record, kind)]


def told(item: int, records: list[AnyRecord]) -> list[tuple[str, str | None, str | None]]:
    """The changes of an item: field, before, after."""
    changes = records_of(Change, records)
    return [(one.field, one.before, one.after) for one in changes if one.item_id == f"boards/{item}"]


def many(site: AzureDevOps, count: int, project: str = "Retail", type_: str = "Task") -> list[int]:
    """So many items, made a second apart."""
    made = []
    for number in range(count):
        site.clock.advance(seconds=1)
        made.append(site.create_item(project, type_, {"System.Title": f"work {number}"}, by=ANN))
    return made


@contextmanager
def serving(site: AzureDevOps, monkeypatch: Any, **options: Any) -> Iterator[Trial]:
    """Serve an organisation; afterwards its traffic must have been as the vendor describes it."""
    with ExitStack() as stack:
        server = stack.enter_context(site.serve(Options(**options)))
        recorder = openapi_azure_devops.recorder(server)
        monkeypatch.setenv(TOKEN_VARIABLE, site.token)
        trial = Trial(site, server)
        yield trial
        if trial.last is not None:
            trial.last.close()
        recorder.check()


Serve = Callable[..., Trial]
