"""`audit`, `undo`, `errors` and `diff` as people type them, with right and wrong words."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_world import Answer, Folder
from test_writing_into_plans import CONFIG

from store import WriteRow, open_store

NOW = datetime.now(UTC)


@pytest.fixture
def written(folder: Folder) -> Folder:
    """A plan that one sync has written into."""
    folder.configure(CONFIG)
    folder.add_plan()
    assert folder.run("sync").code == 0
    return folder


def plan_of(folder: Folder) -> Path:
    return folder.path / "plans" / "office.xml"


def text_without_ours(path: Path) -> str:
    """What a planner sees of the plan, aside from the definitions of our fields, which stay."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\s*<ExtendedAttributes>.*?</ExtendedAttributes>", "", text, flags=re.S)
    return re.sub(r"\s*<Notes\s*/>|\s*<Notes></Notes>", "", text)


def test_a_run_is_taken_back_by_a_plan_that_is_applied(folder: Folder) -> None:
    folder.configure(CONFIG)
    path = folder.add_plan()
    before = text_without_ours(path)
    folder.run("sync")
    assert text_without_ours(path) != before
    answer = folder.run("undo", "last", "--out", "undo.json")
    assert answer.code == 0
    assert "clear" in answer.out
    assert "delete" in answer.out
    assert "What no undo takes back" in answer.err
    answer = folder.run("apply", "undo.json")
    assert answer.code == 0
    assert "Held: plans." in answer.err
    assert re.search(r"Audit trail: \d+:[0-9a-f]{16}\n", answer.err)
    assert text_without_ours(path) == before

    stands = path.read_bytes()
    answer = folder.run("sync")
    assert answer.code == 0
    assert "was undone, so nothing is written there until you say so" in answer.err
    assert path.read_bytes() == stands
    shown = folder.run("status")
    assert "held" in shown.out
    assert "plans is held: run" in shown.err
    folder.run("plan", "--out", "plan.json")
    assert "Armed: plans." in folder.run("apply", "plan.json").err
    assert text_without_ours(path) != before
    assert folder.run("audit", "verify").code == 0


def test_an_undo_that_is_only_shown_writes_nothing(written: Folder) -> None:
    stands = plan_of(written).read_bytes()
    answer = written.run("undo", "last", "--format", "jsonl")
    assert {json.loads(line)["action"] for line in answer.lines} == {"clear", "set", "delete"}
    assert plan_of(written).read_bytes() == stands


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("undo",), "Missing argument 'RUN'"),
        (("undo", "2019"), "There is no run `2019`."),
        (("undo", "last-7"), "There is no run `last-7`: 1 count here."),
        (("undo", "last", "--source", "plan"), "There is no source `plan`; did you mean `plans`?"),
        (("diff", "last"), "Missing argument 'RUN'"),
        (("diff", "last", "last"), "did not begin after"),
        (("diff", "last-1", "last"), "There is no run `last-1`"),
        (("audit", "show", "--run", "nobody"), "There is no run `nobody`."),
        (("audit", "show", "--last", "0"), "0 is not in the range"),
        (("audit", "verify", "--anchor", "42"), "'42' is no anchor."),
        (("audit", "verify", "--plan", "none.json"), "none.json: the plan cannot be read"),
        (("audit", "verify", "--file", "none.jsonl"), "none.jsonl cannot be read"),
        (("audit", "verify", "--file", "dovetail.yaml"), "line 1, is no entry of an audit trail."),
        (("audit", "export", "--out", "no/such/folder.jsonl"), "cannot be written"),
        (("errors", "show", "ffff"), "There is no error `ffff`."),
        (("errors", "retry"), "Name one or more ids, or --all."),
        (("errors", "retry", "ffff", "--all"), "Name one or more ids, or --all."),
        (("errors", "retry", "ffff"), "There is no error `ffff`."),
        (("errors", "ignore", "ffff"), "Missing option '--reason'"),
        (("errors", "ignore", "ffff", "--reason", " "), "--reason is empty."),
        (("errors", "ignore", "ffff", "--reason", "x", "--until", "2020-01-01"), "is not in the future"),
        (("errors", "ignore", "ffff", "--reason", "x", "--until", "2099-01-01"), "at most 180 days"),
        (("errors", "list", "--state", "odd"), "'odd' is not one of"),
        (("errors", "list", "--source", "plan"), "There is no source `plan`"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_as_asked_ends_with_2_and_says_why(
    written: Folder, arguments: tuple[str, ...], said: str
) -> None:
    stands = plan_of(written).read_bytes()
    answer = written.run(*arguments)
    assert answer.code == 2
    assert said in answer.err
    assert plan_of(written).read_bytes() == stands


def test_the_trail_is_shown_by_run_source_and_item(written: Folder) -> None:
    rows = [json.loads(line) for line in written.run("audit", "show", "--format", "jsonl").out.splitlines()]
    assert [row["event"] for row in rows[:2]] == ["plan applied", "arming"]
    writes = [row for row in rows if row["event"] == "write"]
    assert writes != []
    assert {row["outcome"] for row in writes} == {"applied"}
    key = writes[0]["key"]
    mine = json.loads(written.run("audit", "show", "--item", key, "--format", "json").out)
    assert {row["key"] for row in mine} == {key}
    by_id = json.loads(written.run("audit", "show", "--item", writes[0]["item_id"], "--format", "json").out)
    assert by_id == mine
    assert json.loads(written.run("audit", "show", "--run", "last", "--format", "json").out) == rows
    assert json.loads(written.run("audit", "show", "--last", "1", "--format", "json").out) == rows[-1:]
    assert json.loads(written.run("audit", "show", "--source", "boards", "--format", "json").out) == []
    table = written.run("audit", "show").out
    assert "our comment" in table
    assert "undo" not in table


def tampered(folder: Folder, sql: str) -> None:
    """What somebody with a database tool can do."""
    with sqlite3.connect(folder.path / "dovetail.db") as connection:
        for name in ("rows", "values", "order"):
            connection.execute(f"DROP TRIGGER IF EXISTS engine_audit_keeps_{name}")
        connection.execute(sql)
    connection.close()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE engine_audit SET outcome = 'refused' WHERE seq = 3", "Entry 3: it was changed"),
        ("DELETE FROM engine_audit WHERE seq = 3", "Entry 4: entry 3 is missing"),
        (
            "DELETE FROM engine_audit WHERE seq = (SELECT max(seq) FROM engine_audit)",
            "the end is missing: run",
        ),
        (
            "UPDATE engine_audit SET details = NULL, salt = NULL WHERE seq = 3",
            "Entry 3: its details were removed",
        ),
        ("SELECT 1", "no longer guards it"),
    ],
)
def test_a_trail_that_was_tampered_with_ends_with_1_and_the_first_broken_link(
    written: Folder, sql: str, said: str
) -> None:
    answer = written.run("audit", "verify")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("The audit trail is sound:")
    tampered(written, sql)
    answer = written.run("audit", "verify")
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err
    as_json = written.run("audit", "verify", "--format", "json")
    assert (as_json.code, json.loads(as_json.out)["is_sound"]) == (1, False)


