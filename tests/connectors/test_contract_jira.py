"""The Jira connector passes the suite of all connectors, against a simulated site over a socket."""

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
from simulators.jira import BOT_EMAIL, Clock, JiraCloud, JiraServer, Options

TEXT_FIELDS = ("health", "worst_finding")
DATE_FIELDS = ("forecast_finish",)


class JiraWorld(World):
    """A site with one project, and a field for each rollup."""

    def __init__(self, folder: Path, stack: ExitStack, *, items_per_page: int) -> None:
        self.folder = folder
        self.stack = stack
        self.clock = Clock()
        self.site = JiraCloud(self.clock, seed=7)
        self.site.add_user("lead", "Team Lead", "lead@demo.example")
        self.site.add_project("CHK", "Checkout", "lead")
        for name in FIELD_NAMES:
            kind = "textfield" if name in TEXT_FIELDS else "datepicker" if name in DATE_FIELDS else "float"
            self.site.add_field(f"Portfolio {name}", kind)
        self.items_per_page = items_per_page
        self.server: JiraServer = stack.enter_context(self.site.serve(Options()))
        (folder / "token").write_text(self.server.token, encoding="utf-8")

    def connect(self) -> Connector:
        return self._build(self.server.url)

    def connect_broken(self) -> Connector:
        return self._build("http://127.0.0.1:9")

    def arrange(self, count: int) -> Sequence[ItemId]:
        made: list[ItemId] = []
        for _ in range(count):
            self.clock.advance(seconds=1)
            fields = {"summary": "work", "duedate": "2026-12-01"}
            key = self.site.create_issue("CHK", "Task", fields, by="lead")
            made.append(f"shop/{self.site.issue(key)['id']}")
        return made

    def change(self, item: ItemId) -> None:
        self.site.edit_issue(self._key(item), {"duedate": "2026-12-18"}, by="lead")

    def delete(self, item: ItemId) -> None:
        self.site.delete_issue(self._key(item))

    def settle(self) -> None:
        self.clock.advance(minutes=30)

    def requests(self) -> int:
        return len(self.site.requests)

    def writes(self) -> int:
        return sum(
            1
            for method, path, _ in self.site.requests
            if method in {"PUT", "DELETE"} or (method == "POST" and path.endswith("/comment"))
        )

    def _key(self, item: ItemId) -> str:
        number = int(item.removeprefix("shop/"))
        return self.site.key_of(self.site.issues[number])

    def _build(self, url: str) -> Connector:
        kind = KINDS["jira"]
        settings = kind.settings_model().model_validate(
            {
                "name": "shop",
                "kind": "jira",
                "url": url,
                "auth": {"method": "api_token", "user": BOT_EMAIL, "token": {"file": "token"}},
                "projects": ["CHK"],
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


class TestJiraConnector(ConnectorContract):
    @pytest.fixture(params=[1000, 3], ids=["one page", "small pages"])
    def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
        with ExitStack() as stack:
            yield JiraWorld(tmp_path, stack, items_per_page=request.param)
