"""A Note as a comment: hostile text is shown whole and never read as markup, in HTML and in Markdown."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from connectors.azure_devops import reference, render
from connectors.azure_devops.render import LIMIT, Format
from portfolio.notes import Block, BulletList, Heading, Link, Note, Paragraph, Quoted, Rule, Table, Text

HOSTILE = (
    "a < b <img src=x onerror=alert(1)> <!-- x --> &lt; **bold** [x](javascript:1) | `code` #12 !3 @<1> "
    "~~gone~~ $x$ :smile: https://evil.example www.evil.example \\* a_b_c"
)
FORMATS: list[Format] = ["html", "markdown"]


class Tags(HTMLParser):
    """The tags and the text of a page, as a browser would build it."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.parts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.parts).strip()


def shown(note: Note, form: Format) -> Tags:
    """What a reader sees: Markdown as a CommonMark renderer with tables and strike-through shows it."""
    text = render.body(note, form)
    if form == "html":
        return Tags(text)
    return Tags(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))


def test_every_block_has_its_html() -> None:
    note = Note(
        [
            Heading([Text("Findings")], level=2),
            Paragraph([Text("due 19 Nov", bold=True), Text(" by "), Quoted("Ann")]),
            BulletList([[Text("one")], [Link("two", "https://shop.example/?a=1&b=2")]]),
            Table(["key", "due"], [[Text("12"), Text("19 Nov")]]),
            Rule(),
        ]
    )
    assert render.body(note, "html") == (
        "<h2>Findings</h2><p><b>due 19 Nov</b> by Ann</p>"
        '<ul><li>one</li><li><a href="https://shop.example/?a=1&amp;b=2">two</a></li></ul>'
        "<table><tr><th>key</th><th>due</th></tr><tr><td>12</td><td>19 Nov</td></tr></table><hr>"
    )


def test_every_block_has_its_markdown() -> None:
    note = Note(
        [
            Heading([Text("Findings")], level=2),
            Paragraph([Text("High: ", bold=True), Text("late", bold=True), Text(" by "), Quoted("Ann")]),
            BulletList([[Text("one")], [Link("two", "https://shop.example/(x)?a=1&b=2")]]),
            Table(["key", "due"], [[Text("12"), Text("19 Nov")]]),
            Rule(),
        ]
    )
    assert render.body(note, "markdown") == (
        "## Findings\n\n**High\\:** **late** by Ann\n\n"
        "- one\n- [two](https://shop.example/%28x%29?a=1&amp;b=2)\n\n"
        "| key | due |\n| --- | --- |\n| 12 | 19 Nov |\n\n---\n\n"
    )
    assert [tag for tag, _ in shown(note, "markdown").tags] == [
        "h2", "p", "strong", "strong", "ul", "li", "li", "a",
        "table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td", "hr",
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_trap_11_hostile_text_is_shown_whole_and_never_interpreted(form: Format) -> None:
    page = shown(Note([Paragraph([Text("title: "), Quoted(HOSTILE)])]), form)
    assert page.tags == [("p", {})]
    assert page.text == f"title: {HOSTILE}"


@pytest.mark.parametrize("form", FORMATS)
def test_trap_11_an_unterminated_angle_bracket_cuts_nothing_off(form: Format) -> None:
    text = render.body(Note([Paragraph([Quoted("cost < plan <b"), Text(" and more")])]), form)
    assert "<b" not in text
    assert text.count("<") == (2 if form == "html" else 0)
    assert render.text_of(text, form) == "cost < plan <b and more"


@pytest.mark.parametrize(
    "line",
    ["- x", "+ x", "* x", "1. x", "12) x", "# x", "> x", "---", "===", "    x", "```", "| a | b |", "~~~"],
)
@pytest.mark.parametrize("where", ["paragraph", "bullet"])
def test_trap_11_a_line_of_tracker_text_starts_no_block_of_markdown(line: str, where: str) -> None:
    block: Block = Paragraph([Quoted(line)]) if where == "paragraph" else BulletList([[Quoted(line)]])
    page = shown(Note([Paragraph([Text("before")]), block]), "markdown")
    assert [tag for tag, _ in page.tags] == (["p", "p"] if where == "paragraph" else ["p", "ul", "li"])
    assert page.text.splitlines()[-1].strip() == line.strip()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://shop.example/x?a=1&copy=2", True),
        ("http://shop.example/a_(b)*c*", True),
        ("mailto:ann@shop.example", True),
        ("javascript:alert(1)", False),
        ("JAVASCRIPT:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example", False),
        ('https://x.example/"><script>', False),
        ("https://[bad", False),
    ],
)
def test_only_harmless_links_are_links(url: str, is_link: bool, form: Format) -> None:
    page = shown(Note([Paragraph([Link("report", url)])]), form)
    links = [attrs.get("href") for tag, attrs in page.tags if tag == "a"]
    assert len(links) == (1 if is_link else 0)
    assert page.text == ("report" if is_link else f"report ({url})")
    if is_link:
        target = (links[0] or "").replace("%28", "(").replace("%29", ")")
        assert target == url


