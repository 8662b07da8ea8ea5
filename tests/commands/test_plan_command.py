"""`dovetail plan`: grouped table, JSON with schema and hash, Markdown for a change ticket, and --verify."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import msgspec
import pytest
from command_world import Folder
from shared import ROOT

from commands.plan import folded, summary
from commands.plan_markdown import escaped, plan_markdown
from portfolio.intents import Cost
from sync.plan_file import NotWritten, Plan, PlannedWrite, plan_schema, read_plan, table_rows

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CONFIG = """\
version: 1
timezone: Europe/Zurich
sources:
  - name: plans
    kind: project_file
    path: plans/*.xml
    write:
      fields: {open_findings: Number20, health: Text30}
      define: {Number20: Number20, Text30: Text30}
write: {plan_expires_after: 2h}
portfolio:
  name: Moves
  programs:
    - name: Buildings
      projects: [{name: Office move, scopes: ["plans:office.xml"]}]
"""


@pytest.fixture
def writing(folder: Folder) -> Folder:
    folder.configure(CONFIG)
    folder.add_plan()
    assert folder.run("pull").code == 0
    folder.run("derive")
    folder.run("check")
    return folder


def test_the_published_schema_of_plans_is_that_of_the_code() -> None:
    published = json.loads((ROOT / "docs" / "plan-schema.json").read_text(encoding="utf-8"))
    assert published == plan_schema()


def test_json_is_the_plan_file_with_schema_and_hash_and_can_be_applied(writing: Folder) -> None:
    answer = writing.run("plan", "--format", "json")
    assert answer.code == 0
    document = json.loads(answer.out)
    jsonschema.Draft202012Validator(plan_schema()).validate(document)
    assert (document["schema"], document["version"]) == ("dovetail-plan", 4)
    path = writing.path / "plan.json"
    path.write_text(answer.out, encoding="utf-8")
    plan = read_plan(path)
    assert {one.project for one in plan.writes} == {"office-move"}
    assert {one.program for one in plan.writes} == {"buildings"}
    assert {one.scope for one in plan.writes} == {"office.xml"}
    assert plan.expires_at - plan.created_at == timedelta(hours=2)
    assert writing.run("apply", "plan.json").code == 0
    document["writes"][0]["wanted"] = 99
    path.write_text(json.dumps(document), encoding="utf-8")
    refused = writing.run("apply", "plan.json")
    assert refused.code == 2
    assert "its hash does not fit" in refused.err


def test_what_is_applied_after_its_expiry_is_refused(
    writing: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing.run("plan", "--out", "plan.json")
    later = datetime.now(UTC) + timedelta(hours=2)
    monkeypatch.setattr("commands.apply.clock_of", lambda _: lambda: later)
    answer = writing.run("apply", "plan.json")
    assert answer.code == 2
    assert "The plan expired at" in answer.err


def test_the_table_names_the_project(writing: Folder) -> None:
    answer = writing.run("plan")
    assert answer.code == 0
    assert answer.lines[0].split()[:3] == ["SOURCE", "PROJECT", "KEY"]
    assert "office-move" in answer.out


def test_markdown_for_a_ticket_names_project_cost_expiry_and_hash(writing: Folder) -> None:
    answer = writing.run("plan", "--format", "markdown", "--out", "plan.json")
    assert answer.code == 0
    plan = read_plan(writing.path / "plan.json")
    lines = answer.lines
    assert lines[0] == "# Dovetail: planned writes"
    assert f"- Plan: `{plan.hash}`" in lines
    assert f"- Can be applied until: {plan.expires_at:%Y-%m-%d %H:%M} UTC" in lines
    assert "### Buildings / Office move" in lines
    assert any(line.startswith("2 writes; about 1 request; ") for line in lines), lines


def test_verify_says_what_would_be_refused_and_exits_4(writing: Folder) -> None:
    fine = writing.run("plan", "--verify")
    assert fine.code == 0
    assert "No write would be refused, as far as the trackers say." in fine.out
    assert "plans: Microsoft Project XML file cannot validate without writing" in fine.err
    before = (writing.path / "plans" / "office.xml").read_bytes()
    rows = json.loads(writing.run("plan", "--verify", "--format", "json").out)
    assert {(row["field"], row["answer"]) for row in rows} == {
        ("Number20", "accepted"),
        ("Text30", "accepted"),
    }
    assert "## Asked before writing" in writing.run("plan", "--verify", "--format", "markdown").out
    assert (writing.path / "plans" / "office.xml").read_bytes() == before


def test_a_plan_beyond_a_limit_says_so_before_it_is_applied(writing: Folder) -> None:
    writing.configure(f"{CONFIG}limits: {{max_writes_per_item: 1}}\n")
    answer = writing.run("plan", "--out", "plan.json")
    assert answer.code == 0
    assert "`apply` would stop: The plan has 2 writes to" in answer.err
    refused = writing.run("apply", "plan.json")
    assert refused.code == 5
    assert "limits.max_writes_per_item (1)" in refused.err


def write(key: str, **more: object) -> PlannedWrite:
    values: dict[str, object] = {
        "intent_id": key, "source": "shop", "item_id": f"shop/{key}", "native_id": key, "key": key,
        "slot": "health", "field": "Health", "wanted": "red",
    }  # fmt: skip
    return msgspec.convert(values | more, PlannedWrite)


def a_plan(*writes: PlannedWrite, **more: object) -> Plan:
    plan = Plan(
        run_id="r1",
        created_at=NOW,
        expires_at=NOW + timedelta(hours=24),
        sources=["shop", "boards"],
        writes=writes,
        cost={"shop": Cost(requests=3, budget=12, budget_unit="TSTU, estimated", emails=1)},
    )
    return msgspec.structs.replace(plan, **more).sealed()


def test_rows_are_grouped_by_source_programme_and_project_and_what_has_none_comes_last() -> None:
    plan = a_plan(
        write("1"),
        write("2", project="pay", program="store"),
        write("3", source="boards", project="kasse"),
        write("4", project="kasse", program="store"),
        conflicts=[NotWritten(source="shop", item_id="shop/5", key="5", slot="health", project="pay",
                              program="store", reason="changed by a person")],
    )  # fmt: skip
    told = [(row["source"], row["project"], row["key"]) for row in table_rows(plan)]
    assert told == [
        ("shop", "kasse", "4"),
        ("shop", "pay", "2"),
        ("shop", "pay", "5"),
        ("shop", None, "1"),
        ("boards", "kasse", "3"),
    ]


def test_the_summary_names_requests_budget_and_mails() -> None:
    assert summary(a_plan(write("1"))) == (
        "1 write: 1 field. About 3 requests; 12 of the rate limit of shop (tstu, estimated); "
        "1 mail to watchers."
    )


HOSTILE = (
    "[x](javascript:alert(1)) ![i](https://evil.example/p.png) <script>alert(1)</script> @everyone | a\n"
    "# heading `code` **bold** www.evil.example \x1b[31mred\u202e"
)


def test_the_text_of_trackers_is_shown_and_never_obeyed() -> None:
    plan = a_plan(
        write(HOSTILE, reason=HOSTILE, field=HOSTILE, project=HOSTILE, before=HOSTILE),
        conflicts=[NotWritten(source="shop", item_id="shop/5", key="5", slot="health", reason=HOSTILE)],
        failed={"boards": HOSTILE},
        notes=[HOSTILE],
        places={"shop": HOSTILE},
    )
    text = plan_markdown(plan, {}, folded(table_rows(plan)))
    for escape in ("\\[", "\\]"):
        assert escape in text
    bare = text.replace("\\[", "").replace("\\]", "")
    assert not any(bad in bare for bad in ("<script", "](", "![", "https://", "@everyone", "\x1b", "\u202e"))
    assert not any(bad in text for bad in ("**bold", "www.evil"))
    # No text of theirs begins a line or a cell of its own.
    assert [line for line in text.splitlines() if line.startswith("# ")] == ["# Dovetail: planned writes"]
    for line in text.splitlines():
        if line.startswith("| "):
            assert line.count("|") - line.count("\\|") in (8, 7)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        (40, "40"),
        ("2026-11-19", "2026-11-19"),
        ("On track", "On track"),
        ("a | b", "a \\| b"),
        ("- item", "\\- item"),
        (-5, "-5"),
        ("1. item", "1\\. item"),
        ("# title", "\\# title"),
        ("a & <b>", "a &amp; &lt;b&gt;"),
        ("@ana", "&#64;&#8203;ana"),
        ("https://x.example", "https&#58;//x.example"),
        ("a\\`b", "a\\\\\\`b"),
    ],
)
def test_each_character_that_markdown_knows_is_escaped(value: object, shown: str) -> None:
    assert escaped(value) == shown


def test_a_ticket_shows_old_and_new_why_and_which_rules() -> None:
    plan = a_plan(
        write("CHK-1", before="green", reason="2 late", rules=["due-passed", "no-owner"], project="kasse"),
        conflicts=[NotWritten(source="shop", item_id="shop/5", key="CHK-5", slot="health", now="amber",
                              reason="changed by a person since Dovetail wrote it")],
        skipped=[NotWritten(source="shop", item_id=f"shop/{n}", key=f"CHK-{n}", slot="slip_wd",
                            reason="not on the screen") for n in (6, 7)],
    )  # fmt: skip
    lines = plan_markdown(plan, {"kasse": "Kasse (Zürich)"}, folded(table_rows(plan))).splitlines()
    assert "- Total: 1 write (1 field); about 3 requests; 1 mail to watchers" in lines
    assert "1 write; about 3 requests; 12 of the rate limit's TSTU, estimated; 1 mail to watchers." in lines
    assert "### Kasse (Zürich)" in lines
    assert "| CHK-1 | set | Health | green | red | 2 late | due-passed, no-owner |" in lines
    assert (
        "| shop | CHK-5 | conflict | health | amber | changed by a person since Dovetail wrote it |" in lines
    )
    assert "| shop | 2 items | skipped | slip\\_wd | — | not on the screen |" in lines
    assert lines[lines.index("## boards") + 2] == "Nothing to write."


def test_an_output_that_cannot_be_written_to_is_said(writing: Folder) -> None:
    answer = writing.run("plan", "--out", str(Path("no-such-folder") / "plan.json"))
    assert answer.code != 0
    assert "Traceback" not in answer.err
