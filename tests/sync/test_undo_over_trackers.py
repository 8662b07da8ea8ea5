"""A run is taken back in simulated Jira and Azure DevOps: fields and visible comments are as before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sync_world import World
from undo_world import apply_plan, ordinary_plan, undo_plan

from connectors.base import Context
from connectors.registry import KINDS
from simulators.azure_devops import AzureDevOps
from simulators.azure_devops import Options as AzureDevOpsOptions
from simulators.clock import Clock
from simulators.jira import BOT_EMAIL, JiraCloud
from simulators.jira import Options as JiraOptions

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANN = "ann@demo.example"
PARENT = "System.LinkTypes.Hierarchy-Reverse"
COLOURS = ("Green", "Amber", "Red", "Grey")
WRITE = {"comments": True, "fields": {"health": "Portfolio health", "open_findings": "Open findings"}}


class Trackers:
    """One late task below an epic in each tracker, and the engine over both."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.clock = Clock(NOON)
        self.jira = JiraCloud(self.clock)
        self.jira.add_user("ann", "Ann Lead", ANN)
        self.jira.add_project("CHK", "Checkout", "ann")
        self.jira.add_field("Portfolio health", "select", options=COLOURS)
        self.jira.add_field("Open findings", "float")
        self.epic = self.jira.create_issue("CHK", "Epic", {"summary": "Pay"}, by="ann")
        late = {"summary": "Refund", "parent": self.epic, "duedate": "2026-02-02"}
        self.task = self.jira.create_issue("CHK", "Task", late, by="ann")
        self.jira.add_comment(self.task, "I am on it.", by="ann")

        self.boards = AzureDevOps(self.clock)
        self.boards.add_user("Ann Lead", ANN)
        self.boards.add_process("Shop", parent="Agile")
        self.boards.add_field("Custom.Health", "Portfolio health", "string", process="Shop", allowed=COLOURS)
        self.boards.add_field("Custom.OpenFindings", "Open findings", "integer", process="Shop")
        self.boards.add_project("Retail", process="Shop")
        self.feature = self.boards.create_item("Retail", "Epic", {"System.Title": "Pay"}, by=ANN)
        due = {"System.Title": "Refund", "Microsoft.VSTS.Scheduling.FinishDate": "2026-02-02"}
        self.work = self.boards.create_item("Retail", "Task", due, by=ANN)
        self.boards.link(self.work, PARENT, self.feature, ANN)
        self.boards.add_comment(self.work, "I am on it.", by=ANN)

        jira = stack.enter_context(self.jira.serve(JiraOptions()))
        boards = stack.enter_context(self.boards.serve(AzureDevOpsOptions()))
        (folder / "jira-token").write_text(jira.token)
        (folder / "boards-token").write_text(self.boards.token)
        self.world = World()
        self.world.clock = self.clock.now  # type: ignore[assignment]
        self.world.write = type(self.world.write)(
            comments=True,
            armed=True,
            comment_backlog=True,
            fields=WRITE["fields"],  # type: ignore[arg-type]
        )
        entries: list[dict[str, Any]] = [
            {
                "name": "shop", "kind": "jira", "url": jira.url, "projects": ["CHK"], "write": WRITE,
                "auth": {"method": "api_token", "user": BOT_EMAIL, "token": {"file": "jira-token"}},
            },
            {
                "name": "boards", "kind": "azure_devops", "url": boards.url, "projects": ["Retail"],
                "identity_url": boards.identity_url, "write": WRITE,
                "auth": {"method": "pat", "token": {"file": "boards-token"}},
            },
        ]  # fmt: skip
        self.world.connectors = {entry["name"]: self._connector(entry, folder, stack) for entry in entries}

    def _connector(self, entry: dict[str, Any], folder: Path, stack: ExitStack) -> Any:
        kind = KINDS[entry["kind"]]
        context = Context(
            timezone="Europe/Zurich",
            folder=folder,
            clock=self.clock.now,
            sleep=lambda seconds: self.clock.advance(seconds=seconds),
            say=lambda line: None,
        )
        one = kind.build(kind.settings_model().model_validate(entry), context)
        stack.callback(one.close)
        return one

    def standing(self) -> dict[str, Any]:
        """Our fields and all comments that people see."""
        return {
            "fields of the epic": self._jira_fields(),
            "comments of the task": [
                (one["author"]["displayName"], one["body"]) for one in self.jira.comments(self.task)
            ],
            "fields of the feature": {
                name: value
                for name, value in self.boards.items[self.feature].state.items()
                if name.startswith("Custom.") and value is not None
            },
            "comments of the work": [
                (one["createdBy"]["displayName"], one["text"]) for one in self.boards.comments_of(self.work)
            ],
        }

    def _jira_fields(self) -> dict[str, Any]:
        fields = self.jira.issue(self.epic)["fields"]
        return {name: value for name, value in fields.items() if name.startswith("customfield") and value}


