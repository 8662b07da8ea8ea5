"""The whole road with plans that are written to: sync, sync again, what people change, and the plan file."""

from __future__ import annotations

import re
from pathlib import Path

from command_world import TODAY, Folder
from shared import ROOT

CONFIG = """\
version: 1
timezone: Europe/Zurich
sources:
  - name: plans
    kind: project_file
    path: plans/*.xml
    write:
      comments: true
      fields: {health: Portfolio health, open_findings: Open findings}
      define: {Portfolio health: Text30, Open findings: Number20}
      armed: true
      backlog: comment
portfolio:
  name: Moves
  projects:
    - {name: Office move, lead: pia@moves.example, scopes: ["plans:office.xml"]}
"""


def test_a_sync_writes_into_the_plan_and_a_second_one_leaves_it_byte_for_byte(folder: Folder) -> None:
    folder.configure(CONFIG)
    path = folder.add_plan()
    original = path.read_bytes()
    assert folder.run("sync", *TODAY, "--for-real").code == 0
    written = path.read_bytes()
    assert b"<Notes>=== Dovetail keeps" in written
    assert b"<Alias>Portfolio health</Alias>" in written
    assert original != written
    items = folder.run("export", "item", "--format", "jsonl").out
    changes = folder.run("export", "change", "--format", "jsonl").out
    findings = folder.run("export", "finding", "--format", "jsonl").out
    for _ in range(2):  # the first of them reads our own write
        assert folder.run("sync", *TODAY, "--for-real").code == 0
        assert path.read_bytes() == written
    # Our own write is not news: nothing that was read has changed by it.
    assert folder.run("export", "item", "--format", "jsonl").out == items
    assert folder.run("export", "change", "--format", "jsonl").out == changes
    assert folder.run("export", "finding", "--format", "jsonl").out == findings
    assert [copy.read_bytes() for copy in (path.parent / ".dovetail-backups").iterdir()] == [original]


def test_a_lost_store_finds_its_blocks_and_values_again(folder: Folder) -> None:
    folder.configure(CONFIG)
    path = folder.add_plan()
    folder.run("sync", *TODAY, "--for-real")
    written = path.read_bytes()
    for one in folder.path.glob("dovetail.db*"):
        one.unlink()
    assert folder.run("sync", *TODAY, "--for-real").code == 0
    assert path.read_bytes() == written


def test_a_value_that_the_planner_changed_is_reported_and_stays(folder: Folder) -> None:
    folder.configure(CONFIG)
    path = folder.add_plan()
    folder.run("sync", *TODAY, "--for-real")
    text = path.read_text(encoding="utf-8")
    assert text.count("<Value>red</Value>") == 1
    path.write_text(text.replace("<Value>red</Value>", "<Value>green</Value>"), encoding="utf-8")
    answer = folder.run("sync", *TODAY, "--for-real", "--full")
    assert answer.code == 0
    assert "changed by a person since Dovetail wrote it" in answer.out + answer.err
    assert "<Value>green</Value>" in path.read_text(encoding="utf-8")


def test_a_plan_file_is_refused_for_plans_at_another_place(folder: Folder) -> None:
    folder.configure(CONFIG)
    path = folder.add_plan()
    for verb in ("pull", "derive", "check"):
        assert folder.run(verb).code == 0
    assert folder.run("plan", "--out", "plan.json").code == 0
    assert folder.run("apply", "plan.json").code == 0
    assert b"=== Dovetail" in path.read_bytes()
    folder.configure(CONFIG.replace("plans/*.xml", "elsewhere/*.xml"))
    answer = folder.run("apply", "plan.json")
    assert answer.code == 2
    assert "The plan was made for plans at plans/*.xml" in answer.err
    assert "elsewhere/*.xml" in answer.err


def test_doctor_shows_what_is_written_where(folder: Folder) -> None:
    folder.configure(CONFIG)
    folder.add_plan()
    answer = folder.run("doctor")
    assert answer.code == 0
    shown = " ".join(answer.out.split())
    assert "Text30 becomes Portfolio health with the first value" in shown
    assert "a block of text in the notes of tasks" in shown


def test_values_for_an_mpp_go_to_the_table_beside_it(folder: Folder) -> None:
    folder.configure(CONFIG)
    path = folder.add_plan()
    original = path.read_bytes()
    Path(path.with_suffix(".mpp")).write_bytes(b"\xd0\xcf\x11\xe0")
    assert folder.run("sync", *TODAY, "--for-real").code == 0
    table = path.with_name("office.dovetail.csv")
    before = table.read_bytes()
    assert b"Unique_ID,Name,Portfolio health,Open findings,Dovetail_Note,Dovetail_Reference" in before
    assert b"red" in before
    assert folder.run("sync", *TODAY, "--for-real").code == 0
    assert table.read_bytes() == before
    assert path.read_bytes() == original


def test_the_example_of_the_documentation_writes_what_it_says(folder: Folder) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, flags=re.S)
    (example,) = [block for block in blocks if "project_file" in block and "define" in block]
    folder.configure(f"version: 1\ntimezone: Europe/Zurich\n{example}")
    path = folder.add_plan("plans/checkout.xml")
    for verb in ("pull", "derive", "check"):
        assert folder.run(verb).code == 0
    assert folder.run("plan", "--out", "plan.json").code == 0
    assert folder.run("apply", "plan.json").code == 0
    written = path.read_text(encoding="utf-8")
    assert "<FieldName>Text30</FieldName>" in written
    assert "<Value>Off track</Value>" in written
    assert [copy.name.split(".")[:2] for copy in (folder.path / "backups").iterdir()] == [["checkout", "xml"]]
