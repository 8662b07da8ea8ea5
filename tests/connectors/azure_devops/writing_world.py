"""A simulated organisation that is written to, with all its traffic held against the vendor's description."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openapi_azure_devops

from connectors.azure_devops import AzureDevOpsConnector, AzureDevOpsSettings
from connectors.base import Context
from portfolio.intents import Intent, Receipt, RemoteComment, Slots, Value
from portfolio.notes import Note, Paragraph, Text
from simulators.azure_devops import AzureDevOps, AzureDevOpsServer, Options
from simulators.clock import Clock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TOKEN_VARIABLE = "DOVETAIL_TEST_ADO_PAT"
ANN = "ann@demo.example"
HEALTH, SLIP, FINISH, FINDINGS = "Custom.Health", "Custom.Slip", "Custom.Finish", "Custom.OpenFindings"
WRITE: dict[str, Any] = {
    "comments": True,
    "fields": {
        "health": "Portfolio health",
        "slip_wd": SLIP,
        "forecast_finish": FINISH,
        "open_findings": FINDINGS,
    },
}
ITEM = "/_apis/wit/workitems/{id}"
BATCH = "/_apis/wit/$batch"
COMMENTS = "/_apis/wit/workitems/{workItemId}/comments"
COMMENT = "/_apis/wit/workitems/{workItemId}/comments/{commentId}"


def new_site() -> AzureDevOps:
    """An organisation at noon of 2 March 2026: project Retail, whose process has our four fields."""
    site = AzureDevOps(Clock(NOON))
    site.add_user("Ann Lead", ANN)
    site.add_process("Shop Agile", parent="Agile")
    site.add_field(
        HEALTH, "Portfolio health", "string", process="Shop Agile", allowed=("Green", "Amber", "Red", "Grey")
    )
    site.add_field(SLIP, "Slip", "integer", process="Shop Agile", types=("Epic", "Feature"))
    site.add_field(FINISH, "Forecast finish", "dateTime", process="Shop Agile", types=("Epic", "Feature"))
    site.add_field(FINDINGS, "Open findings", "double", process="Shop Agile", types=("Epic", "Feature"))
    site.add_project("Retail", process="Shop Agile")
    return site


class Trial:
    """One served organisation, and connectors to it that remember nothing of one another."""

    def __init__(self, site: AzureDevOps, server: AzureDevOpsServer) -> None:
        self.site = site
        self.server = server
        self.slept: list[float] = []
        self.last: AzureDevOpsConnector | None = None

    def connector(self, projects: tuple[str, ...] = ("Retail",), **write: Any) -> AzureDevOpsConnector:
        """A new process that writes; `write` changes the section of that name."""
        settings = AzureDevOpsSettings.model_validate(
            {
                "name": "boards",
                "kind": "azure_devops",
                "url": self.server.url,
                "identity_url": self.server.identity_url,
                "auth": {"method": "pat", "token": {"env": TOKEN_VARIABLE}},
                "projects": list(projects),
                "write": WRITE | write,
            }
        )
        context = Context(
            timezone="Europe/Zurich",
            folder=Path(),
            clock=self.site.clock.now,
            sleep=self._sleep,
            say=lambda line: None,
        )
        self.last = AzureDevOpsConnector(settings, context)
        return self.last

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.site.clock.advance(seconds=seconds)

    def push(self, *intents: Intent, **write: Any) -> list[Receipt]:
        return list(self.connector(**write).push(intents))

    def stands(self, item: int, **write: Any) -> Slots:
        (slots,) = self.connector(**write).look([f"boards/{item}"])
        return slots

    def comment_of(self, item: int) -> RemoteComment:
        comment = self.stands(item).comment
        assert comment is not None
        return comment

    def sent(self) -> Counter[str]:
        """What the latest connector sent, by method and path template."""
        assert self.last is not None
        return Counter(self.last.site.client.http.requests)

    def revisions(self, item: int) -> int:
        return self.site.items[item].rev

    def field(self, item: int, reference_name: str) -> Any:
        return self.site.items[item].state.get(reference_name)


def epics(site: AzureDevOps, count: int) -> list[int]:
    return [site.create_item("Retail", "Epic", {"System.Title": f"epic {n}"}, by=ANN) for n in range(count)]


def intent(
    item: int,
    slot: str,
    wanted: Value,
    *,
    before: Value = None,
    note: Note | None = None,
    remote_id: str | None = None,
) -> Intent:
    return Intent(
        intent_id=f"{item} {slot}",
        source="boards",
        item_id=f"boards/{item}",
        native_id=str(item),
        key=str(item),
        slot=slot,
        before=before,
        wanted=wanted,
        note=note,
        remote_id=remote_id,
    )


def comment_intent(item: int, text: str, **more: Any) -> Intent:
    note = Note([Paragraph([Text(text)])])
    return intent(item, "comment", note.digest(), note=note, **more)


def kinds(receipts: Sequence[Receipt]) -> list[str]:
    return [type(one).__name__ for one in receipts]


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
