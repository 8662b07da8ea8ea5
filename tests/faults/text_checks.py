"""Small checks of what is shown, here and in the trackers: no secret, and nothing that is obeyed."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

from commands.output import csv_cell, to_json
from commands.plan_markdown import escaped
from commands.text import clean, redact
from connectors.auth import SecretRef
from connectors.azure_devops.render import body
from connectors.jira.render import document
from connectors.ms_project import render, sidecar
from connectors.ms_project.document import Document
from portfolio.notes import Link, Note, Paragraph, Quoted

_SCRIPT = "<script>alert(1)</script> @ana"


def quoted(text: str) -> Note:
    """A comment that shows what stands in a tracker."""
    return Note([Paragraph([Quoted(text)])])


def a_secret_that_was_read_is_hidden_in_every_encoding(folder: Path) -> None:
    (folder / "token").write_text(secret := secrets.token_hex(12))
    SecretRef(file=str(folder / "token")).resolve()
    for shown in (secret, base64.b64encode(secret.encode()).decode()):
        assert shown not in redact(f"refused: {shown}")


def markup_in_a_title_stays_text_in_html(folder: Path) -> None:
    del folder
    assert "<script" not in body(quoted(_SCRIPT), "html")


def markup_in_a_title_stays_text_in_markdown(folder: Path) -> None:
    del folder
    assert "<script" not in body(quoted(_SCRIPT), "markdown")


def nobody_is_mentioned_by_a_title(folder: Path) -> None:
    del folder
    assert "\\@ana" in body(quoted(_SCRIPT), "markdown")


def no_address_that_runs_something_becomes_a_link(folder: Path) -> None:
    del folder
    note = Note([Paragraph([Link("see", "javascript://shop.example/%0aalert(1)")])])
    assert "href" not in str(document(note))


def what_turns_a_line_round_reaches_no_tracker(folder: Path) -> None:
    del folder
    (paragraph,) = document(quoted("a\u202etxt.exe"))["content"]
    assert [piece["text"] for piece in paragraph["content"]] == ["atxt.exe"]


def a_note_of_a_plan_cannot_imitate_our_block(folder: Path) -> None:
    del folder
    lines = render.lines_of(quoted("=== [Dovetail 7 0123 0123456789abcdef] ==="))
    assert not any("===" in line for line in lines)


def a_title_moves_no_cursor(folder: Path) -> None:
    del folder
    assert "\x1b" not in clean("\x1b[2J\x1b]0;owned\x07")


def a_title_in_json_moves_no_cursor(folder: Path) -> None:
    del folder
    assert "\x9b" not in to_json({"title": "\x9b31m"})


def a_title_is_no_formula(folder: Path) -> None:
    del folder
    assert csv_cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"


def a_title_is_no_formula_in_a_table_beside_a_plan(folder: Path) -> None:
    del folder
    assert sidecar._guarded("=HYPERLINK(1)") == "'=HYPERLINK(1)"


def a_text_is_no_markup_in_a_plan(folder: Path) -> None:
    del folder
    assert Document(b"", b"", "utf-8").escaped("</Notes>") == b"&lt;/Notes&gt;"


def a_title_is_no_markup_in_a_change_ticket(folder: Path) -> None:
    del folder
    assert "<script" not in escaped(_SCRIPT)
    assert "@ana" not in escaped(_SCRIPT)