@pytest.mark.parametrize("form", FORMATS)
def test_nobody_is_mentioned(form: Format) -> None:
    mention = '<a href="#" data-vss-mention="version:2.0,00000000-0000-4000-8000-000000000001">@Ann</a>'
    text = render.body(
        Note([Paragraph([Quoted(mention), Quoted(" @<00000000-0000-4000-8000-000000000001>")])]), form
    )
    assert "<a" not in text
    assert "@<" not in text


@pytest.mark.parametrize("form", FORMATS)
def test_bold_is_bold_or_plain_and_never_shows_its_stars(form: Format) -> None:
    note = Note(
        [
            Paragraph([Text("High: ", bold=True), Text("late")]),
            Paragraph([Text("a"), Text("(b)", bold=True), Text("c")]),
            Paragraph([Text(" ", bold=True), Text("x")]),
        ]
    )
    page = shown(note, form)
    assert "*" not in page.text
    assert " ".join(page.text.split()) in ("High: late a(b)c x", "High: latea(b)c x")
    assert [tag for tag, _ in page.tags if tag in ("b", "strong")]


@pytest.mark.parametrize("form", FORMATS)
def test_a_quoted_text_is_shortened_and_keeps_no_hidden_characters(form: Format) -> None:
    note = Note([Paragraph([Quoted("a" * 500)]), Paragraph([Quoted("left\u202eright\x00\nnext")])])
    assert render.text_of(render.body(note, form), form) == "a" * 199 + "…\nleftright next"


@pytest.mark.parametrize("form", FORMATS)
def test_a_note_without_text_is_still_a_comment(form: Format) -> None:
    for blocks in ([], [Heading([Text("")]), BulletList([]), Paragraph([Quoted("\u200b")])]):
        assert render.text_of(render.body(Note(blocks), form), form) == "–"


@pytest.mark.parametrize("form", FORMATS)
def test_a_long_note_is_cut_at_its_end_and_says_so(form: Format) -> None:
    rows = [[Text(f"T{number}"), Text("a long line about a date " * 4)] for number in range(1000)]
    note = Note([Paragraph([Text("start")]), Table(["key", "what"], rows), Paragraph([Text("end")])])
    text = render.body(note, form, room=reference.ROOM)
    assert LIMIT * 0.8 < len(text) <= LIMIT - reference.ROOM
    said = render.text_of(text, form)
    assert said.startswith("start")
    assert said.endswith("see the portfolio report.")
    assert "T150" in said


@given(st.lists(st.text(max_size=300), max_size=30), st.sampled_from(FORMATS))
@settings(max_examples=100, deadline=None)
def test_whatever_is_said_is_shown_as_text_and_fits(texts: list[str], form: Format) -> None:
    blocks: list[Block] = [Paragraph([Text(text), Quoted(text), Link(text, text)]) for text in texts]
    note = Note([*blocks, BulletList([[Quoted(text)] for text in texts]), Heading([Text("end")])])
    assert len(render.body(note, form)) <= LIMIT
    assert {tag for tag, _ in shown(note, form).tags} <= {"p", "ul", "li", "h3", "a"}


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=150))
@settings(max_examples=300, deadline=None)
def test_a_reader_of_either_format_sees_the_same_words(text: str) -> None:
    note = Note([Paragraph([Text("says "), Quoted(text), Text(" here", bold=True)])])
    seen = [" ".join(shown(note, form).text.split()) for form in FORMATS]
    assert seen[0] == seen[1] == " ".join(f"says {text} here".split())


