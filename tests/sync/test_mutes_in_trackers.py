"""People mute findings by comments in simulated Jira and Azure DevOps, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sync_world import ZONE, World

from commands.finding_rows import finding_listing
from commands.output import emit
from connectors.base import Context
from connectors.registry import KINDS
from simulators.azure_devops import AzureDevOps
from simulators.azure_devops import Options as AzureDevOpsOptions
from simulators.clock import Clock
from simulators.jira import BOT_EMAIL, JiraCloud
from simulators.jira import Options as JiraOptions
from sync.mutes import MuteSettings
from sync.pipeline import SyncResult
from sync.waivers import LabelWaiver

LEAD = "lead@shop.example"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOW = "dovetail: mute due-passed until 2026-03-20 because "
ANN = "Ann =cmd|'/c calc'!A0 <b>Lead</b>"


class Shops:
    """A late task in each tracker, and who comments on it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.clock = Clock(NOON)
        self.jira = JiraCloud(self.clock)
        self.jira.add_user("ann", ANN, LEAD)
        self.jira.add_user("app", "A Bot", None, kind="app")
        self.jira.add_user("cus", "A Customer", "c@else.example", kind="customer")
        self.jira.add_project("CHK", "Checkout", "ann")
        for title, due in (("Pay", "2026-02-23"), ("Refund", "2026-02-23"), ("Ship", "2025-12-01")):
            self.jira.create_issue("CHK", "Task", {"summary": title, "duedate": due}, by="ann")
        self.boards = AzureDevOps(self.clock)
        self.boards.add_user("Ann Lead", LEAD)
        self.boards.add_project("Retail", process="Agile")
        due = {"System.Title": "Pay", "Microsoft.VSTS.Scheduling.FinishDate": "2026-02-23"}
        self.work = self.boards.create_item("Retail", "Task", due, by=LEAD)
        jira = stack.enter_context(self.jira.serve(JiraOptions()))
        boards = stack.enter_context(self.boards.serve(AzureDevOpsOptions()))
        (folder / "jira-token").write_text(jira.token)
        (folder / "boards-token").write_text(self.boards.token)
        self.world = World()
        self.world.clock = self.clock.now  # type: ignore[assignment]
        self.world.mutes = MuteSettings(comments=True, zone=ZONE)
        self.world.limits = type(self.world.limits)(max_share=1)
        entries: list[dict[str, Any]] = [
            {
                "name": "shop", "kind": "jira", "url": jira.url, "projects": ["CHK"],
                "write": {"comments": True},
                "auth": {"method": "api_token", "user": BOT_EMAIL, "token": {"file": "jira-token"}},
            },
            {
                "name": "boards", "kind": "azure_devops", "url": boards.url, "projects": ["Retail"],
                "identity_url": boards.identity_url, "write": {"comments": True},
                "auth": {"method": "pat", "token": {"file": "boards-token"}},
            },
        ]  # fmt: skip
        context = Context(
            timezone="Europe/Zurich",
            folder=folder,
            clock=self.clock.now,
            sleep=lambda seconds: self.clock.advance(seconds=seconds),
            say=lambda line: None,
        )
        self.world.connectors = {}
        for entry in entries:
            kind = KINDS[entry["kind"]]
            one: Any = kind.build(kind.settings_model().model_validate(entry), context)
            stack.callback(one.close)
            self.world.connectors[entry["name"]] = one

    def sync(self) -> SyncResult:
        self.clock.advance(minutes=30)
        result = self.world.sync()
        assert result.exit_code == 0
        return result

    def mute(self, key: str) -> tuple[str, Any, Any, Any]:
        """State, who, why, until when of what was found about the date of an item."""
        one = self.world.finding("due-passed", key)
        until = one.muted_until and one.muted_until.astimezone(ZONE).date().isoformat()
        return one.state, one.muted_by, one.muted_reason, until

    def asked(self) -> list[str]:
        """The requests since the last call that read comments."""
        found = [
            template
            for site in (self.jira, self.boards)
            for method, template, _ in site.requests
            if method == "GET" and template.endswith(("/comments", "/comment"))
        ]
        found += [
            "bulkfetch" for _, template, _ in self.jira.requests if template.endswith("issue/bulkfetch")
        ]
        self.jira.requests.clear()
        self.boards.requests.clear()
        return found

    def our_comment(self, key: str) -> str:
        return self.jira.text_of_comment(int(self.jira.comments(key)[0]["id"]))


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[Shops]:
    with ExitStack() as stack:
        yield Shops(tmp_path, stack)


