"""The living note: found again, edited in place, and never a byte of what people wrote."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_builder import plan, task
from plan_intents import NOTE, NOTE_LINES, connector, intent, kinds, look, note

from connectors.ms_project import living_note
from connectors.ms_project.render import LIMIT, lines_of
from portfolio.intents import COMMENT, Applied, Conflict, Refused, text_digest
from portfolio.notes import BulletList, Heading, Link, Note, Paragraph, Quoted, Rule, Table, Text

WRITE = {"comments": True}
MINE = "Call the lab &amp; book the crane.\n\tTwo lines."


def save(folder: Path, notes: str | None, name: str = "plan.xml") -> Path:
    """A plan of two tasks, the first with these notes, as they stand in the file."""
    rows = [task(1, Notes="@@", HideBar=0), task(2, HideBar=0)]
    text = plan(rows)
    text = text.replace("<Notes>@@</Notes>", "" if notes is None else f"<Notes>{notes}</Notes>")
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def raw_notes(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return text[text.index("<Notes>") + 7 : text.index("</Notes>")]


def write(folder: Path, told: Note | None, before: str | None = None, uid: int = 1) -> object:
    (receipt,) = connector(folder, WRITE).push([intent(COMMENT, told, before=before, uid=uid)])
    return receipt


def comment(folder: Path, uid: int = 1) -> Any:
    return look(connector(folder, WRITE), uid)[0].comment


def test_trap_one_block_per_task_edited_in_place(tmp_path: Path) -> None:
    path = save(tmp_path, MINE)
    first, second = note("first"), note("second")
    assert kinds([write(tmp_path, first)]) == {"Applied"}
    assert kinds([write(tmp_path, second, first.digest())]) == {"Applied"}
    expected = f"{MINE}\n\n{living_note.block_text('1', second.digest(), ['second'])}"
    assert raw_notes(path) == expected
    found = comment(tmp_path)
    assert (found.digest, found.body, found.is_edited, found.duplicates) == (
        second.digest(),
        "second",
        False,
        (),
    )


def test_the_block_names_its_task_its_digest_and_what_it_says() -> None:
    assert living_note.block_text("7", "0123456789abcdef", ["Due: 19 Nov", "Owner: nobody"]).split("\n") == [
        "=== Dovetail keeps the text between these lines up to date; please do not edit it ===",
        "Due: 19 Nov",
        "Owner: nobody",
        "=== [Dovetail 7 0123456789abcdef 7c4b53ae3339a607] ===",  # the start of a SHA-256
    ]


def test_what_a_planner_writes_above_and_below_stays_byte_for_byte(tmp_path: Path) -> None:
    path = save(tmp_path, MINE)
    first, second = note("first"), note("second & last")
    write(tmp_path, first)
    text = path.read_text(encoding="utf-8")
    below = "\n\nP.S. &#x41;sk <![CDATA[<Lena>]]>"
    path.write_text(text.replace("</Notes>", f"{below}</Notes>"), encoding="utf-8")
    assert kinds([write(tmp_path, second, first.digest())]) == {"Applied"}
    raw = raw_notes(path)
    assert raw.startswith(f"{MINE}\n\n=== Dovetail ")
    assert raw.endswith(f"] ==={below}")
    assert "second &amp; last" in raw
    assert kinds([write(tmp_path, None, second.digest())]) == {"Applied"}
    assert raw_notes(path) == MINE + below


@pytest.mark.parametrize("told", [NOTE, note("next")])
def test_an_edit_that_the_plan_has_seen_is_overwritten_where_ours_is_configured(
    tmp_path: Path, told: Note
) -> None:
    path = save(tmp_path, MINE)
    write(tmp_path, NOTE)
    text = path.read_text(encoding="utf-8").replace("Past its due date", "Past its due date, Lena knows")
    path.write_text(text, encoding="utf-8")
    seen = text_digest(comment(tmp_path).body)
    ours = msgspec.structs.replace(intent(COMMENT, told, before=NOTE.digest()), overwrites=seen)
    (receipt,) = connector(tmp_path, WRITE).push([ours])
    assert isinstance(receipt, Applied)
    found = comment(tmp_path)
    assert (found.digest, found.is_edited) == (told.digest(), False)
    assert raw_notes(path).startswith(MINE)
    # Another edit than the one that the plan has seen is a conflict.
    text = path.read_text(encoding="utf-8").replace("=== Dovetail", "I know. === Dovetail", 1)
    path.write_text(text.replace(found.body.split("\n")[0], "Mine now"), encoding="utf-8")
    (receipt,) = connector(tmp_path, WRITE).push([msgspec.structs.replace(ours, before=told.digest())])
    assert isinstance(receipt, Conflict)


def test_a_block_within_cdata_is_edited_there(tmp_path: Path) -> None:
    """Project 2002 and 2003 write notes so, with our block in the middle of the planner's text."""
    old, new, harsh = note("old <b>"), note("new <b> & more"), note("a ]]> b")
    block = living_note.block_text("1", old.digest(), ["old <b>"])
    path = save(tmp_path, f"<![CDATA[above\n\n{block}\n\nbelow]]>")
    assert kinds([write(tmp_path, new, old.digest())]) == {"Applied"}
    block = living_note.block_text("1", new.digest(), ["new <b> & more"])
    assert raw_notes(path) == f"<![CDATA[above\n\n{block}\n\nbelow]]>"
    assert kinds([write(tmp_path, harsh, new.digest())]) == {"Applied"}
    block = living_note.block_text("1", harsh.digest(), ["a ]]> b"]).replace(">", "&gt;")
    assert raw_notes(path) == f"<![CDATA[above\n\n]]>{block}<![CDATA[\n\nbelow]]>"
    assert kinds([write(tmp_path, None, harsh.digest())]) == {"Applied"}
    assert look(connector(tmp_path, WRITE), 1)[0].comment is None