def test_whoever_kept_the_end_finds_that_it_was_cut_off_even_with_the_run_records(written: Folder) -> None:
    written.run("plan", "--out", "plan.json")
    kept = written.run("audit", "verify").out.split()[-1]
    tampered(written, "DELETE FROM engine_audit WHERE seq > 3")
    with sqlite3.connect(written.path / "dovetail.db") as connection:
        connection.execute("UPDATE engine_run SET audit_head = ''")
    connection.close()
    for proof in (("--anchor", kept), ("--plan", "plan.json")):
        answer = written.run("audit", "verify", *proof)
        assert answer.code == 1
        assert "the end is missing" in answer.err


def test_an_export_is_checked_without_the_store_and_without_dovetail(written: Folder) -> None:
    answer = written.run("audit", "export", "--out", "trail.jsonl")
    assert answer.code == 0
    path = written.path / "trail.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    assert written.run("audit", "export").out == path.read_text()
    (written.path / "dovetail.db").unlink()
    (written.path / "dovetail.yaml").unlink()
    assert written.run("audit", "verify", "--file", "trail.jsonl").code == 0

    # The few lines of docs/undo-and-audit.md.
    guide = (Path(__file__).parents[2] / "docs" / "undo-and-audit.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```python\n(.*?)```", guide, flags=re.S)
    exec(compile(script, "docs/undo-and-audit.md", "exec"), {"print": lambda *words: None})  # noqa: S102

    lines = path.read_text().splitlines()
    entry = json.loads(lines[2])
    text = [
        "dovetail-audit-1", entry["seq"], entry["at"].replace("+00:00", "Z"), *(entry[name] for name in (
            "event", "run_id", "source", "item_id", "key", "slot", "field", "outcome", "rules", "remote_id",
            "write_id", "details_digest", "previous")),
    ]  # fmt: skip
    assert hashlib.sha256(json.dumps(text, separators=(",", ":")).encode()).hexdigest() == entry["hash"]
    path.write_text("\n".join([*lines[:2], *lines[3:]]) + "\n")
    answer = written.run("audit", "verify", "--file", "trail.jsonl")
    assert answer.code == 1
    assert "Entry 4: entry 3 is missing" in answer.err
    with pytest.raises(AssertionError):
        exec(compile(script, "docs/undo-and-audit.md", "exec"), {"print": lambda *words: None})  # noqa: S102