@pytest.fixture
def trackers(tmp_path: Path) -> Iterator[Trackers]:
    with ExitStack() as stack:
        yield Trackers(tmp_path, stack)


def test_a_run_is_taken_back_in_both_trackers_and_the_undo_is_taken_back_again(
    trackers: Trackers, tmp_path: Path
) -> None:
    world, before = trackers.world, trackers.standing()
    run = world.sync()
    assert run.exit_code == 0
    written = trackers.standing()
    assert len(written["comments of the task"]) == len(written["comments of the work"]) == 2
    assert written["fields of the feature"] == {"Custom.Health": "Amber", "Custom.OpenFindings": 2}
    assert written["fields of the epic"] != before["fields of the epic"]

    trackers.clock.advance(minutes=5)
    made = undo_plan(world, run.run_id)
    assert [(one.source, one.slot, one.wanted) for one in made.writes] == [
        ("boards", "health", None), ("boards", "open_findings", None), ("boards", "comment", None),
        ("shop", "health", None), ("shop", "open_findings", None), ("shop", "comment", None),
    ]  # fmt: skip
    undoing, outcome = apply_plan(world, made, tmp_path)
    assert (outcome.states, outcome.is_complete) == ({"applied": 6}, True)
    assert trackers.standing() == before

    trackers.clock.advance(minutes=5)
    quiet = world.sync()
    assert (quiet.exit_code, sorted(quiet.held)) == (0, ["boards", "shop"])
    assert trackers.standing() == before

    again, outcome = apply_plan(world, undo_plan(world, undoing), tmp_path)
    assert outcome.states == {"applied": 6}
    assert trackers.standing() == written
    del again


def test_an_edit_is_taken_back_to_the_very_text_of_the_run_before(trackers: Trackers) -> None:
    world = trackers.world
    world.sync()
    before = trackers.standing()
    trackers.clock.advance(hours=1)
    trackers.jira.edit_issue(trackers.task, {"duedate": "2026-02-16"}, by="ann")
    trackers.boards.edit_item(trackers.work, {"Microsoft.VSTS.Scheduling.FinishDate": "2026-02-16"}, by=ANN)
    trackers.clock.advance(minutes=5)
    later = world.sync()
    assert later.applied is not None
    assert later.applied.applied == 2
    assert trackers.standing() != before
    _, outcome = apply_plan(world, undo_plan(world, later.run_id))
    assert outcome.states == {"applied": 2}
    assert trackers.standing() == before
    # Our own undo is no person's edit: the plan that lifts the hold writes the newer text again.
    _, outcome = apply_plan(world, ordinary_plan(world))
    assert outcome.states == {"applied": 2}
    assert outcome.armed == ["shop", "boards"]


def test_what_people_changed_in_the_trackers_since_stays(trackers: Trackers) -> None:
    world = trackers.world
    run = world.sync()
    trackers.jira.edit_issue(trackers.epic, {"Portfolio health": "Green"}, by="ann")
    ours = trackers.boards.comments_of(trackers.work)[-1]
    trackers.boards.edit_comment(
        trackers.work, ours["id"], ours["text"].replace("Portfolio check", "I know"), by=ANN
    )
    made = undo_plan(world, run.run_id)
    assert [(one.source, one.slot, one.reason) for one in made.conflicts] == [
        ("boards", "comment", "the comment was edited by a person since"),
        ("shop", "health", "changed by a person since"),
    ]
    apply_plan(world, made)
    assert "I know" in trackers.boards.comments_of(trackers.work)[-1]["text"]
    assert len(trackers.jira.comments(trackers.task)) == 1
