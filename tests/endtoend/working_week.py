"""A week in which every verb is used, on trackers that refuse and repeat what they are sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from world import World

from commands.group import build
from portfolio.views import VIEWS

FORMATS = ("table", "json", "jsonl", "csv")
# They start trackers of their own, and end when somebody ends them.
NOT_IN_A_WEEK = frozenset({("demo",), ("simulate",)})


def verbs() -> set[tuple[str, ...]]:
    """Every verb of the command line by its words."""

    def below(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if not isinstance(command, click.Group):
            yield words
            return
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from below(child, (*words, name))

    return set(below(build(), ()))


class Week:
    """One world, and which verbs were used in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.used: set[tuple[str, ...]] = set()
        self._verbs = verbs()

    @property
    def unused(self) -> set[tuple[str, ...]]:
        return self._verbs - self.used - NOT_IN_A_WEEK

    def do(self, *args: str, code: int = 0) -> str:
        """Run a verb, which must end with this code."""
        words = [one for one in args if not one.startswith("-") and one != "json"]
        self.used |= {verb for verb in self._verbs if tuple(words[: len(verb)]) == verb}
        ended = self.world.run(*args)
        said = self.world.outputs[-1]
        assert ended == code, f"{' '.join(args)} ended with {ended}:\n{said}"
        return said

    def rows(self, *args: str) -> list[dict[str, Any]]:
        """What a verb lists, past what it says beside it."""
        lines = self.do(*args, "--format", "jsonl").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def go_by(self) -> None:
        """The week, from the first look to the erasure of a person."""
        self._first_writes()
        self._errors()
        self._baselines()
        self._questions()
        self._decisions()
        self._taken_back()
        self._erased()

    def _first_writes(self) -> None:
        self.do("doctor")
        self.do("--verbose", "sync", "--dry-run")
        for step in ("pull", "derive", "check"):
            self.do(step)
        self.do("plan", "--out", "plan.json")
        self.do("plan", "--verify", "--format", "json")
        self.do("--verbose", "plan", "--verify")
        # Jira refuses three comments with our own credential in its words.
        with self._refusing("POST", "*/issue/*/comment", times=3):
            self.do("apply", "plan.json", code=4)

    @contextmanager
    def _refusing(self, method: str, path: str, *, times: int) -> Iterator[None]:
        token = self.world.site.token
        said = {"errorMessages": [f"Not with {token}."], "errors": {token: f"Basic {token}"}}
        fault = {
            "kind": "status", "status": 400, "method": method, "path": path, "times": times,
            "body": json.dumps(said),
        }  # fmt: skip
        self.world.control("options", {"faults": [fault]})
        yield
        self.world.control("options", {"faults": []})

    def _errors(self) -> None:
        for one in FORMATS:
            self.do("errors", "list", "--format", one)
        ids = [row["intent_id"] for row in self.rows("errors", "list")]
        assert len(ids) == 3
        for one in ids:
            assert "Not with" in self.do("errors", "show", one)
            self.do("errors", "show", one, "--format", "json")
        self.do("errors", "retry", ids[0], "--reason", "the permission was granted")
        self.do("errors", "ignore", ids[1], "--reason", "the field goes away")
        self.do("status")
        self.do("--log-format", "json", "--verbose", "sync")
        self.do("errors", "retry", "--all")
        self.do("sync", "--full")
        assert self.rows("errors", "list") == []

    def _baselines(self) -> None:
        self.do("baseline", "take", "Agreed", "--reason", "approved", "--by", "Pia")
        self.do("baseline", "import", "Contract", "--source", "plans", "--by", "Pia")
        self.do("baseline", "list")
        self.do("baseline", "show", "Agreed")

    def _questions(self) -> None:
        for args in (
            ["status"], ["db", "status"], ["db", "path"], ["db", "check"], ["db", "upgrade"],
            ["rules", "list"], ["rules", "show", "due-date-passed"], ["rules", "test"], ["reconcile"],
            ["twins", "list"], ["twins", "suggest"], ["findings"], ["findings", "list"],
        ):  # fmt: skip
            self.do(*args)
        self._rules()
        for view in VIEWS:
            self.do("export", view)
        for report in ("html", "pack", "xlsx", "ics"):
            self.do("report", report)
        self.do("doctor", "--format", "json")
        for one in FORMATS:
            self.do("findings", "--format", one)
            self.do("diff", "last-1", "last", "--format", one)
            self.do("audit", "show", "--format", one)

    def _rules(self) -> None:
        self.do("rules", "schema")
        self.do("rules", "new", "mine", "--over", "item")
        self.do("rules", "lint")
        self.do("rules", "diff", "--counts")
        self.do("rules", "explain", "due-date-passed", "boards:722")

    def _decisions(self) -> None:
        first, second, third, *_ = [row["finding_id"] for row in self.rows("findings", "list")]
        self.do("explain", first)
        self.do("findings", "show", first)
        self.do("findings", "ack", first, "--by", "Pia")
        self.do("findings", "snooze", second, "--until", "2027-01-08", "--reason", "after the holidays")
        self.do("findings", "suppress", third, "--reason", "agreed", "--approved-by", "Tiago")
        self.do("findings", "reopen", third)
        pair = next((one["a_id"], one["b_id"]) for one in self.rows("export", "twin"))
        self.do("twins", "reject", *pair, "--note", "two pieces of work")
        self.do("twins", "forget", *pair)
        self.do("twins", "confirm", *pair, "--note", "the same piece of work")
        self.do("sync")

    def _taken_back(self) -> None:
        for one in (*FORMATS, "markdown"):
            self.do("undo", "last", "--format", one)
        self.do("--verbose", "undo", "last", "--out", "undo.json")
        self.do("--verbose", "apply", "undo.json")
        self.do("sync")  # held
        self.do("plan", "--out", "again.json")
        self.do("apply", "again.json")

    def _erased(self) -> None:
        emails = [row["email"] for row in self.rows("export", "person") if row["email"]]
        for one in FORMATS:
            self.do("db", "erase-person", emails[0], "--format", one)
        self.do("db", "erase-person", emails[0], "--yes", "--by", "Pia")
        self.do("audit", "show")
        self.do("audit", "verify")
        self.do("audit", "verify", "--format", "json")
        self.do("audit", "export")
        self.do("audit", "export", "--out", "trail.jsonl")
        self.do("audit", "verify", "--file", "trail.jsonl")