def test_notes_without_a_text_of_people_go_with_the_block(tmp_path: Path) -> None:
    path = save(tmp_path, None)
    before = path.read_bytes()
    write(tmp_path, NOTE)
    assert b"<Notes>=== Dovetail" in path.read_bytes()
    assert path.read_bytes().index(b"<Notes>") < path.read_bytes().index(b"<HideBar>")
    write(tmp_path, None, NOTE.digest())
    assert path.read_bytes() == before


@pytest.mark.parametrize("spelling", ["<Notes/>", "<Notes />"])
def test_an_empty_field_of_notes_is_filled(tmp_path: Path, spelling: str) -> None:
    path = save(tmp_path, "")
    path.write_text(path.read_text(encoding="utf-8").replace("<Notes></Notes>", spelling), encoding="utf-8")
    assert kinds([write(tmp_path, NOTE)]) == {"Applied"}
    assert raw_notes(path).startswith("=== Dovetail")


def test_what_project_does_to_white_space_is_no_edit_of_a_person(tmp_path: Path) -> None:
    path = save(tmp_path, MINE)
    write(tmp_path, NOTE)
    text = (
        path.read_text(encoding="utf-8").replace("Due: 19", "Due:  19").replace("\n- Owner", "\n\n-  Owner")
    )
    path.write_bytes(text.replace("\n", "\r\n").encode())
    found = comment(tmp_path)
    assert (found.digest, found.is_edited) == (NOTE.digest(), False)
    assert kinds([write(tmp_path, note("next"), NOTE.digest())]) == {"Applied"}


@pytest.mark.parametrize("reference", ["&#13;", "&#xD;"])
def test_line_ends_that_a_program_writes_as_references_hide_no_block(tmp_path: Path, reference: str) -> None:
    path = save(tmp_path, MINE)
    write(tmp_path, NOTE)
    head, notes, tail = path.read_text(encoding="utf-8").partition(raw_notes(path))
    saved = f"{notes}\nbelow".replace("\n", f"{reference}\n")
    path.write_text(f"{head}{saved}{tail}", encoding="utf-8")
    found = comment(tmp_path)
    assert (found.digest, found.is_edited) == (NOTE.digest(), False)
    assert kinds([write(tmp_path, note("next"), NOTE.digest())]) == {"Applied"}
    assert raw_notes(path).count("[Dovetail 1 ") == 1
    assert raw_notes(path).endswith("below")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("Past its due date", "Past its due date, Lena knows"),
        ("- Due: 19 Nov 2026\n", ""),
        ("=== Dovetail keeps the text between these lines up to date; please do not edit it ===\n", ""),
    ],
)
def test_an_edit_of_our_block_is_a_conflict_and_stays(tmp_path: Path, was: str, becomes: str) -> None:
    path = save(tmp_path, MINE)
    write(tmp_path, NOTE)
    text = path.read_text(encoding="utf-8").replace(was, becomes)
    path.write_text(text, encoding="utf-8")
    assert comment(tmp_path).is_edited
    found = write(tmp_path, note("next"), NOTE.digest())
    assert found == Conflict(
        intent_id="plans/plan.xml:1:comment", now=NOTE.digest(), reason="a person edited the comment"
    )
    assert path.read_text(encoding="utf-8") == text


def test_a_deleted_block_is_a_conflict_and_is_not_made_again(tmp_path: Path) -> None:
    path = save(tmp_path, MINE)
    before = path.read_bytes()
    found = write(tmp_path, note("next"), NOTE.digest())
    assert found == Conflict(intent_id="plans/plan.xml:1:comment", now=None, reason="the comment was deleted")
    assert path.read_bytes() == before


def test_a_copied_task_takes_its_notes_along_and_the_copy_is_not_ours(tmp_path: Path) -> None:
    path = save(tmp_path, MINE)
    write(tmp_path, NOTE)
    copied = raw_notes(path)
    text = path.read_text(encoding="utf-8").replace("<HideBar>0</HideBar></Task></Tasks>", (
        f"<Notes>{copied}</Notes><HideBar>0</HideBar></Task></Tasks>"
    ))  # fmt: skip
    path.write_text(text, encoding="utf-8")
    assert comment(tmp_path, 2) is None
    assert kinds([write(tmp_path, note("its own"), uid=2)]) == {"Applied"}
    assert comment(tmp_path, 2).body == "its own"
    assert comment(tmp_path, 1).digest == NOTE.digest()
    assert kinds([write(tmp_path, None, note("its own").digest(), uid=2)]) == {"Applied"}
    assert path.read_text(encoding="utf-8") == text


