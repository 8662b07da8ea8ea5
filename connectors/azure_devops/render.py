"""A Note as a comment of Azure DevOps, as HTML and as Markdown, and what such a comment says.

A tracker's text is escaped for a reason beyond scripts: the sanitiser runs on both formats, deletes what
looks like an unknown tag, and an unterminated `<` cuts off the rest of the text (facts/azure_devops.md §5.3).
Nobody is ever mentioned: a mention is a mail, and may be an invitation.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from typing import Literal, TypeAlias

import msgspec

from connectors.hostile_text import clean, is_harmless, shortened
from portfolio.notes import (
    Block,
    BulletList,
    Heading,
    Inline,
    Link,
    Note,
    Paragraph,
    Quoted,
    Rule,
    Table,
    Text,
)

Format: TypeAlias = Literal["html", "markdown"]

# A long text field holds a million characters; what a comment may hold is not documented
# (facts/azure_devops.md §12). This is what Jira takes, and more than anybody reads.
LIMIT = 32_000
_MORE = "More is known than fits here; see the portfolio report."

# What CommonMark, its tables and strike-through, and Azure DevOps itself give a meaning anywhere in a line:
# #12 links a work item, !12 a pull request, @ mentions, $ starts a formula, : an emoji or a bare address.
_MARKUP = re.compile(r"([\\`*_\[\]#!|~@$:^])")
# What has a meaning only where a line begins: bullets, numbers, rules and underlined headings.
_AT_LINE_START = re.compile(r"^(\s*)([-+=]|\d{1,9}(?=[.)]))")
_BARE_ADDRESS = re.compile(r"\bwww\.", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_BREAKS_LINE = frozenset(
    {
        "p",
        "div",
        "br",
        "hr",
        "li",
        "ul",
        "ol",
        "tr",
        "table",
        "blockquote",
        "pre",
        *(f"h{n}" for n in range(1, 7)),
    }
)
_UNSPOKEN = frozenset({"script", "style", "head", "title"})


class _Piece(msgspec.Struct):
    """One block as text, whose rows can be taken away from its end."""

    opening: str
    rows: list[str] = []
    closing: str = ""
    least: int = 0  # rows without which it means nothing: the head of a table

    @property
    def size(self) -> int:
        return len(self.opening) + sum(map(len, self.rows)) + len(self.closing)

    @property
    def text(self) -> str:
        return self.opening + "".join(self.rows) + self.closing


def body(note: Note, form: Format, *, room: int = 0) -> str:
    """The note as a comment, shortened from its end where it is too long; `room` characters are left free."""
    make = _html_block if form == "html" else _markdown_block
    pieces = [piece for block in note.blocks if (piece := make(block)) is not None]
    pieces = pieces or [_made(make, "–")]
    return "".join(piece.text for piece in _fitting(pieces, _made(make, _MORE), LIMIT - room))


def paragraph(text: str, form: Format) -> str:
    """One more paragraph for the end of a body."""
    return _made(_html_block if form == "html" else _markdown_block, text).text


def text_of(text: str, form: Format) -> str:
    """What a comment says, for people and for comparison: its text, one line per block."""
    if form == "html":
        reader = _Reader()
        reader.feed(text)
        reader.close()
        lines = "".join(reader.said).split("\n")
    else:
        lines = [_ESCAPED.sub(r"\1", html.unescape(line)) for line in text.splitlines()]
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def said_hash(text: str) -> str:
    """A hash of what is said, from `text_of`. The sanitiser rewrites markup and space; it keeps the words."""
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:16]


def _made(make: Callable[[Block], _Piece | None], text: str) -> _Piece:
    piece = make(Paragraph([Text(text)]))
    assert piece is not None  # noqa: S101 - a paragraph with a text always makes a piece
    return piece


def _fitting(pieces: list[_Piece], more: _Piece, limit: int) -> list[_Piece]:
    size = sum(piece.size for piece in pieces)
    if size <= limit:
        return pieces
    size += more.size
    while size > limit and pieces:
        last = pieces[-1]
        size -= last.size
        if len(last.rows) > last.least + 1:
            del last.rows[-max(1, (len(last.rows) - last.least) // 8) :]
            size += last.size
        else:
            pieces.pop()
    return [*pieces, more]


# HTML.


def _html_block(block: Block) -> _Piece | None:
    match block:
        case Heading(content=content, level=level):
            inner = _html_inlines(content)
            rank = min(max(level, 1), 6)
            return _Piece(f"<h{rank}>{inner}</h{rank}>") if inner else None
        case Paragraph(content=content):
            inner = _html_inlines(content)
            return _Piece(f"<p>{inner}</p>") if inner else None
        case BulletList(items=items):
            rows = [f"<li>{_html_inlines(item)}</li>" for item in items]
            return _Piece("<ul>", rows, "</ul>") if rows else None
        case Table(header=header, rows=rows_of_cells):
            head = "".join(f"<th>{html.escape(clean(cell))}</th>" for cell in header)
            body_rows = [
                "<tr>" + "".join(f"<td>{_html_inlines([cell])}</td>" for cell in row) + "</tr>"
                for row in rows_of_cells
            ]
            rows = [f"<tr>{head}</tr>", *body_rows] if head else body_rows
            return _Piece("<table>", rows, "</table>", 1 if head else 0) if rows else None
        case Rule():
            return _Piece("<hr>")


def _html_inlines(content: Sequence[Inline]) -> str:
    return "".join(map(_html_inline, content))


def _html_inline(piece: Inline) -> str:
    shown, url, is_bold = _spoken(piece)
    text = html.escape(shown)
    if not shown:
        return ""
    if url is not None:
        return f'<a href="{html.escape(url)}">{text}</a>'
    return f"<b>{text}</b>" if is_bold else text


# Markdown.


def _markdown_block(block: Block) -> _Piece | None:
    match block:
        case Heading(content=content, level=level):
            inner = _markdown_inlines(content)
            return _Piece(f"{'#' * min(max(level, 1), 6)} {inner}\n\n") if inner else None
        case Paragraph(content=content):
            inner = _markdown_inlines(content)
            return _Piece(f"{_opened(inner)}\n\n") if inner else None
        case BulletList(items=items):
            rows = [f"- {_opened(_markdown_inlines(item))}\n" for item in items]
            return _Piece("", rows, "\n") if rows else None
        case Table(header=header, rows=rows_of_cells):
            width = max([len(header), *(len(row) for row in rows_of_cells)])
            if not width:
                return None
            head = [_markdown_text(clean(cell)).strip() for cell in header]
            rows = [_row(head, width), _row(["---"] * width, width)]
            rows += [_row([_markdown_inlines([cell]) for cell in row], width) for row in rows_of_cells]
            return _Piece("", rows, "\n", 2)
        case Rule():
            return _Piece("---\n\n")


def _row(cells: Sequence[str], width: int) -> str:
    return "| " + " | ".join([*cells, *[""] * (width - len(cells))]) + " |\n"


def _markdown_inlines(content: Sequence[Inline]) -> str:
    spoken = [one for one in map(_spoken, content) if one[0]]
    shown = [text for text, _, _ in spoken]
    parts: list[str] = []
    for number, (text, url, is_bold) in enumerate(spoken):
        made = _markdown_text(text)
        if url is not None:
            parts.append(f"[{made.strip()}]({_destination(url)})")
        elif is_bold:
            before = shown[number - 1][-1:] if number else ""
            after = shown[number + 1][:1] if number + 1 < len(shown) else ""
            parts.append(_bold(text, before, after))
        else:
            parts.append(made)
    return "".join(parts).strip()


def _bold(text: str, before: str, after: str) -> str:
    """Bold text, or plain text where its stars would be shown instead of being read.

    Stars must touch the words, and beside a letter they must touch a letter or digit: CommonMark 0.31, §6.2.
    """
    core = text.strip()
    if not core:
        return text
    lead, _, trail = text.partition(core)
    opens = core[0].isalnum() or not (lead == "" and before.isalnum())
    closes = core[-1].isalnum() or not (trail == "" and after.isalnum())
    return f"{lead}**{_markdown_text(core)}**{trail}" if opens and closes else _markdown_text(text)


def _markdown_text(text: str) -> str:
    escaped = _MARKUP.sub(r"\\\1", html.escape(text, quote=False))
    return _BARE_ADDRESS.sub(lambda found: f"{found.group()[:-1]}\\.", escaped)


def _opened(line: str) -> str:
    """The beginning of a line, without what would make it a bullet, a number, a rule or a heading."""
    found = _AT_LINE_START.match(line)
    if found is None:
        return line
    rest = line[found.end() :]
    space, mark = found.groups()
    return f"{space}{mark}\\{rest}" if mark.isdigit() else f"{space}\\{mark}{rest}"


def _destination(url: str) -> str:
    """An address between round brackets: nothing in it ends it, opens an entity or is read as an escape."""
    quoted = re.sub(r"[()\\`|\[\]]", lambda found: f"%{ord(found.group()):02X}", url)
    return html.escape(quoted, quote=False)


# Both.


def _spoken(piece: Inline) -> tuple[str, str | None, bool]:
    """What a piece shows, the address it links to, and whether it is bold."""
    match piece:
        case Text(text=text, bold=bold):
            return clean(text), None, bold
        case Quoted(text=text):
            return shortened(clean(text)), None, False
        case Link(text=text, url=url):
            shown = clean(text) or clean(url)
            if is_harmless(url):
                return shown, url, False
            return (shown if shown == url else f"{shown} ({clean(url)})"), None, False


class _Reader(HTMLParser):
    """Collects the text of a comment, with a line end around every block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unspoken = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins a line, a cell a word."""
        if tag in _UNSPOKEN:
            self._unspoken += 1
        self.said.append("\n" if tag in _BREAKS_LINE else " " if tag in ("td", "th") else "")

    def handle_endtag(self, tag: str) -> None:
        """A block ends a line."""
        if tag in _UNSPOKEN and self._unspoken:
            self._unspoken -= 1
        self.said.append("\n" if tag in _BREAKS_LINE else "")

    def handle_data(self, data: str) -> None:
        """Text, in which a line end is a space."""
        if not self._unspoken:
            self.said.append(data.replace("\n", " "))