def test_a_persons_comment_mutes_and_unmutes_and_nobody_elses_does(
    shops: Shops, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shops.sync()
    assert [shops.mute(key)[0] for key in ("CHK-1", "CHK-2", "1")] == ["open"] * 3
    assert "dovetail: mute RULE until" in shops.our_comment("CHK-1")

    # Not people, a quotation, not a line of its own, no reason, a rule that is not open here, critical.
    shops.jira.add_comment("CHK-1", f"{HOW}bots do not get tired", by="app")
    shops.jira.add_comment("CHK-1", f"{HOW}I am only a customer", by="cus")
    quoted = {"type": "blockquote", "content": [_paragraph(f"{HOW}quoted")]}
    inline = _paragraph(f"As Bob said, {HOW}not a line of its own")
    shops.jira.add_comment("CHK-1", {"type": "doc", "version": 1, "content": [quoted, inline]}, by="ann")
    shops.jira.add_comment("CHK-2", "dovetail: mute due-passed until 2026-12-24", by="ann")
    shops.jira.add_comment("CHK-3", f"{HOW}it is too late anyhow", by="ann")
    shops.boards.add_comment(shops.work, f"<blockquote>{HOW}quoted</blockquote>", by=LEAD)
    shops.boards.add_comment(shops.work, f"<div>{HOW.replace('due', 'dew')}x</div>", by=LEAD)
    no_reason = "no reason is given; write `dovetail: mute RULE until 2026-12-24 because REASON`"
    no_approver = "due-passed is critical here, and who may mute that stands under mute.approvers"
    heard = shops.sync().listened
    assert heard is not None
    assert heard.muted == []
    assert heard.refused == [
        "shop CHK-1: what A Bot asks is not done: the account is no person but service.",
        "shop CHK-1: what A Customer asks is not done: the account is no person but unknown.",
        f"shop CHK-2: what {ANN} asks is not done: {no_reason}.",
        f"shop CHK-3: what {ANN} asks is not done: {no_approver}.",
        "boards 1: what Ann Lead asks is not done: nothing is open here that is called dew-passed.",
    ]
    assert [shops.mute(key)[0] for key in ("CHK-1", "CHK-2", "CHK-3", "1")] == ["open"] * 4

    evil = "=1+1 <script>alert(1)</script> \u202e \x1b[31m | {{7*7}}"
    body = {"type": "doc", "version": 1, "content": [_paragraph("Thanks."), _paragraph(f"{HOW}{evil}")]}
    shops.jira.add_comment("CHK-1", body, by="ann")
    shops.boards.add_comment(shops.work, f"<p>Hi</p><div>{HOW}the <b>supplier</b> is late</div>", by=LEAD)
    shops.sync()
    kept = "=1+1 <script>alert(1)</script> [31m | {{7*7}}"
    assert shops.mute("CHK-1") == ("suppressed", ANN, kept, "2026-03-20")
    assert shops.mute("1") == ("suppressed", "Ann Lead", "the supplier is late", "2026-03-20")
    assert f"by {ANN}: {kept}" in shops.our_comment("CHK-1")
    rows = list(shops.world.store.rows("finding", where={"state": "suppressed"}))
    emit(finding_listing(rows, empty="", zone=ZONE))
    emit(finding_listing(rows, empty=""), "csv")
    listed = capsys.readouterr().out
    assert "by Ann Lead until 2026-03-20: the supplier is late" in " ".join(listed.split())
    assert "\"'=1+1 <script>" in listed or "'=1+1 <script>" in listed
    told = [one for one in shops.world.store.audit(event="muting") if one.key == "1"]
    assert [(one.outcome, (one.details or {}).get("by")) for one in told] == [
        ("refused", "Ann Lead"),
        ("suppressed", "Ann Lead"),
    ]

    # Nothing new: nothing is asked. What somebody decides on the command line afterwards stands.
    shops.sync()
    shops.asked()
    shops.sync()
    assert shops.asked() == []
    shops.jira.add_comment("CHK-1", "dovetail: unmute due-passed", by="ann")
    shops.sync()
    assert shops.mute("CHK-1") == ("open", None, None, None)
    assert shops.asked() == ["bulkfetch"] * 3  # the pull, the comments of all changed items, the look

    # Who is an approver may mute what is critical; a comment that was edited is heard again.
    shops.world.mutes = MuteSettings(comments=True, zone=ZONE, approvers=frozenset({"shop:ann"}), max_days=10)
    number = shops.jira.add_comment("CHK-3", "dovetail: mute all because the board knows", by="ann")
    shops.sync()
    assert shops.mute("CHK-3") == ("suppressed", ANN, "the board knows", "2026-03-12")
    assert shops.world.finding("due-passed", "CHK-3").muted_approver == ANN
    shops.jira.edit_comment(number, "dovetail: snooze due-passed until 2026-03-05", by="ann")
    shops.sync()
    assert shops.mute("CHK-3") == ("snoozed", ANN, None, "2026-03-05")

    # A source that is read anew says nothing new: what was decided since stands.
    store = shops.world.store
    snoozed = shops.world.finding("due-passed", "CHK-3")
    woken = msgspec.structs.replace(snoozed, state="open", muted_by=None, muted_until=None)
    store.save_findings([woken], "reopen")
    store.forget_cursors("shop")
    shops.jira.edit_issue("CHK-3", {"summary": "Ship it"}, by="ann")
    shops.sync()
    assert shops.mute("CHK-3")[0] == "open"


def test_a_label_mutes_for_as_long_as_it_is_there_and_nobody_is_heard_by_default(shops: Shops) -> None:
    shops.world.mutes = MuteSettings()
    shops.world.waivers = [
        LabelWaiver(
            label="parked",
            reason="The board parked it.",
            until=date(2026, 3, 20),
            rules=frozenset({"due-passed"}),
        )
    ]
    shops.sync()
    shops.jira.add_comment("CHK-1", f"{HOW}I say so", by="ann")
    for key in ("CHK-2", "CHK-3"):
        shops.jira.edit_issue(key, {"labels": ["Parked"]}, by="ann")
    shops.sync()
    assert shops.mute("CHK-1")[0] == "open"
    assert shops.mute("CHK-2") == ("suppressed", "label parked", "The board parked it.", "2026-03-20")
    assert shops.mute("CHK-3")[0] == "open"  # critical, and nobody has approved it
    shops.clock.advance(hours=24 * 18)
    shops.world.waivers = [
        LabelWaiver(label="parked", reason="Again.", until=date(2026, 3, 21), approver="the board")
    ]
    shops.sync()
    assert shops.mute("CHK-3") == ("suppressed", "label parked", "Again.", "2026-03-21")
    assert shops.world.finding("due-passed", "CHK-3").muted_approver == "the board"
    shops.jira.edit_issue("CHK-2", {"labels": []}, by="ann")
    shops.clock.advance(hours=1)
    shops.sync()
    assert shops.mute("CHK-2") == ("open", None, None, None)
    shops.clock.advance(hours=24)
    shops.sync()
    assert shops.mute("CHK-3") == ("open", None, None, None)


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}