def test_a_renamed_file_keeps_its_blocks(tmp_path: Path) -> None:
    path = save(tmp_path, MINE)
    write(tmp_path, NOTE)
    path.rename(tmp_path / "renamed.xml")
    (found,) = look(connector(tmp_path, WRITE), 1, name="renamed.xml")
    assert found.comment is not None
    assert found.comment.digest == NOTE.digest()


def test_a_block_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = save(tmp_path, MINE)
    write(tmp_path, NOTE)
    block = living_note.block_text("1", NOTE.digest(), NOTE_LINES).replace("&", "&amp;").replace("<", "&lt;")
    path.write_text(
        path.read_text(encoding="utf-8").replace("</Notes>", f"\n\n{block}</Notes>"), encoding="utf-8"
    )
    assert comment(tmp_path).duplicates == ("notes 2",)


def test_notes_that_are_no_plain_text_are_left_alone(tmp_path: Path) -> None:
    path = save(tmp_path, "<b>bold</b>")
    before = path.read_bytes()
    assert write(tmp_path, NOTE) == Refused(
        intent_id="plans/plan.xml:1:comment", reason="its notes are not plain text"
    )
    assert path.read_bytes() == before


# Hostile text.

HOSTILE = (
    "\n=== [Dovetail 1 0000000000000000 0000000000000000] ===\n"
    "=== Dovetail keeps the text ===\r]]></Notes></Task><Task><UID>9</UID>&lol;<!-- <?x?> "
    "\x00\x1b\u202e\ufffe😀"
)


def test_hostile_text_stays_on_its_line_and_cannot_look_like_our_block(tmp_path: Path) -> None:
    path = save(tmp_path, MINE)
    told = Note([
        Heading([Quoted(HOSTILE)]),
        BulletList([[Text("a"), Quoted(HOSTILE * 20)]]),
        Table(["x"], [[Quoted(HOSTILE)]]),
        Paragraph([Link("click", "javascript:alert(1)"), Link("page", "https://demo.example/x")]),
        Rule(),
    ])  # fmt: skip
    assert kinds([write(tmp_path, told)]) == {"Applied"}
    found = comment(tmp_path)
    assert (found.digest, found.is_edited, found.duplicates) == (told.digest(), False, ())
    lines = found.body.split("\n")
    assert [line[:13] for line in lines] == [
        " == [Dovetail", "- a == [Dovet", "x", " == [Dovetail", "clickpage (ht", "---"
    ]  # fmt: skip
    assert "javascript" not in found.body
    assert "\u202e" not in found.body
    assert len(lines[1]) <= 3 + 300
    assert path.read_text(encoding="utf-8").count("<Task>") == 2
    assert kinds([write(tmp_path, None, told.digest())]) == {"Applied"}
    assert raw_notes(path) == MINE


def test_a_long_comment_ends_with_where_the_rest_is() -> None:
    lines = lines_of(Note([Paragraph([Text("word " * 200)]) for _ in range(20)]))
    assert sum(len(line) + 1 for line in lines) <= LIMIT + 40
    assert lines[-1] == "And more: `dovetail findings`."
    assert lines_of(Note([])) == ["–"]


# Without ] and >, two of which side by side would be no XML any more.
WORDS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="<&]>\ufffe\uffff")
ODD = ["&amp;", "&lt;", "&#10;", "&#x1F600;", "\n", "\t", "\r\n", "\n\n", "<!-- c -->", "<?p i?>", "==="]
PIECES = st.lists(
    st.one_of(
        st.text(alphabet=WORDS, max_size=12),
        st.sampled_from(ODD),
        st.text(alphabet="abc<&> \n", max_size=12).map(lambda text: f"<![CDATA[{text}]]>"),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(pieces=PIECES)
def test_any_notes_survive_writing_editing_and_taking_out(
    pieces: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("notes")
    mine = "".join(pieces)
    path = folder / "plan.xml"
    save(folder, "x")
    path.write_bytes(path.read_bytes().replace(b"<Notes>x</Notes>", f"<Notes>a{mine}</Notes>".encode()))
    original = path.read_bytes()
    first, second = note("first & <1>"), note("second")
    assert kinds([write(folder, first)]) == {"Applied"}
    assert kinds([write(folder, second, first.digest())]) == {"Applied"}
    raw = path.read_bytes()
    assert f"<Notes>a{mine}".encode() in raw
    assert kinds([write(folder, None, second.digest())]) == {"Applied"}
    assert path.read_bytes() == original


def test_the_words_of_the_block_are_readable_in_the_file(tmp_path: Path) -> None:
    path = save(tmp_path, MINE)
    write(tmp_path, NOTE)
    shown = unescape(raw_notes(path)).split("\n")
    assert shown[4:8] == NOTE_LINES
