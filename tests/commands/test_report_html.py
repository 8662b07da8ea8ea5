"""`dovetail report html`: the page from the store, and from plans without any configuration."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from command_world import CONFIG, SMALL_PLAN, TODAY, Folder


def data_of(folder: Folder, name: str = "portfolio.html") -> dict[str, Any]:
    text = (folder.path / name).read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.S)
    assert found is not None
    return dict(json.loads(found[1]))


def test_a_page_of_a_plan_needs_no_configuration(folder: Folder) -> None:
    answer = folder.run("report", "html", SMALL_PLAN, *TODAY, "-o", "plan.html")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err.splitlines()[-1].startswith("plan.html: 3 open items")
    assert [path.name for path in folder.path.iterdir()] == ["plan.html"]
    data = data_of(folder, "plan.html")
    assert (data["hasTree"], data["summary"]["overdue"]) == (False, 2)
    (node,) = data["nodes"]
    assert (node["level"], node["reason"]) == ("schedule", "of 2 open tasks: 1 red, 1 amber")


def test_a_file_that_is_no_plan_harms_no_other(folder: Folder) -> None:
    (folder.path / "bad.xml").write_text("<nothing/>", encoding="utf-8")
    answer = folder.run("report", "html", SMALL_PLAN, "bad.xml", "missing.xml", *TODAY)
    assert answer.code == 4
    assert "missing.xml: there is no such file." in answer.err
    assert data_of(folder)["summary"]["open"] == 2
    answer = folder.run("report", "html", "bad.xml", "-o", "none.html")
    assert answer.code == 4
    assert "No plan could be read, so none.html was not written." in answer.err
    assert not (folder.path / "none.html").exists()


def test_the_page_of_a_store_has_its_tree_and_its_reasoning(office: Folder) -> None:
    office.configure(
        CONFIG + "committees: [{name: Board, dates: [2026-11-19, 2026-12-03]}]\n"
        "freezes: [{name: Year end, days: 2026-12-18..2027-01-04}]\n"
    )
    assert office.run("sync", *TODAY, "--for-real").code == 0
    answer = office.run("report", "html")
    assert answer.code == 0
    data = data_of(office)
    assert [node["name"] for node in data["nodes"]] == ["Moves", "Office move"]
    assert data["sinceWhat"] == "Board, 19 November 2026"
    assert data["summary"]["meeting"][1] == "Board"
    assert [one[2] for one in data["roadmap"]["freezes"]] == ["Year end"]
    place = [data["texts"][one] for one in data["findings"]["rule"]].index("due-date-passed")
    terms = [text for part, text, _, _ in data["rules"]["due-date-passed"]["terms"] if part != "parameter"]
    values = dict(zip(terms, data["findings"]["values"][place], strict=True))
    assert values["days_late > :grace_wd"] is True
    late = next(value for text, value in values.items() if text.startswith("days_late: "))
    assert late in (16, 17)  # due 2 November and 30 October; 24 November is a Tuesday


def test_the_page_says_what_the_reader_must_know_first(office: Folder) -> None:
    office.run("sync", *TODAY, "--for-real")
    (office.path / "plans" / "office.xml").write_text("<broken", encoding="utf-8")
    office.run("pull")
    assert office.run("report", "html").code == 0
    (note,) = [one for one in data_of(office)["notes"] if "could not be read" in one]
    assert note.startswith("plans could not be read. What is shown of it may be old; last read: ")


def test_an_empty_store_has_a_page_that_says_so(office: Folder) -> None:
    assert office.run("report", "html").code == 0
    assert "Nothing is stored yet" in data_of(office)["notes"][0]


def test_a_part_of_the_tree_and_a_day_can_be_chosen(office: Folder) -> None:
    office.run("sync", *TODAY, "--for-real")
    assert office.run("report", "html", "--portfolio", "office-move", "--since", "2026-11-01").code == 0
    data = data_of(office)
    assert (data["title"], data["sinceWhat"]) == ("Office move", "1 November 2026")
    answer = office.run("report", "html", "--portfolio", "office")
    assert (answer.code, "The portfolio has no `office`; did you mean `office-move`?" in answer.err) == (
        2,
        True,
    )
    answer = office.run("report", "html", SMALL_PLAN, "--portfolio", "office-move")
    assert (answer.code, "plans alone have none" in answer.err) == (2, True)


def test_what_stood_there_stays_until_the_page_is_whole(
    office: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.run("sync", *TODAY, "--for-real")
    page = office.path / "portfolio.html"
    page.write_text("yesterday's", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.replace", full)
        answer = office.run("report", "html")
    assert (answer.code, page.read_text(encoding="utf-8")) == (2, "yesterday's")
    assert "portfolio.html cannot be written: No space left on device." in answer.err
    assert office.run("report", "html").code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_group_lists_its_reports(folder: Folder) -> None:
    answer = folder.run("report", "--help")
    assert answer.code == 0
    assert "html" in answer.out
    assert folder.run("report", "htlm").code == 2
