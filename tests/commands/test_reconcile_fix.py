"""`reconcile --fix` over simulated Jira and Azure DevOps: planned, applied, agreed, taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from command_world import Answer, Folder

from simulators.azure_devops import AzureDevOps
from simulators.clock import Clock
from simulators.jira import BOT_EMAIL, JiraCloud

LEAD = "lead@shop.example"
TARGET = "Microsoft.VSTS.Scheduling.TargetDate"
CONFIG = """\
version: 1
timezone: Europe/Zurich
sources:
  - name: shop
    kind: jira
    url: {jira}
    auth: {{method: api_token, user: {bot}, token: {{env: JIRA_TOKEN}}}}
    projects: [CHK]
    write:
      fields: {{due: duedate}}
  - name: boards
    kind: azure_devops
    url: {boards}
    identity_url: {identity}
    auth: {{method: pat, token: {{env: ADO_PAT}}}}
    projects: [Retail]
    write:
      fields: {{due: {target}}}
      conflicts: {{default: ours}}
portfolio:
  name: Retail
  projects:
    - {{name: Checkout, scopes: ["shop:CHK"]}}
    - {{name: Till, scopes: ["boards:Retail"]}}
reconcile: {{master: {{due: shop, state: shop}}}}
twins:
  - ["shop:CHK-1", "boards:1"]
  - ["shop:CHK-2", "boards:2"]
  - ["shop:CHK-3", "boards:3"]
  - ["shop:CHK-4", "boards:4"]