# The reference line.


@pytest.mark.parametrize("form", FORMATS)
def test_our_comment_is_read_back_as_it_was_written(form: Format) -> None:
    body = render.body(Note([Paragraph([Quoted(HOSTILE)]), BulletList([[Text("a")]])]), form)
    text = reference.signed(body, form, item="12", digest="0123456789abcdef")
    read = reference.read(text, form)
    assert read.reference is not None
    assert (read.reference.item, read.reference.digest) == ("12", "0123456789abcdef")
    assert read.is_as_written
    assert render.text_of(text, form).endswith(read.reference.line)


def test_trap_11_what_the_sanitiser_rewrites_is_no_edit_and_a_word_is() -> None:
    body = render.body(
        Note([Paragraph([Text("due 19 Nov")]), Rule(), BulletList([[Quoted("a & b")]])]), "html"
    )
    text = reference.signed(body, "html", item="12", digest="0123456789abcdef")
    rewritten = (
        text.replace("<p>", '<div style="x">\n ')
        .replace("</p>", "</div> ")
        .replace("<hr>", "")
        .replace("&amp;", "&#38;")
    )
    assert rewritten != text
    assert reference.read(rewritten, "html").is_as_written
    assert not reference.read(rewritten.replace("19 Nov", "20 Nov"), "html").is_as_written
    assert not reference.read(f"<p>I know.</p>{text}", "html").is_as_written


@pytest.mark.parametrize(
    "line",
    [
        "see Dovetail reference dt-12-0123456789abcdef-0123456789abcdef",
        "Dovetail reference dt-12-0123456789abcdef-0123456789abcdef!",
        "Dovetail reference dt-12-0123456789abcdef",
        "Dovetail reference dt-012-0123456789abcdef-0123456789abcdef",
        "dovetail reference dt-12-0123456789abcdef-0123456789abcdef",
        "Dovetail reference dt-12-0123456789abcdeg-0123456789abcdef",
    ],
)
def test_a_part_of_a_line_is_no_reference(line: str) -> None:
    for form in FORMATS:
        assert reference.read(render.paragraph(line, form), form).reference is None


def test_a_reference_that_was_moved_to_other_words_or_another_item_does_not_fit() -> None:
    ours = reference.signed("<p>due 19 Nov</p>", "html", item="12", digest="0123456789abcdef")
    assert reference.read(ours, "html").is_as_written
    assert not reference.read(ours.replace("dt-12-", "dt-912-"), "html").is_as_written
    assert not reference.read(ours.replace("0123456789abcdef", "fedcba9876543210"), "html").is_as_written


def test_a_quoted_reference_does_not_hide_ours() -> None:
    other = reference.Reference("99", "fedcba9876543210", "fedcba9876543210").line
    body = render.body(Note([Paragraph([Quoted(other)])]), "html")
    read = reference.read(reference.signed(body, "html", item="12", digest="0123456789abcdef"), "html")
    assert read.reference is not None
    assert read.reference.item == "12"
    assert read.is_as_written


@given(st.text(max_size=200), st.sampled_from(FORMATS))
@settings(max_examples=200, deadline=None)
def test_whatever_people_write_in_comments_can_be_read(text: str, form: Format) -> None:
    read = reference.read(text, form)
    assert read.reference is None
    assert not read.is_as_written
    ours = reference.signed(
        render.body(Note([Paragraph([Quoted(text)])]), form), form, item="12", digest="0" * 16
    )
    assert reference.read(ours, form).is_as_written
    # As an editor stores words that a person adds: half a tag of theirs stays words, and swallows none.
    assert not reference.read(f"{render.paragraph(f'{text}x', form)}{ours}", form).is_as_written
