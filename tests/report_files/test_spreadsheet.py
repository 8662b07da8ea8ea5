"""The workbook, read by another library: types, filters, colours, and text that stays text."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from report_rows import FORMULAS, HOSTILE
from report_world import Run

from reports import spreadsheet
from reports.spreadsheet import Sheet, SheetColumn, Workbook, Written

COLUMNS = (
    SheetColumn("Key", "key", "link"), SheetColumn("Title", "title"), SheetColumn("State", "state"),
    SheetColumn("Health", "health", colour="health"), SheetColumn("Due", "due", "date", colour="overdue"),
    SheetColumn("At", "at", "moment"), SheetColumn("Money", "money", "money"),
    SheetColumn("Yes", "yes", "flag"), SheetColumn("Labels", "labels", "list"),
)  # fmt: skip


def written(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[SheetColumn] = COLUMNS, name: str = "Items"
) -> tuple[bytes, Written]:
    file = io.BytesIO()
    book = Workbook(
        file, title="R&D", made_at=datetime(2026, 11, 24, 8, tzinfo=UTC), zone=ZoneInfo("Europe/Zurich"),
        today=date(2026, 11, 24),
    )  # fmt: skip
    book.add(Sheet(name, columns, rows, "There is nothing."))
    done = book.close()
    return file.getvalue(), done


def cells(content: bytes) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [list(row) for row in sheet.iter_rows(min_row=2)]


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_every_value_has_its_own_type_and_unknown_is_an_empty_cell() -> None:
    content, _ = written([
        {"key": "A-1", "url": "https://shop.example/A-1", "title": "x", "due": date(2026, 12, 1), "yes": True,
         "at": datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "money": 12.5, "labels": ["a", "b"],
         "health": "red"},
        {"key": "A-2", "health": None, "due": date(1889, 1, 1), "money": float("nan")},
    ])  # fmt: skip
    first, second = cells(content)
    assert [cell.value for cell in first] == [
        "A-1", "x", None, "Red", datetime.fromisoformat("2026-12-01"),
        datetime.fromisoformat("2026-07-02T00:30"), 12.5, "yes", "a; b",
    ]  # fmt: skip
    assert (first[4].is_date, first[4].number_format, first[6].number_format) == (
        True,
        "yyyy-mm-dd",
        "#,##0.00",
    )
    assert first[0].hyperlink.target == "https://shop.example/A-1"
    assert [cell.value for cell in second] == [
        "A-2",
        None,
        None,
        "Unknown",
        "1889-01-01",
        None,
        None,
        None,
        None,
    ]


def test_headings_stay_and_filter_and_colours_follow_the_words() -> None:
    content, _ = written([{"key": "A-1", "state": "todo"}, {"key": "A-2", "state": "done"}])
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("C2", "A1:I3", "$1:$1")
    assert sheet.oddFooter.left.text == "R&&D"
    rules = {
        str(area.sqref): [(rule.type, rule.operator, rule.formula) for rule in rules]
        for area, rules in sheet.conditional_formatting._cf_rules.items()
    }
    assert rules["D2:D3"] == [
        ("cellIs", "equal", [f'"{word}"']) for word in ("Red", "Amber", "Green", "Unknown")
    ]
    # 46350 is 24 November 2026 in Excel's calendar.
    overdue = 'AND(ISNUMBER(E2),E2<46350,$C2<>"done",$C2<>"removed")'
    assert rules["E2:E3"] == [("expression", None, [overdue])]


def test_hostile_text_is_text_and_nothing_else() -> None:
    rows = [{"key": text, "title": text, "url": text, "labels": [text], "health": text} for text in HOSTILE]
    content, done = written(rows)
    found = parts(content)
    assert "<f>" not in found["xl/worksheets/sheet1.xml"]
    assert "<hyperlink" not in found["xl/worksheets/sheet1.xml"]
    assert not [name for name in found if "vba" in name.lower() or "external" in name.lower()]
    read = cells(content)
    assert [row[3].value for row in read] == ["Unknown"] * len(HOSTILE)
    for row in read:
        assert {cell.data_type for cell in row if cell.value is not None} <= {"s", "inlineStr"}
        assert max(len(str(cell.value)) for cell in row) <= spreadsheet.LONGEST_TEXT
        assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", str(row[1].value))
    shown = {row[1].value for row in read}
    assert {"+1+cmd|' /C calc'!A0", "<script>alert(1)</script>"} <= shown
    # Excel reads _x0041_ as A; the underscore is escaped, so it reads what stands there.
    assert ">_x005F_x0041_ {=1} ${x} {{x}} %s<" in found["xl/worksheets/sheet1.xml"]
    assert all(row[1].style_id != read[-1][1].style_id for row in read[: len(FORMULAS)])
    assert all(row[1].quotePrefix for row in read[: len(FORMULAS)])
    assert done.shortened == 9  # three long texts, each as key, title and label


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://shop.example/browse/A-1?x=1#y", True), ("http://127.0.0.1:8080/x", True),
        ("javascript:alert(1)", False), ("file:///etc/passwd", False), ("internal:Sheet1!A1", False),
        ("external:c:\\x.xlsx", False), ("https://user@evil.example/", False),
        ("https://e.example/\"><f>", False),
        ("https://e\u202ex.example/", False), ("https:///x", False), ("mailto:x@y", False),
    ],
)  # fmt: skip
def test_only_web_addresses_are_links(url: str, is_link: bool) -> None:
    content, _ = written([{"key": "A-1", "url": url}])
    (row,) = cells(content)
    assert (row[0].hyperlink is not None) is is_link
    assert row[0].value == "A-1"


def test_the_same_rows_give_the_same_file() -> None:
    rows = [{"key": "A-1", "title": "x"}]
    assert written(rows)[0] == written(rows)[0]


def test_rows_and_links_beyond_what_a_sheet_takes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    monkeypatch.setattr(spreadsheet, "MOST_LINKS", 2)
    rows = [{"key": f"A-{n}", "url": "https://shop.example/"} for n in range(5)]
    content, done = written(iter(rows))
    assert (done.rows, done.left_out) == ({"Items": 3}, {"Items": 2})
    assert [row[0].hyperlink is not None for row in cells(content)] == [True, True, False]


def test_a_sheet_without_rows_says_so() -> None:
    content, _ = written([])
    assert cells(content)[0][0].value == "There is nothing."


def test_the_whole_portfolio_is_a_workbook(run: Run, tmp_path: Path) -> None:
    code, out, err = run("report", "xlsx")
    assert (code, out) == (0, "")
    assert (tmp_path / "portfolio.xlsx").stat().st_mode & 0o777 == 0o600
    book = openpyxl.load_workbook(tmp_path / "portfolio.xlsx")
    assert book.sheetnames == [
        "Overview", "Projects", "Milestones", "Risks", "Findings", "Dependencies", "People", "Costs", "Items",
        "Trackers",
    ]  # fmt: skip
    rows = sum(sheet.max_row - 1 for sheet in book if sheet.title != "Overview" and sheet.max_row > 1)
    assert err == f"portfolio.xlsx: 10 sheets, {rows} rows.\n"
    names = [row[0].value for row in book["Projects"].iter_rows(min_row=2)]
    assert names == [
        "Retail & Co",
        "Store 2.0",
        "=1+1 <b>Payments</b>",
        "Checkout",
        "Supply chain",
        "Warehouse",
    ]
    money = {row[0].value: (row[2].value, row[3].value) for row in book["Costs"].iter_rows(min_row=2)}
    assert "Retail & Co" not in money  # Swiss francs and euros are not added up
    assert money["Checkout"] == ("EUR", 1053000)
    with zipfile.ZipFile(tmp_path / "portfolio.xlsx") as archive:
        targets = [
            target
            for name in archive.namelist()
            if name.endswith(".rels") and "worksheets" in name
            for target in re.findall(r'Target="([^"]*)"', archive.read(name).decode())
        ]
    assert targets
    assert all(target.startswith("https://shop.example/browse/") for target in targets)


def test_one_project_alone_has_only_what_is_its_own(run: Run, tmp_path: Path) -> None:
    assert run("report", "xlsx", "--portfolio", "warehouse", "-o", "w.xlsx")[0] == 0
    book = openpyxl.load_workbook(tmp_path / "w.xlsx")
    assert "People" not in book.sheetnames
    assert {row[4].value for row in book["Items"].iter_rows(min_row=2)} == {"Warehouse"}
    # Findings on dependencies and twins have no project of their own, and belong to one all the same.
    assert run("report", "html", "--portfolio", "warehouse", "--output", "w.html")[0] == 0
    data = json.loads(
        (tmp_path / "w.html").read_text(encoding="utf-8").partition('id="data">')[2].partition("</")[0]
    )
    live = [row for row in book["Findings"].iter_rows(min_row=2, values_only=True) if row[3] == "open"]
    assert len(live) == sum(data["summary"]["findings"].values())
    assert {row[4] for row in live} == {"Warehouse"}
    code, _, err = run("report", "xlsx", "--portfolio", "warehose")
    assert (code, "did you mean `warehouse`?" in err) == (2, True)
    code, _, err = run("report", "xlsx", "-o", "no/such/folder.xlsx")
    assert (code, "no/such/folder.xlsx cannot be written: No such file or directory." in err) == (2, True)


def test_another_day_is_said_beside_the_day_of_the_rest(run: Run, tmp_path: Path) -> None:
    assert run("report", "xlsx", "--portfolio", "warehouse", "--today", "2026-12-24", "-o", "w.xlsx")[0] == 0
    said = [row[0].value or row[1].value for row in openpyxl.load_workbook(tmp_path / "w.xlsx")["Overview"]]
    assert str(said[1]).startswith("As of 24 December 2026.")
    assert said[2] == "Note"
