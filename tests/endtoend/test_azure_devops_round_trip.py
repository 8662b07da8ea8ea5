"""The real command line against a simulated Azure DevOps: what it writes, and that it writes it once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from world import CommandLine

from simulators.azure_devops import AzureDevOps
from simulators.clock import Clock

LEAD = "lead@shop.example"
HOSTILE = 'Checkout <img src=x onerror=alert(1)> | [x](javascript:1) <b> & "co" <'
CONFIG = """\
version: 1
timezone: Europe/Zurich
sources:
  - name: boards
    kind: azure_devops
    url: {url}
    identity_url: {identity_url}
    auth: {{method: pat, token: {{env: ADO_PAT}}}}
    projects: [Retail]
    write:
      comments: true
      fields: {{health: Portfolio health, open_findings: Custom.OpenFindings}}
      armed: true
      backlog: comment
      comment_severity: low
portfolio:
  name: Retail
  projects:
    - {{name: Checkout, lead: {lead}, scopes: ["boards:Retail"]}}
limits: {{max_share: 1}}
"""


class Shop:
    """An organisation with one epic that is late, and the command line that reads and writes it."""

    def __init__(self, folder: Path, command_line: CommandLine) -> None:
        self.folder = folder
        self.command_line = command_line
        now = datetime.now(UTC).replace(microsecond=0)
        self.site = AzureDevOps(Clock(now))
        self.site.add_user("Lena Lead", LEAD)
        self.site.add_process("Shop", parent="Agile")
        self.site.add_field(
            "Custom.Health",
            "Portfolio health",
            "string",
            process="Shop",
            allowed=("Green", "Amber", "Red", "Grey"),
        )
        self.site.add_field("Custom.OpenFindings", "Open findings", "integer", process="Shop")
        self.site.add_project("Retail", process="Shop")
        self.late = self.site.create_item(
            "Retail",
            "Epic",
            {
                "System.Title": HOSTILE,
                "System.State": "Active",
                "System.AssignedTo": LEAD,
                "Microsoft.VSTS.Scheduling.StartDate": (now - timedelta(days=120)).date(),
                "Microsoft.VSTS.Scheduling.TargetDate": (now - timedelta(days=60)).date(),
            },
            by=LEAD,
            at=now - timedelta(days=120),
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        return self.command_line.run(self.folder, *arguments, env={"ADO_PAT": self.site.token})

    def sync(self) -> str:
        code, said = self.run("sync")
        assert code == 0, said
        return said

    def writes(self) -> list[tuple[str, str]]:
        """What changed something, since the last call."""
        found = [
            (method, template)
            for method, template, _ in self.site.requests
            if method in {"PATCH", "DELETE"} or (method == "POST" and template.endswith("/comments"))
        ]
        self.site.requests.clear()
        return found

    def comments(self) -> list[dict[str, Any]]:
        return self.site.comments_of(self.late)


@pytest.fixture
def shop(command_line: CommandLine, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path, command_line)
    with made.site.serve() as server:
        text = CONFIG.format(url=server.url, identity_url=server.identity_url, lead=LEAD)
        (tmp_path / "dovetail.yaml").write_text(text, encoding="utf-8")
        yield made


def test_a_late_epic_gets_one_comment_and_its_fields_and_a_second_run_writes_nothing(shop: Shop) -> None:
    shop.sync()
    (comment,) = shop.comments()
    assert "<img" not in comment["text"]
    assert "Dovetail reference dt-1-" in comment["text"]
    assert shop.site.items[shop.late].state["Custom.OpenFindings"] >= 1
    assert len(shop.writes()) == 2
    said = shop.sync()
    assert "0 writes" in said
    assert shop.writes() == []


def test_the_comment_is_found_again_after_the_store_is_lost(shop: Shop) -> None:
    shop.sync()
    rev = shop.site.items[shop.late].rev
    for path in shop.folder.glob("dovetail.db*"):
        path.unlink()
    shop.writes()
    shop.sync()
    assert shop.writes() == []
    assert len(shop.comments()) == 1
    assert shop.site.items[shop.late].rev == rev


def test_an_epic_that_is_finished_gets_its_comment_edited_in_place(shop: Shop) -> None:
    shop.sync()
    (before,) = shop.comments()
    shop.site.edit_item(shop.late, {"System.State": "Closed"}, by=LEAD)
    shop.sync()
    (after,) = shop.comments()
    assert after["id"] == before["id"]
    assert "Nothing is open here." in after["text"]


def test_a_comment_that_a_person_edited_is_reported_and_left_alone(shop: Shop) -> None:
    shop.sync()
    (ours,) = shop.comments()
    text = ours["text"].replace("Portfolio check", "I know about it")
    shop.site.edit_comment(shop.late, ours["id"], text, by=LEAD)
    shop.site.edit_item(shop.late, {"System.State": "Closed"}, by=LEAD)
    shop.sync()
    (after,) = shop.comments()
    assert after["text"] == text


def test_verify_asks_azure_devops_itself_and_nothing_is_written(shop: Shop) -> None:
    """A rule of the process that no description of fields shows: only the tracker itself knows it."""
    for step in ("pull", "derive", "check"):
        shop.run(step)
    code, said = shop.run("plan", "--verify")
    assert code == 0, said
    assert "Azure DevOps Services was asked to validate without writing: 3 accepted." in said
    shop.site.add_field("Custom.OpenFindings", "Open findings", "integer", process="Shop", read_only=True)
    rev = shop.site.items[shop.late].rev
    code, said = shop.run("plan", "--verify", "--format", "csv")
    assert code == 4, said
    assert "boards,1,Custom.OpenFindings,refused," in said
    assert "Invalid field status 'ReadOnly' for field 'Custom.OpenFindings'" in said
    assert "boards,1,Portfolio health,accepted," in said
    assert (shop.site.items[shop.late].rev, shop.comments(), shop.site.mails) == (rev, [], [])


def test_comment_ours_takes_an_edited_comment_back(shop: Shop) -> None:
    shop.sync()
    (ours,) = shop.comments()
    shop.site.edit_comment(shop.late, ours["id"], ours["text"].replace("Portfolio", "Mine:"), by=LEAD)
    path = shop.folder / "dovetail.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("      armed: true\n", "      armed: true\n      conflicts: {comment: ours}\n"), "utf-8"
    )
    code, said = shop.run("sync", "--full")
    assert code == 0, said
    (after,) = shop.comments()
    assert (after["id"], after["text"]) == (ours["id"], ours["text"])
    assert shop.run("sync", "--full")[0] == 0
    assert shop.comments() == [after]
