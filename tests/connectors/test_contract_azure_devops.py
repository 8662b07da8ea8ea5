"""The Azure DevOps connector passes the suite of all connectors, against a simulated organisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.base import Connector, Context
from connectors.contract import ConnectorContract, World
from connectors.registry import KINDS
from portfolio.intents import FIELD_NAMES
from portfolio.records import ItemId
from simulators.azure_devops import AzureDevOps, AzureDevOpsServer, Options
from simulators.clock import Clock
from simulators.http import Exchange

LEAD = "lead@demo.example"
TEXT_FIELDS = ("health", "worst_finding")
DATE_FIELDS = ("forecast_finish",)
WHOLE_FIELDS = ("slip_wd", "open_risks", "open_findings")


class AzureDevOpsWorld(World):
    """An organisation with one project, whose process has a field for each rollup."""

    def __init__(self, folder: Path, stack: ExitStack, *, items_per_page: int) -> None:
        self.folder = folder
        self.stack = stack
        self.clock = Clock()
        self.site = AzureDevOps(self.clock, seed=7)
        self.site.add_user("Team Lead", LEAD)
        self.site.add_process("Shop Agile", parent="Agile")
        for name in FIELD_NAMES:
            kind = "string" if name in TEXT_FIELDS else "dateTime" if name in DATE_FIELDS else "double"
            kind = "integer" if name in WHOLE_FIELDS else kind
            self.site.add_field(f"Custom.{name}", f"Portfolio {name}", kind, process="Shop Agile")
        self.site.add_project("Retail", process="Shop Agile")
        self.items_per_page = items_per_page
        self.server: AzureDevOpsServer = stack.enter_context(self.site.serve(Options()))
        self.written = 0
        self.server.exchanges.append(self._count)
        (folder / "token").write_text(self.site.token, encoding="utf-8")

    def connect(self) -> Connector:
        return self._build(self.server.url, self.server.identity_url)

    def connect_broken(self) -> Connector:
        return self._build("http://127.0.0.1:9/demo", "http://127.0.0.1:9/demo")

    def arrange(self, count: int) -> Sequence[ItemId]:
        made: list[ItemId] = []
        for _ in range(count):
            self.clock.advance(seconds=1)
            fields = {"System.Title": "work", "Microsoft.VSTS.Scheduling.FinishDate": "2026-12-01"}
            made.append(f"boards/{self.site.create_item('Retail', 'Task', fields, by=LEAD)}")
        return made

    def change(self, item: ItemId) -> None:
        fields = {"Microsoft.VSTS.Scheduling.FinishDate": "2026-12-18"}
        self.site.edit_item(self._number(item), fields, by=LEAD)

    def delete(self, item: ItemId) -> None:
        self.site.delete_item(self._number(item), by=LEAD)

    def settle(self) -> None:
        self.clock.advance(minutes=1)

    def requests(self) -> int:
        return len(self.site.requests)

    def writes(self) -> int:
        return self.written

    def _count(self, exchange: Exchange) -> None:
        is_write = exchange.method in {"PATCH", "DELETE"} or exchange.template.endswith("/comments")
        if is_write and exchange.method != "GET" and exchange.query.get("validateOnly") != ["true"]:
            self.written += exchange.status == 200

    def _number(self, item: ItemId) -> int:
        return int(item.removeprefix("boards/"))

    def _build(self, url: str, identity_url: str) -> Connector:
        kind = KINDS["azure_devops"]
        settings = kind.settings_model().model_validate(
            {
                "name": "boards",
                "kind": "azure_devops",
                "url": url,
                "identity_url": identity_url,
                "auth": {"method": "pat", "token": {"file": "token"}},
                "projects": ["Retail"],
                "items_per_page": self.items_per_page,
                "write": {"comments": True, "fields": {name: f"Portfolio {name}" for name in FIELD_NAMES}},
            }
        )
        context = Context(
            timezone="Europe/Zurich",
            folder=self.folder,
            clock=self.clock.now,
            sleep=lambda seconds: None,
            say=lambda line: None,
        )
        one = kind.build(settings, context)
        self.stack.callback(one.close)
        return one


class TestAzureDevOpsConnector(ConnectorContract):
    @pytest.fixture(params=[1000, 3], ids=["one page", "small pages"])
    def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
        with ExitStack() as stack:
            yield AzureDevOpsWorld(tmp_path, stack, items_per_page=request.param)
