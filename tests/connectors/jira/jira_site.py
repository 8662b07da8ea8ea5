"""A simulated Jira site behind the connector, with all its traffic held against the vendor's description."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import openapi_jira
from shared import shared

from connectors.base import Context
from connectors.jira import JiraConnector, JiraSettings
from portfolio.intents import Intent, Value
from portfolio.notes import Note, Paragraph, Text
from portfolio.records import AnyRecord, Change, Cursor, Page, WorkItem
from simulators.jira import Clock, JiraCloud, JiraServer, Options

R = TypeVar("R")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TOKEN_VARIABLE = "DOVETAIL_TEST_JIRA_TOKEN"
HEALTH = "Portfolio health"


class Trial:
    """One served site, and connectors to it that remember nothing of one another."""

    def __init__(self, site: JiraCloud, server: JiraServer) -> None:
        self.site = site
        self.server = server
        self.slept: list[float] = []
        self.said: list[str] = []
        self.cursors: dict[str, Cursor] = {}
        self.last: JiraConnector | None = None

    def settings(self, **changes: Any) -> JiraSettings:
        entry: dict[str, Any] = {
            "name": "shop",
            "kind": "jira",
            "url": self.server.url,
            "auth": {"method": "api_token", "user": self.server.user, "token": {"env": TOKEN_VARIABLE}},
            "projects": ["CHK"],
            "write": {"comments": True, "fields": {"health": HEALTH}},
        }
        return JiraSettings.model_validate(entry | changes)

    def connector(self, **changes: Any) -> JiraConnector:
        context = Context(
            timezone="Europe/Zurich",
            folder=Path(),
            clock=self.site.clock.now,
            sleep=self._sleep,
            say=self.said.append,
        )
        self.last = JiraConnector(self.settings(**changes), context)
        return self.last

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.site.clock.advance(seconds=seconds)

    def pages(self, stream: str = "issues", *, limit: int | None = None, **changes: Any) -> list[Page]:
        """Pull in a new process, keep the cursors; after `limit` pages it is killed."""
        connector = self.connector(**changes)
        pages: list[Page] = []
        for page in connector.pull(stream, self.cursors.get(stream)):
            pages.append(page)
            if page.cursor is not None:
                self.cursors[stream] = page.cursor
            if limit is not None and len(pages) >= limit:
                break
        connector.close()
        return pages

    def pull(self, stream: str = "issues", **changes: Any) -> list[AnyRecord]:
        return [record for page in self.pages(stream, **changes) for record in page.records]

    def items(self, **changes: Any) -> dict[str, WorkItem]:
        return {record.key: record for record in self.pull(**changes) if isinstance(record, WorkItem)}

    def changes_of(self, key: str, records: list[AnyRecord]) -> list[tuple[str, str | None, str | None]]:
        ident = self.item_id(key)
        return [(r.field, r.before, r.after) for r in records if isinstance(r, Change) and r.item_id == ident]

    def item_id(self, key: str) -> str:
        return f"shop/{self.site.issue(key)['id']}"

    def sent(self) -> Counter[str]:
        """What the latest connector sent, by method and path template."""
        assert self.last is not None
        return Counter(self.last.site.client.http.requests)

    def intent(
        self,
        key: str,
        slot: str,
        wanted: Value,
        *,
        before: Value = None,
        note: Note | None = None,
        remote_id: str | None = None,
    ) -> Intent:
        ident = self.item_id(key)
        return Intent(
            intent_id=f"{key} {slot}",
            source="shop",
            item_id=ident,
            native_id=ident.removeprefix("shop/"),
            key=key,
            slot=slot,
            before=before,
            wanted=wanted,
            note=note,
            remote_id=remote_id,
        )

    def comment_intent(self, key: str, text: str, **more: Any) -> Intent:
        note = Note([Paragraph([Text(text)])])
        return self.intent(key, "comment", note.digest(), note=note, **more)


def records_of(kind: type[R], records: list[AnyRecord]) -> list[R]:
    return [record for record in records if isinstance(record, kind)]


def new_site(**options: Any) -> JiraCloud:
    """A site at noon of 2 March 2026 with one project, CHK, led by ann; bob makes things."""
    site = JiraCloud(Clock(NOON), **options)
    site.add_user("ann", "Ann Lead", "ann@demo.example")
    site.add_user("bob", "Bob Maker", "bob@demo.example")
    site.add_project("CHK", "Checkout", "ann")
    site.add_field(HEALTH, "select", options=("Green", "Amber", "Red", "Grey"))
    return site


@contextmanager
def serving(site: JiraCloud, **options: Any) -> Iterator[Trial]:
    """Serve a site; afterwards its traffic must have been as the vendor describes it."""
    shared("specs/jira/jira-cloud-platform-v3.2026-02.swagger-v3.v3.json")
    with ExitStack() as stack:
        server = stack.enter_context(site.serve(Options(**options)))
        recorder = openapi_jira.recorder(server)
        os.environ[TOKEN_VARIABLE] = server.token
        trial = Trial(site, server)
        yield trial
        if trial.last is not None:
            trial.last.close()
        recorder.check()


def many(site: JiraCloud, count: int) -> list[str]:
    """So many tasks, made a second apart over the last days."""
    made = []
    for number in range(count):
        at = NOON - timedelta(days=5) + timedelta(seconds=number)
        made.append(site.create_issue("CHK", "Task", {"summary": f"task {number}"}, by="ann", at=at))
    return made


Serve = Callable[..., Trial]