"""


class Shops:
    """Four pieces of work in both trackers, and what they are due there."""

    def __init__(self, folder: Folder, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.clock = Clock(datetime.now(UTC).replace(microsecond=0) - timedelta(days=20))
        self.jira = JiraCloud(self.clock)
        self.jira.add_user("ann", "Ann Lead", LEAD)
        self.jira.add_project("CHK", "Checkout", "ann")
        self.boards = AzureDevOps(self.clock)
        self.boards.add_user("Ann Lead", LEAD)
        self.boards.add_project("Retail", process="Agile")
        # CHK-1 was moved in Jira; 2 in Azure DevOps, later; CHK-3 has no date; 4 is done in Jira only.
        dates = (("2027-03-01",) * 2, ("2027-03-01",) * 2, (None, "2027-03-01"), ("2027-03-01",) * 2)
        for in_jira, in_boards in dates:
            self.jira.create_issue("CHK", "Task", {"summary": "Pay", "duedate": in_jira}, by="ann")
            fields = {"System.Title": "Pay", TARGET: in_boards}
            self.boards.create_item("Retail", "Feature", fields, by=LEAD)
        self.clock.advance(hours=24)
        self.jira.edit_issue("CHK-1", {"duedate": "2027-03-15"}, by="ann")
        self.jira.edit_issue("CHK-2", {"duedate": "2027-03-05"}, by="ann")
        self.clock.advance(hours=24)
        self.boards.edit_item(2, {TARGET: "2027-04-30"}, by=LEAD)
        self.jira.transition("CHK-4", "Done", by="ann")
        self.clock.advance(hours=24 * 18)
        site, boards = stack.enter_context(self.jira.serve()), stack.enter_context(self.boards.serve())
        monkeypatch.setenv("JIRA_TOKEN", site.token)
        monkeypatch.setenv("ADO_PAT", self.boards.token)
        self.text = CONFIG.format(
            jira=site.url, bot=BOT_EMAIL, boards=boards.url, identity=boards.identity_url, target=TARGET
        )
        folder.configure(self.text)

    def ok(self, *arguments: str) -> Answer:
        answer = self.folder.run(*arguments)
        assert answer.code == 0, answer.out + answer.err
        return answer

    def plan(self, *arguments: str) -> tuple[list[tuple[str, str, str]], dict[str, str]]:
        """What a new plan would write, and why it leaves the rest alone."""
        made = json.loads(self.ok("reconcile", "--fix", "--format", "json", *arguments).out)
        left = {one["key"]: one["reason"] for one in (*made["conflicts"], *made["skipped"])}
        return [(one["key"], one["before"], one["wanted"]) for one in made["writes"]], left

    def due(self, number: int) -> str:
        """The day in Zurich, whose midnight is the evening before in UTC."""
        text = str(self.boards.items[number].state[TARGET])
        return (
            datetime.fromisoformat(text)
            .replace(tzinfo=UTC)
            .astimezone(ZoneInfo("Europe/Zurich"))
            .date()
            .isoformat()
        )


@pytest.fixture
def shops(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shops]:
    with ExitStack() as stack:
        yield Shops(folder, stack, monkeypatch)


def test_twins_that_disagree_are_planned_written_agree_and_are_taken_back(shops: Shops) -> None:
    shops.ok("sync", "--dry-run")
    side_by_side = shops.ok("reconcile", "CHK-1").out
    assert "(master)" in next(line for line in side_by_side.splitlines() if line.startswith("!=  due"))
    writes, left = shops.plan("--output", "fix.json")
    assert writes == [("1", "2027-03-01", "2027-03-15")]
    assert left["2"].startswith("set by a person later; due of the same work in shop (CHK-2), the master")
    assert left["3"] == "CHK-3 in shop, the master of due, has none"
    assert left["4"] == "Dovetail moves nothing through a workflow; do it in the tracker"
    (write,) = json.loads((shops.folder.path / "fix.json").read_text())["writes"]
    assert (write["field"], write["rules"]) == (TARGET, ["twins-disagree-date"])
    assert re.search(r"set there on \S+ by Ann Lead", write["reason"])

    shops.ok("apply", "fix.json")
    assert (shops.due(1), shops.due(2)) == ("2027-03-15", "2027-04-30")
    assert shops.plan()[0] == []
    shops.ok("sync", "--dry-run")
    # No timeline tells what Dovetail writes itself; how it stood is known all the same.
    yesterday = (datetime.now(ZoneInfo("Europe/Zurich")) - timedelta(days=1)).date().isoformat()
    for arguments, due in ((("--as-of", yesterday), "2027-03-01"), ((), "2027-03-15")):
        rows = [json.loads(line) for line in shops.ok("export", "item", *arguments).lines]
        assert [row["due"] for row in rows if row["item_id"] == "boards/1"] == [due]
    assert "boards:1" not in shops.ok("reconcile").out
    assert shops.plan()[0] == []
    states = json.loads(shops.ok("export", "source", "--format", "json").out)
    assert not any(row["is_armed"] for row in states)

    runs = json.loads(shops.ok("export", "run", "--format", "json").out)
    (applied,) = [row["run_id"] for row in runs if row["verb"] == "apply"]
    assert "boards" in shops.ok("audit", "show", "--format", "csv").out
    shops.ok("undo", applied, "--output", "back.json")
    said = shops.ok("apply", "back.json")
    assert "Held" not in said.err
    assert shops.due(1) == "2027-03-01"


def test_a_person_who_changes_a_date_that_was_written_wins_and_ours_needs_a_word(shops: Shops) -> None:
    shops.ok("sync", "--dry-run")
    shops.plan("--output", "fix.json")
    shops.ok("apply", "fix.json")
    # What Dovetail wrote is brought up to date, and is a person's as soon as one has set it again.
    shops.jira.edit_issue("CHK-1", {"duedate": "2027-03-20"}, by="ann")
    shops.ok("sync", "--dry-run")
    assert shops.plan()[0] == [("1", "2027-03-15", "2027-03-20")]
    shops.clock.advance(minutes=20)
    for day in ("2027-05-03", "2027-03-15"):
        shops.boards.edit_item(1, {TARGET: day}, by=LEAD)
    shops.ok("sync", "--dry-run")
    writes, left = shops.plan()
    assert (writes, left["1"].split(";")[0]) == ([], "set by a person later")
    shops.jira.edit_issue("CHK-1", {"duedate": "2027-03-15"}, by="ann")
    shops.boards.edit_item(1, {TARGET: "2027-05-03"}, by=LEAD)
    shops.ok("sync", "--dry-run")
    writes, left = shops.plan("CHK-1")
    # `default: ours` is about rollups: a date of people's needs its own name.
    assert (writes, left) == ([], {"1": "changed by a person since Dovetail wrote it"})
    shops.folder.configure(shops.text.replace("{default: ours}", "{due: ours}"))
    assert shops.plan()[0] == [("1", "2027-05-03", "2027-03-15"), ("2", "2027-04-30", "2027-03-05")]
    other = shops.text.replace("name: Till,", "name: Till, reconcile: {master: {due: boards}},")
    shops.folder.configure(
        other.replace("name: Checkout,", "name: Checkout, reconcile: {master: {due: boards}},")
    )
    assert shops.plan("CHK-1", "--output", "jira.json")[0] == [("CHK-1", "2027-03-15", "2027-05-03")]
    shops.ok("apply", "jira.json")
    assert shops.jira.issue("CHK-1")["fields"]["duedate"] == "2027-05-03"


def test_without_a_declared_master_or_a_field_to_write_nothing_is_planned(shops: Shops) -> None:
    shops.ok("sync", "--dry-run")
    shops.folder.configure(shops.text.replace("reconcile: {master: {due: shop, state: shop}}\n", ""))
    answer = shops.folder.run("reconcile", "--fix")
    assert (answer.code, "does not say which tracker is right" in answer.err) == (2, True)
    shops.folder.configure(shops.text.replace(f"fields: {{due: {TARGET}}}", "comments: true"))
    writes, left = shops.plan()
    assert (writes, left["1"]) == (
        [], "the configuration does not let Dovetail write it: write.fields.due of boards",
    )  # fmt: skip
    # The field that may be written must be the one that is read, or the twins would never agree.
    shops.folder.configure(shops.text.replace(TARGET, "Microsoft.VSTS.Scheduling.StartDate"))
    writes, left = shops.plan()
    assert writes == []
    assert left["1"].startswith("nothing stands there, and the last pull read 2027-03-01 as its due")
    shops.folder.configure(shops.text.replace("master: {due: shop", "master: {due: shpo"))
    answer = shops.folder.run("reconcile", "--fix")
    assert (answer.code, "there is no source `shpo`; did you mean `shop`?" in answer.err) == (3, True)


def test_how_it_stood_before_a_date_was_written_into_jira_is_known(shops: Shops) -> None:
    shops.ok("sync", "--dry-run")
    shops.folder.configure(shops.text.replace("master: {due: shop", "master: {due: boards"))
    assert ("CHK-2", "2027-03-05", "2027-04-30") in shops.plan("CHK-2", "--output", "jira.json")[0]
    shops.ok("apply", "jira.json")
    shops.ok("sync", "--dry-run")
    yesterday = (datetime.now(ZoneInfo("Europe/Zurich")) - timedelta(days=1)).date().isoformat()
    for arguments, due in ((("--as-of", yesterday), "2027-03-05"), ((), "2027-04-30")):
        rows = [json.loads(line) for line in shops.ok("export", "item", *arguments).lines]
        assert [row["due"] for row in rows if row["key"] == "CHK-2"] == [due]
