"""The pack: the figures of the page, slides on which everything fits, files in which nothing is alive."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from pack_measures import LIVE, misfits, targets, words_of
from pptx import Presentation
from pptx.util import Pt
from report_world import Run
from shared import ROOT

from commands.report_data import report_of
from portfolio.errors import ConfigError, UsageError
from reports.figures import Report
from reports.pack_look import built_in_look, template_look
from reports.pack_model import Area, Chart, Deck, Page
from reports.pack_model import Run as Words
from reports.pack_pptx import chart_label, pptx_file
from reports.pack_slides import deck
from reports.pack_text import fitted, plain, width_of, wrapped
from reports.pack_words import Wording
from store import open_store
from sync.config import load_config
from sync.config_reading import read_config

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def figures(built: Path) -> tuple[Report, Sequence[Report]]:
    """The figures of the whole and of its programmes."""
    config = load_config(built / "dovetail.yaml")
    with open_store(f"sqlite:///{built / 'dovetail.db'}") as store:
        whole = report_of(store, config, now=NOW)
        slugs = [one.slug for one in whole.nodes if one.level == "program"]
        return whole, [report_of(store, config, now=NOW, slug=slug) for slug in slugs]


@pytest.fixture(scope="module")
def shown(files: Path, figures: tuple[Report, Sequence[Report]]) -> dict[str, str]:
    """What each slide says, by what it shows."""
    words = words_of(Presentation(str(files / "steering-pack.pptx")))
    keys = [one.key for one in deck(*figures, Wording(), Page()).slides]
    return dict(zip(keys, (" ".join(one.split()) for one in words), strict=True))


@pytest.fixture(scope="module")
def page(files: Path) -> dict[str, Any]:
    text = (files / "page.html").read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.S)
    return json.loads(data)


def test_the_figures_are_those_of_the_page(shown: dict[str, str], page: dict[str, Any]) -> None:
    summary = page["summary"]
    cover = shown["cover"]
    asked = len(page["decisions"])
    assert asked > 5
    assert f"{asked} decisions asked for" in cover
    assert f"{asked} decisions are asked for" in shown["decisions-1"]
    work = f"of {summary['open']} open pieces of work"
    assert f"{summary['slipping']} {work} will be later" in cover
    assert f"{summary['overdue']} {work} have passed" in cover
    assert f"{summary['highRisks']} of {summary['risks']} open risks are high" in cover
    assert f"{summary['unowned']} promised or at risk" in cover
    assert summary["projects"] == {"red": 3, "amber": 0, "green": 0, "grey": 0}
    assert "3 projects: 3 red" in shown["health"]
    assert f"{summary['slipping']} pieces of open work will be later" in shown["slips"]
    assert f"{summary['highRisks']} of {summary['risks']} open risks are high" in shown["risks"]
    for node in page["nodes"]:
        word = {"red": "Red", "amber": "Amber", "green": "Green"}.get(node["health"], "Unknown")
        assert re.search(f"{word}.*{node['percent_complete']:.0f}%", shown["health-reasons-1"])
    variances = {slug: variance for slug, variance, _ in page["costs"]["rows"]}
    assert f"{variances['checkout']:,.0f}" in shown["costs-EUR"]
    assert f"{variances['warehouse']:,.0f}" in shown["costs-CHF"]


def test_the_chapters_come_in_the_order_that_a_committee_needs(shown: dict[str, str]) -> None:
    assert [one for one in shown if one != "decisions-2"] == [
        "cover", "decisions-1", "health", "health-reasons-1", "slips", "risks", "milestones", "costs-CHF",
        "costs-EUR", "roadmap-all", "program-store-2-0", "roadmap-store-2-0", "program-supply-chain",
        "roadmap-supply-chain", "about",
    ]  # fmt: skip


def test_a_programme_has_its_own_figures(
    figures: tuple[Report, Sequence[Report]], shown: dict[str, str]
) -> None:
    for part in figures[1]:
        words = shown[f"program-{part.scope_slug}"]
        assert f"{part.title} is red: {part.nodes[0].reason}"[:60] in words
        assert part.slips.rows[0].item.key in words
        assert part.risks.rows[0].item.key in words


def test_money_in_two_currencies_is_never_added_up(shown: dict[str, str]) -> None:
    for currency in ("costs-CHF", "costs-EUR"):
        table = shown[currency].partition("All amounts in")[2].partition("· as of")[0]
        assert "Budget" in table
        assert table.count("Retail & Co") == 1  # in the footer, not in the table


NARROW = Page(
    width=978, height=733, label=Area(49, 170, 880, 19), title=Area(49, 40, 880, 155),
    body=Area(49, 197, 880, 400), footer=Area(49, 610, 880, 19), cover_body=Area(49, 620, 880, 10),
)  # fmt: skip


@pytest.mark.parametrize("given", [Page(), NARROW], ids=["built in", "4:3 template"])
def test_everything_fits_on_its_slide_whatever_stands_in_the_trackers(
    given: Page, figures: tuple[Report, Sequence[Report]]
) -> None:
    assert misfits(deck(*figures, Wording(title="W" * 300, footer="long " * 100), given)) == []


def test_a_misfit_would_be_noticed(figures: tuple[Report, Sequence[Report]]) -> None:
    made = deck(*figures, Wording(), Page())
    risks = next(one for one in made.slides if one.key == "risks")
    table = next(one for one in risks.elements if one.name == "Table")
    for spoilt in (replace(table, row_height=12.0), replace(table, area=Area(900, 90, 400, 40))):
        assert misfits(replace(made, slides=[replace(risks, elements=[spoilt])]))


def test_what_finds_no_room_is_counted(
    figures: tuple[Report, Sequence[Report]], shown: dict[str, str]
) -> None:
    whole, _ = figures
    assert (
        f"10 of {len(whole.slips.rows)} that are late or were moved again and again are shown."
        in shown["slips"]
    )
    assert f"10 of {len(whole.risks.rows)} risks are shown." in shown["risks"]


def test_every_slide_can_be_read_by_those_who_cannot_see_it(files: Path) -> None:
    show = Presentation(str(files / "steering-pack.pptx"))
    for slide in show.slides:
        assert slide.shapes.title.text_frame.text.strip()
        assert slide.shapes[0].shape_id == slide.shapes.title.shape_id  # read first
        assert len(slide.notes_slide.notes_text_frame.text) > 40
        ids = [int(one.get("id")) for one in slide.shapes._spTree.iter() if one.tag.endswith("}cNvPr")]
        assert len(ids) == len(set(ids))
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table or shape.shape_type == 6:
                assert shape._element.xpath(".//p:cNvPr")[0].get("descr"), shape.name
            if shape.has_table:
                assert shape.table.first_row
    assert show.core_properties.title == "Retail & Co"


def test_nothing_in_the_files_is_alive(files: Path) -> None:
    assert all(
        one.startswith("https://shop.example/browse/") for one in targets(files / "steering-pack.pptx")
    )
    with zipfile.ZipFile(files / "steering-pack.pptx") as archive:
        assert not [name for name in archive.namelist() if LIVE.search(name)]
        text = " ".join(archive.read(one).decode() for one in archive.namelist() if one.endswith(".xml"))
        assert "<script" not in text
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", text)
        sheets = [name for name in archive.namelist() if name.endswith(".xlsx")]
        assert len(sheets) == 4  # two charts of health and slips, one for each currency
        for name in sheets:
            book = openpyxl.load_workbook(io.BytesIO(archive.read(name)))
            cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value is not None]
            assert "f" not in {cell.data_type for cell in cells}
            assert not [cell for cell in cells if cell.hyperlink]
    reader = pypdf.PdfReader(files / "steering-pack.pdf", strict=True)
    root = reader.trailer["/Root"]
    assert not {"/AA", "/AcroForm", "/Names"} & set(root)
    assert isinstance(root["/OpenAction"], list)  # a place on the first page; an action would be a dictionary
    links = [
        note["/A"] for one in reader.pages for note in (each.get_object() for each in one.get("/Annots", []))
    ]
    assert links
    assert all(
        link["/S"] == "/URI" and link["/URI"].startswith("https://shop.example/browse/") for link in links
    )


@pytest.mark.parametrize(
    ("label", "kept"),
    [
        ("=1+1", " =1+1"), ("{=1}", " {=1}"), ("http://evil.example", " http://evil.example"),
        ("mailto:x@y", " mailto:x@y"), ("Checkout", "Checkout"), ("Store 2.0: tills", "Store 2.0: tills"),
    ],
)  # fmt: skip
def test_a_label_of_a_chart_is_no_formula_and_no_link(label: str, kept: str) -> None:
    assert chart_label(label) == kept


def test_the_pdf_has_the_same_slides_their_words_and_an_outline(files: Path, shown: dict[str, str]) -> None:
    reader = pypdf.PdfReader(files / "steering-pack.pdf", strict=True)
    assert len(reader.pages) == len(shown)
    outline = [str(one.title) for one in reader.outline]
    assert outline[0] == "Retail & Co"
    assert all(title[:40] in words for title, words in zip(outline, shown.values(), strict=True))
    words = " ".join(reader.pages[1].extract_text().split())
    assert outline[1] in words
    assert "later dates, or recover them" in words
    assert reader.metadata is not None
    assert reader.metadata.title == "Retail & Co"


def test_characters_that_no_font_has_are_said(run: Run) -> None:
    code, _, err = run("report", "pack", "-o", "x.pdf")
    assert code == 0
    assert "characters as boxes, such as" in err
    assert "report.fonts" in err


# Wording and templates.


def test_the_examples_of_the_documentation_are_valid(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "pack.md").read_text(encoding="utf-8")
    words, template = re.findall(r"```yaml\n(.*?)```", page, flags=re.S)
    start = "version: 1\nsources:\n  - {name: plans, kind: project_file, path: plans/*.xml}\n"
    given = read_config(tmp_path / "dovetail.yaml", f"{start}{words}").report
    assert (given.title, given.footer, given.accent) == ("Retail portfolio", "Confidential", "#1F4E79")
    assert given.headings == {"slips": "What is late", "risks": "What may happen"}
    given = read_config(tmp_path / "dovetail.yaml", f"{start}{template}").report
    assert given.template == tmp_path / "branding" / "steering.potx"
    with pytest.raises(ConfigError) as refused:
        read_config(
            tmp_path / "dovetail.yaml", f"{start}report: {{accent: blue, headings: {{slip: Late}}}}\n"
        )
    assert len(refused.value.problems) == 2


def test_the_pack_of_a_programme_is_about_it_alone(files: Path) -> None:
    words = words_of(Presentation(str(files / "store.pptx")))
    assert words[0].startswith("Store 2.0")
    assert any("2 projects: 2 red" in one for one in words)
    assert "Warehouse" not in " ".join(words)


def test_the_words_of_the_configuration_stand_on_the_slides(figures: tuple[Report, Sequence[Report]]) -> None:
    wording = Wording(
        title="Omnichannel",
        committee="Group board",
        footer="Confidential",
        accent="#7A1FA2",
        labels={"risks": "What may happen"},
    )
    made = deck(*figures, wording, Page())
    assert (made.title, made.accent) == ("Omnichannel", "#7A1FA2")
    assert made.footer == "Confidential · Omnichannel · as of 24 November 2026"
    assert made.slides[0].label == "Group board · as of 24 November 2026"
    assert next(one for one in made.slides if one.key == "risks").label == "What may happen"
    risks = [one for one in made.slides if one.key in ("cover", "risks")]
    show = Presentation(
        io.BytesIO(pptx_file(replace(made, slides=risks), built_in_look(wording.accent), NOW))
    )
    assert "WHAT MAY HAPPEN" in words_of(show)[1]
    assert "Confidential" in words_of(show)[1]


def few(made: Deck) -> Deck:
    """The first slides and one with a chart: to write all of them takes seconds."""
    return replace(
        made, slides=[one for one in made.slides if one.key in ("cover", "glance", "slips", "about")]
    )


def template(*, is_dark: bool = False, is_potx: bool = False) -> bytes:
    """A template as people have it: 4:3, with a slide of its own, perhaps dark, perhaps a .potx."""
    show = Presentation()
    show.slides.add_slide(show.slide_layouts[1]).shapes.title.text = "Do not forget to delete this slide"
    if is_dark:
        show.slide_master.background.fill.solid()
        from pptx.dml.color import RGBColor

        show.slide_master.background.fill.fore_color.rgb = RGBColor(0x10, 0x20, 0x30)
    file = io.BytesIO()
    show.save(file)
    if not is_potx:
        return file.getvalue()
    made = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"presentation.main+xml", b"template.main+xml"))
    return made.getvalue()


@pytest.mark.parametrize("is_potx", [False, True], ids=["pptx", "potx"])
def test_a_template_gives_size_master_and_fonts_and_keeps_none_of_its_slides(
    is_potx: bool, figures: tuple[Report, Sequence[Report]]
) -> None:
    look = template_look(template(is_potx=is_potx), "t")
    assert round(look.page.body.w) == 880  # slides are made on a page of one width, and scaled
    made = few(deck(figures[0], [], Wording(), look.page))
    assert [one.key for one in made.slides[:2]] == [
        "cover",
        "glance",
    ]  # its title slide has no room for figures
    assert misfits(made) == []
    show = Presentation(io.BytesIO(pptx_file(made, look, NOW)))
    assert (show.slide_width, show.slide_height) == (Pt(720), Pt(540))
    assert "Do not forget" not in " ".join(words_of(show))
    assert {slide.slide_layout.name for slide in show.slides} == {"Title Slide", "Title Only"}
    for slide in show.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= show.slide_width + Pt(1)
            assert shape.top + shape.height <= show.slide_height + Pt(1)


def test_on_a_dark_template_the_figures_stand_on_white(figures: tuple[Report, Sequence[Report]]) -> None:
    look = template_look(template(is_dark=True), "t")
    assert look.is_dark
    made = few(deck(figures[0], [], Wording(), look.page))
    show = Presentation(io.BytesIO(pptx_file(made, look, NOW)))
    panels = [[one.name for one in slide.shapes].count("Panel") for slide in show.slides]
    assert panels == [0, *[1] * (len(made.slides) - 1)]
    assert not template_look(template(), "t").is_dark


@pytest.mark.parametrize("content", [b"", b"no file", b"PK\x03\x04 half"], ids=["empty", "text", "broken"])
def test_what_is_no_template_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(UsageError, match=r"brand\.pptx is not a PowerPoint file"):
        template_look(content, "brand.pptx")


def test_wrong_words_are_said(run: Run, built: Path) -> None:
    assert run("report", "pack", "-o", "pack.doc")[::2] == (
        2,
        "error: pack.doc: a pack is a .pptx or a .pdf.\n",
    )
    code, _, err = run("report", "pack", "--template", "no.potx")
    assert (code, "no.potx cannot be read: No such file or directory." in err) == (2, True)
    code, _, err = run("report", "pack", "--portfolio", "nowhere")
    assert (code, "The portfolio has no `nowhere`." in err) == (2, True)


# Nothing at all.


def test_an_empty_store_gives_a_pack_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import cli

    monkeypatch.chdir(tmp_path)
    (tmp_path / "dovetail.yaml").write_text(
        "version: 1\nsources:\n  - {name: plans, kind: project_file, path: plans/*.xml}\n", encoding="utf-8"
    )
    for name in ("pack", "xlsx", "ics"):
        assert cli.main(["report", name, "--quiet"]) == 0
    words = words_of(Presentation("steering-pack.pptx"))
    assert "Nothing is known: no tracker was read" in words[1]
    assert "No open risk is recorded" in " ".join(words)
    assert "Costs: no tracker gives budgets or costs." in words[-1]
    assert not any(
        "green" in one.casefold().replace("never counts as green", "")
        for one in words[1:-1]
        if "GREEN" in one
    )
    with open_store("sqlite:///dovetail.db") as store:
        whole = report_of(store, load_config(tmp_path / "dovetail.yaml"), now=NOW)
    assert misfits(deck(whole, [], Wording(), Page())) == []


# Text that fits.


def test_text_is_cut_with_an_ellipsis_and_never_wider_than_its_place() -> None:
    for text in ("W" * 500, "word " * 200, "\u4f60\u597d" * 100, "a" * 20 + " " + "b" * 400, "i" * 3):
        for width in (20, 60, 300):
            for lines in (1, 2, 3):
                cut = plain(text, width, 11, lines=lines)
                rows = wrapped([Words(cut)], width, 11)
                assert len(rows) <= lines
                assert all(width_of("".join(run.text for run in row), 11) <= width for row in rows)
    assert plain("Cut-over rehearsal", 400, 11) == "Cut-over rehearsal"
    assert plain("Cut-over rehearsal of the warehouse", 100, 11) == "Cut-over rehears…"


def test_a_cut_keeps_looks_and_links() -> None:
    key = Words("CHK-12", bold=True, link="https://shop.example/browse/12")
    cut = fitted([key, Words(" a title that is much too long for its place")], 120, 11)
    assert cut[0] == key
    assert [run.bold for run in cut] == [True, False]
    assert cut[-1].text.endswith("…")


def test_a_slide_shows_the_chart_that_it_says(figures: tuple[Report, Sequence[Report]]) -> None:
    made: Deck = deck(*figures, Wording(), Page())
    health = next(one for one in made.slides if one.key == "health")
    (chart,) = [one for one in health.elements if isinstance(one, Chart)]
    for (word, values, _), colour in zip(chart.series, ("red", "amber", "green", "grey"), strict=True):
        assert word in ("Red", "Amber", "Green", "Unknown")
        units = [one for one in figures[0].nodes if one.level == "project"]
        assert list(values) == [one.by_health[colour] for one in units]