def refused(folder: Folder, count: int = 1) -> None:
    """As if a tracker had refused so many writes."""
    rows = [
        WriteRow(
            write_id=f"w{number}", run_id="r1", source="plans", item_id=f"plans/office.xml:{number}",
            key=f"office#{number}", slot="health", field="Portfolio health", after="red",
            intent_id=f"{number}{'a' * 15}",
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    with open_store(f"sqlite:///{folder.path / 'dovetail.db'}") as store:
        store.record_writes("r1", rows, NOW)
        for row in rows:
            store.settle_write(row.write_id, state="refused", reason="no permission", now=NOW)


def test_errors_are_listed_shown_ignored_and_asked_again(written: Folder) -> None:
    assert written.run("errors", "list").out == "No write has failed.\n"
    assert "failed writes  none" in written.run("status").out
    refused(written, 2)
    assert "failed writes  2 refused" in written.run("status").out
    assert "no permission" in written.run("errors", "list").out
    shown = written.run("errors", "show", "1aaa").out
    assert "office#1 (plans)" in shown
    assert "no permission" in shown

    day = (NOW + timedelta(days=30)).date().isoformat()
    answer = written.run("errors", "ignore", "1A", "--reason", "goes away", "--until", day, "--by", "Pia")
    assert answer.code == 0
    assert f"1 place will be left alone until {day}." in answer.err
    rows = json.loads(written.run("errors", "list", "--state", "ignored", "--format", "json").out)
    assert [(row["key"], row["by"], row["why"]) for row in rows] == [("office#1", "Pia", "goes away")]
    assert "1 ignored, 1 refused" in written.run("status").out
    assert "by Pia: goes away" in written.run("errors", "show", "1a").out

    assert written.run("errors", "retry", "--all", "--reason", "granted", "--by", "Pia").code == 0
    rows = json.loads(written.run("errors", "list", "--format", "json").out)
    assert {row["state"] for row in rows} == {"retry"}
    entries = json.loads(written.run("audit", "show", "--event", "failed write", "--format", "json").out)
    assert [row["outcome"] for row in entries] == ["ignored", "retry", "retry"]
    assert json.loads(written.run("errors", "list", "--source", "plans", "--format", "json").out) == rows


def test_a_place_without_an_answer_is_listed_with_its_wait_and_released_by_a_retry(written: Folder) -> None:
    refused(written)
    with open_store(f"sqlite:///{written.path / 'dovetail.db'}") as store:
        for _ in range(2):
            store.settle_write("w1", state="unknown", reason="the answer was lost", now=NOW)
    until = f"waits until {NOW + timedelta(hours=1):%Y-%m-%d %H:%M} UTC"
    assert until in written.run("errors", "list").out
    assert until.removeprefix("waits ") in written.run("errors", "show", "1aaa").out
    assert written.run("errors", "retry", "1aaa", "--by", "Pia").code == 0
    shown = written.run("errors", "list").out
    assert "waits" not in shown
    assert "by Pia" in shown


def test_an_id_that_several_share_is_not_guessed(written: Folder) -> None:
    refused(written, 11)
    answer = written.run("errors", "show", "1")
    assert answer.code == 2
    assert "`1` is the beginning of 3 ids." in answer.err


def test_diff_shows_what_a_run_changed(written: Folder) -> None:
    assert "Nothing changed between" in _diff_after(written, edit=False).out
    answer = _diff_after(written, edit=True)
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert ("finding", "resolved", "office#3") in {(row["what"], row["change"], row["key"]) for row in rows}
    assert {row["change"] for row in rows if row["what"] == "write"} == {"applied"}


def _diff_after(folder: Folder, *, edit: bool) -> Answer:
    path = plan_of(folder)
    if edit:
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"<Finish>2026-10-30", "<Finish>2027-10-29", text), encoding="utf-8")
    assert folder.run("sync").code == 0
    return folder.run("diff", "last-1", "last", "--format", "jsonl" if edit else "table")


def test_muting_and_lifting_a_limit_are_in_the_trail(written: Folder) -> None:
    finding = json.loads(written.run("findings", "--format", "json").out)[0]["finding_id"]
    written.run("findings", "suppress", finding, "--reason", "agreed", "--by", "Pia")
    written.run("findings", "reopen", finding, "--by", "Ana")
    written.run("pull", "--source", "plans", "--accept-vanished")
    rows = json.loads(written.run("audit", "show", "--format", "json").out)
    told = [(row["event"], row["outcome"], row["details"]["by"]) for row in rows if row["event"] != "write"]
    assert told[2:4] == [("muting", "suppressed", "Pia"), ("muting", "open", "Ana")]
    assert told[4][:2] == ("limit lifted", "max_vanished")
