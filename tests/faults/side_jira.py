"""A simulated Jira behind the real connector, over a real socket."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from typing import Any

from side import EVERYTHING, FIELDS, TUESDAY, Side, Standing, context, wire_fault

from connectors.base import Connector
from connectors.jira import JiraConnector, JiraSettings
from simulators.clock import Clock
from simulators.jira import JiraCloud
from simulators.jira import Options as JiraOptions


class JiraSide(Side):
    name = "jira"
    can = EVERYTHING
    _VARIABLE = "DOVETAIL_FAULTS_JIRA_TOKEN"

    def __init__(self, **options: Any) -> None:
        self.site = JiraCloud(Clock(TUESDAY))
        self.site.add_user("ana", "Ana Berg", "ana@shop.example")
        for key in ("CHK", "PAY"):
            self.site.add_project(key, key.title(), "ana")
        self.site.add_field("Open findings", "float")
        self.site.add_field("Worst finding", "textfield")
        self.slept = 0.0
        self.skew = timedelta()  # our clock minus theirs
        self._epic = self._id(
            self.site.create_issue("CHK", "Epic", {"summary": "Checkout", "assignee": "ana"}, by="ana")
        )
        self.server = self.site.serve(JiraOptions(**options))
        self.server.__enter__()
        self.opened: list[Connector] = []
        os.environ[self._VARIABLE] = self.server.token

    @property
    def epic(self) -> str:
        return self._epic

    def _id(self, key: str) -> str:
        return str(self.site.issue_at(key).id)

    def connector(self, **changes: Any) -> Connector:
        entry: dict[str, Any] = {
            "name": self.name,
            "kind": "jira",
            "url": self.server.url,
            "auth": {"method": "api_token", "user": self.server.user, "token": {"env": self._VARIABLE}},
            "projects": ["CHK", "PAY"],
            "items_per_page": 3,
            "write": {"comments": True, "fields": FIELDS},
        }
        settings = JiraSettings.model_validate(entry | changes)
        one = JiraConnector(settings, context(self.now, self._sleep))
        self.opened.append(one)
        return one

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.site.clock.advance(seconds=seconds)

    def now(self) -> datetime:
        return self.site.clock.now() + self.skew

    def pass_time(self, **duration: float) -> None:
        self.site.clock.advance(**duration)

    def add(self, due: date, *, is_owned: bool = True) -> str:
        self.pass_time(seconds=1)
        fields = {"summary": "work", "duedate": due.isoformat(), "parent": self._key(self.epic)}
        fields |= {"assignee": "ana"} if is_owned else {}
        return self._id(self.site.create_issue("CHK", "Task", fields, by="ana"))

    def _key(self, item: str) -> str:
        return self.site.key_of(self.site.issues[int(item)])

    def edit(self, item: str, due: date) -> None:
        self.pass_time(seconds=1)
        self.site.edit_issue(item, {"duedate": due.isoformat()}, by="ana")

    def finish(self, item: str) -> None:
        self.pass_time(seconds=1)
        self.site.transition(item, "Done", by="ana")

    def delete(self, item: str) -> None:
        self.site.delete_issue(item)

    def hide(self, item: str, *, is_hidden: bool = True) -> None:
        self.site.hide_issue(item, is_hidden)

    def move(self, item: str) -> None:
        self.pass_time(seconds=1)
        here = self._key(item).partition("-")[0]
        self.site.move_issue(item, "PAY" if here == "CHK" else "CHK", by="ana")

    def reparent(self, item: str, parent: str | None) -> None:
        self.pass_time(seconds=1)
        self.site.edit_issue(item, {"parent": None if parent is None else self._key(parent)}, by="ana")

    def comment(self, item: str, text: str) -> None:
        self.pass_time(seconds=1)
        self.site.add_comment(item, text, by="ana")

    def _our_comments(self, item: str) -> list[Any]:
        issue = self.site.issues[int(item)]
        return [one for one in issue.comments if one.author == self.site.bot]

    def edit_ours(self, item: str, text: str) -> None:
        self.pass_time(seconds=1)
        self.site.edit_comment(self._our_comments(item)[0].id, text, by="ana")

    def delete_ours(self, item: str) -> None:
        self.pass_time(seconds=1)
        self.site.delete_comment(self._our_comments(item)[0].id)

    def write_into(self, item: str, value: int) -> None:
        self.pass_time(seconds=1)
        self.site.edit_issue(item, {"Open findings": value}, by="ana")

    def truth(self) -> dict[str, Standing]:
        found = {}
        for one in self.site.issues.values():
            if one.hidden:
                continue
            parent = one.fields.get("parent")
            due = one.fields.get("duedate")
            is_done = self.site.statuses[one.status_id].category == "done"
            seen = None if parent is None else str(parent)
            found[str(one.id)] = Standing(date.fromisoformat(due) if due else None, is_done, seen)
        return found

    def ours(self, item: str) -> list[str]:
        return [self.site.text_of_comment(one.id) for one in self._our_comments(item)]

    def written(self, item: str) -> dict[str, Any]:
        fields = self.site.issues[int(item)].fields
        ids = {slot: found.id for slot, name in FIELDS.items() if (found := self.site.find_field(name))}
        return {slot: fields[one] for slot, one in ids.items() if one in fields}

    def strike(self, kind: str, nth: int, *, on_writes: bool) -> None:
        where = {"path": "*/comment*" if nth % 2 else "*/issue/*"} if on_writes else {}
        self.server.faults.add(wire_fault(kind, nth, **where))

    def heal(self) -> None:
        self.server.faults.clear()

    def close(self) -> None:
        for one in self.opened:
            one.close()
        self.server.__exit__(None, None, None)
