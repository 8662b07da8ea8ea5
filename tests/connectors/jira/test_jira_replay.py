"""Jira as it stood on earlier days, replayed from changelogs, against what it said then."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from jira_site import Serve
from replayed_days import Evenings

from simulators.jira import JiraCloud

FIELDS = {"start": "Target start", "finish": "Target end"}


class Work:
    """People at work on a small project, by dice that fall the same every time."""

    def __init__(self, site: JiraCloud, seed: int) -> None:
        self.site, self.dice = site, random.Random(seed)
        site.add_board("CHK", "Board")
        self.sprints = [
            site.add_sprint("CHK", f"Sprint {number}", "future", begun, begun + timedelta(days=13))
            for number in range(3)
            for begun in [datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(days=14 * number)]
        ]
        self.versions = [
            site.add_version("CHK", f"{number}.0", release=date(2026, 4, 10 + number)) for number in range(3)
        ]
        self.keys = [self.new("Epic"), self.new("Epic")]
        self.keys += [self.new("Task") for _ in range(6)]
        self.gone: list[str] = []

    def new(self, kind: str) -> str:
        fields = {"summary": f"{kind} of the day", "assignee": self.dice.choice(["ann", "bob"])}
        return self.site.create_issue("CHK", kind, fields, by="ann")

    def day(self) -> None:
        for _ in range(self.dice.randint(4, 9)):
            self.site.clock.advance(minutes=self.dice.randint(1, 30))
            self.step()

    def step(self) -> None:
        key = self.dice.choice(self.keys)
        match self.dice.randrange(8):
            case 0:
                self.site.transition(key, self.dice.choice(["To Do", "In Progress", "Done"]), by="bob")
            case 1:
                self.keys.append(self.new("Task"))
            case 2:
                self.site.edit_version(self.dice.choice(self.versions).id, release=self.a_day())
            case 3 if len(self.keys) > 5 and key not in self.keys[:2]:
                self.gone.append(str(self.site.issue(key)["id"]))
                self.keys.remove(key)
                self.site.delete_issue(key)
            case _:
                for _ in range(self.dice.randint(1, 3)):
                    self.site.edit_issue(key, self.an_edit(key), by=self.dice.choice(["ann", "bob"]))

    def a_day(self) -> str:
        return (date(2026, 3, 16) + timedelta(days=self.dice.randint(0, 40))).isoformat()

    def an_edit(self, key: str) -> dict[str, Any]:
        dice = self.dice
        edits: list[dict[str, Any]] = [
            {"duedate": dice.choice([self.a_day(), None])},
            {"Target end": dice.choice([self.a_day(), None]), "Target start": self.a_day()},
            {"assignee": dice.choice(["ann", "bob", None])},
            {"fixVersions": dice.sample([one.name for one in self.versions], dice.randint(0, 2))},
            {"summary": f"title {dice.randint(1, 99)}"},
            {"labels": dice.sample(["a", "b", "c"], dice.randint(0, 3))},
            {"priority": dice.choice(["High", "Low"])},
        ]
        if key not in self.keys[:2]:
            edits += [
                {"Sprint": [dice.choice(self.sprints).id]},
                {"parent": dice.choice([*self.keys[:2], None])},
            ]
        return dice.choice(edits)


@pytest.mark.parametrize(
    ("seed", "zone"), [(1, "Europe/Zurich"), (2, "Pacific/Auckland"), (3, "America/New_York")]
)
def test_every_day_is_replayed_as_it_was(
    seed: int, zone: str, site: JiraCloud, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.derive.workday_table", lambda _: {"day": [], "ord": []})
    work, trial = Work(site, seed), serve()
    evenings = Evenings("jira", "shop", zone)
    for _ in range(5):
        work.day()
        site.clock.advance(hours=1)
        evenings.evening(
            site.clock.now(),
            lambda: trial.connector(fields=FIELDS),
            deleted=[f"shop/{one}" for one in work.gone],
        )
        site.clock.set((site.clock.now() + timedelta(days=1)).replace(hour=12, minute=0))
    found = evenings.all_differences()
    assert len(found) == 5
    assert [line for wrong, _ in found.values() for line in wrong] == []
    assert min(known for _, known in found.values()) > 8 * 30
