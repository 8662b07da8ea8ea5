"""`dovetail reconcile` over three trackers: the sides, who changed what and when, what is not confirmed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from command_world import Folder

from portfolio.records import AnyRecord, Change, Dependency, Identity, Page, WorkItem, linked_end
from store import open_store
from sync.derive import derive
from sync.workspace import DeriveSettings

CONFIG = """\
version: 1
timezone: Europe/Zurich
sources:
  - {name: shop, kind: project_file, path: shop/*.xml}
  - {name: boards, kind: project_file, path: boards/*.xml}
  - {name: plans, kind: project_file, path: plans/*.xml}
"""
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CLOUD, AZURE = "https://shop.atlassian.net/browse/", "https://dev.azure.com/shop/Retail/_workitems/edit/"


def item(source: str, key: str, **values: Any) -> WorkItem:
    return WorkItem(item_id=f"{source}/{key}", source=source, native_id=key, key=key, scope="S", **values)


def changed(source: str, key: str, day: int, field: str, before: str | None, after: str | None) -> Change:
    return Change(
        source=source,
        event_id=f"{key}-{day}-{field}",
        item_id=f"{source}/{key}",
        at=datetime(2026, 11, day, 8, 30, tzinfo=UTC),
        by="a1",
        field=field,
        before=before,
        after=after,
    )


WORK: list[AnyRecord] = [
    item("shop", "CHK-12", title="Payment page", due=date(2026, 12, 8), state="in_progress",
         url=f"{CLOUD}CHK-12", linked_urls=[f"{AZURE}7", f"{AZURE}8"]),
    item("boards", "7", title="Payment page", due=date(2026, 12, 1), state="done",
         url=f"{AZURE}7", twin_keys=["CHK-12"]),
    item("boards", "8", title="Colours of the page", url=f"{AZURE}8"),
    item("plans", "p#3", title="Payment page", due=date(2026, 12, 1), state="in_progress",
         twin_keys=["CHK-12"]),
    item("plans", "p#4", title="Terms of sale, see CHK-13"),
    item("shop", "CHK-13", title="Terms and conditions", due=date(2026, 12, 1), url=f"{CLOUD}CHK-13"),
    item("plans", "p#5", title="Nothing like it", twin_keys=["CHK-99"]),
    item("plans", "p#6", title="Discount codes"),
    item("shop", "CHK-14", title="Discount code", url=f"{CLOUD}CHK-14"),
    Identity(source="shop", account_id="a1", name="Ana Berg"),
    changed("shop", "CHK-12", 3, "due", "2026-12-01", "2026-12-04"),
    changed("shop", "CHK-12", 5, "due", "2026-12-04", "2026-12-08"),
    changed("shop", "CHK-12", 6, "owner", None, "a1"),
    changed("boards", "7", 10, "state", "in_progress", "done"),
]  # fmt: skip


def fill(folder: Folder, records: Iterable[AnyRecord] = WORK) -> None:
    folder.configure(CONFIG)
    with open_store(f"sqlite:///{folder.path / 'dovetail.db'}") as store:
        run = store.start_run("pull", NOW)
        for source, kind in (("shop", "jira"), ("boards", "azure_devops"), ("plans", "project_file")):
            store.declare_source(source, kind, kind, "1")
            mine = [one for one in records if getattr(one, "source", None) == source]
            store.save_page(source, "all", Page(records=mine), tombstones={}, run_id=run, now=NOW)
        derive(store, DeriveSettings(timezone="Europe/Zurich"), today=NOW.date(), now=NOW)


@pytest.fixture
def three(folder: Folder) -> Folder:
    fill(folder)
    return folder


@pytest.mark.parametrize("name", ["CHK-12", "shop:CHK-12", "boards:7", "7", "p#3", "plans/p#3", "chk-12"])
def test_three_sides_stand_beside_each_other_whichever_is_named(three: Folder, name: str) -> None:
    answer = three.run("reconcile", name)
    assert answer.code == 0
    assert all(side in answer.lines[0] for side in ("shop CHK-12", "boards 7", "plans p#3"))
    assert "They differ in state, due, effective due." in answer.err


def test_the_table_marks_differences_and_tells_who_changed_what_and_when(three: Folder) -> None:
    answer = three.run("reconcile", "CHK-12")
    due = next(line for line in answer.lines if " due " in line and "effective" not in line)
    assert due.split() == [
        "!=", "due", "2026-12-08", "(set", "2026-11-05", "by", "Ana", "Berg)", "2026-12-01", "2026-12-01",
    ]  # fmt: skip
    told = [line.split() for line in answer.lines if line.startswith("2026-11-")]
    assert told == [
        ["2026-11-03", "08:30", "shop", "CHK-12", "Ana", "Berg", "due", "2026-12-01", "2026-12-04"],
        ["2026-11-05", "08:30", "shop", "CHK-12", "Ana", "Berg", "due", "2026-12-04", "2026-12-08"],
        ["2026-11-06", "08:30", "shop", "CHK-12", "Ana", "Berg", "owner", "unknown", "Ana", "Berg"],
        ["2026-11-10", "08:30", "boards", "7", "a1", "state", "in_progress", "done"],
    ]
    assert "plans tells no history: who changed what there is unknown." in answer.err
    assert "Known to be the same work by: field, link." in answer.err


def test_only_the_latest_changes_are_told_and_the_rest_is_counted(three: Folder) -> None:
    answer = three.run("reconcile", "CHK-12", "--history", "1")
    assert [line[:10] for line in answer.lines if line.startswith("2026-11-")] == ["2026-11-10"]
    assert "3 earlier changes: --history." in answer.err
    none = three.run("reconcile", "CHK-12", "--history", "0")
    assert [line for line in none.lines if line.startswith("2026-11-")] == []


def test_what_is_only_possible_is_named_with_its_evidence_and_is_no_side(three: Folder) -> None:
    answer = three.run("reconcile", "CHK-12")
    assert "boards 8" not in answer.out
    assert "May be the same work: boards:8 (link (another in boards is more likely), 50%)." in answer.err
    alike = three.run("reconcile", "CHK-14")
    assert "CHK-14 has no counterpart in another tracker." in alike.err
    assert "May be the same work: plans:p#6 (similar title, " in alike.err


def test_an_unconfirmed_side_is_marked_and_says_why(three: Folder) -> None:
    answer = three.run("reconcile", "CHK-13")
    assert "? plans p#4" in answer.lines[0]
    assert "They differ in title. Not confirmed; said by: title." in answer.err
    rows = json.loads(three.run("reconcile", "CHK-13", "--format", "json").out)
    assert {(row["key"], row["is_confirmed"]) for row in rows} == {("CHK-13", True), ("p#4", False)}


def test_programs_get_every_value_and_who_set_it(three: Folder) -> None:
    rows = json.loads(three.run("reconcile", "boards:7", "--format", "json").out)
    due = [
        (row["source"], row["value"], row["differs"], row["changed_at"], row["changed_by"])
        for row in rows
        if row["field"] == "due"
    ]
    assert due == [
        ("boards", "2026-12-01", True, None, None),
        ("plans", "2026-12-01", True, None, None),
        ("shop", "2026-12-08", True, "2026-11-05T08:30:00.000Z", "Ana Berg"),
    ]


def test_without_a_key_unequal_pairs_and_missing_sides_are_listed_and_suggestions_are_not(
    three: Folder,
) -> None:
    answer = three.run("reconcile")
    assert answer.code == 0
    assert [line.split()[:2] for line in answer.lines[1:]] == [
        ["boards:7", "shop:CHK-12"],
        ["plans:p#3", "shop:CHK-12"],
        ["plans:p#5", "no"],
    ]
    assert "no counterpart: CHK-99 is not in the store" in answer.out
    assert "p#6" not in answer.out
    assert "boards:8" not in answer.out
    assert "2 pairs more may be the same work: `dovetail twins suggest`." in answer.err
    rows = list(csv.DictReader(io.StringIO(three.run("reconcile", "--format", "csv").out)))
    assert [(row["a_key"], row["b_key"], row["missing_side"]) for row in rows] == [
        ("7", "CHK-12", ""),
        ("p#3", "CHK-12", ""),
        ("p#5", "", "CHK-99"),
    ]


def test_an_item_whose_counterpart_is_missing_says_which(three: Folder) -> None:
    assert "p#5 has no counterpart: CHK-99 is not in the store." in three.run("reconcile", "p#5").err


def test_hostile_text_of_any_side_stays_text(folder: Folder) -> None:
    evil = "=1+1\x1b[31m\u202e\n|"
    fill(
        folder,
        [
            item("shop", "CHK-12", title=evil, due=date(2026, 12, 8)),
            item("plans", "p#3", title="Payment", due=date(2026, 12, 1), twin_keys=["CHK-12"]),
            Identity(source="shop", account_id="a1", name=evil),
            changed("shop", "CHK-12", 3, "title", evil, evil),
        ],
    )
    for arguments in (("reconcile", "p#3"), ("reconcile", "p#3", "--format", "csv"), ("reconcile",)):
        answer = folder.run(*arguments)
        assert answer.code == 0
        assert not {"\x1b", "\u202e"} & set(answer.out + answer.err)
    rows = list(csv.DictReader(io.StringIO(folder.run("reconcile", "p#3", "--format", "csv").out)))
    assert [row["value"][:3] for row in rows if row["field"] == "title"] == ["Pay", "'=1"]
    assert json.loads(folder.run("reconcile", "p#3", "--format", "json").out)[1]["value"] == evil


def test_a_key_that_nothing_has_is_a_usage_error(three: Folder) -> None:
    answer = three.run("reconcile", "CHK-999")
    assert answer.code == 2
    assert "There is no item CHK-999" in answer.err


def test_derive_says_how_many_dependencies_lead_out_of_the_portfolio(folder: Folder) -> None:
    link = Dependency(
        dependency_id="d1",
        source="shop",
        predecessor_id=linked_end("https://dev.azure.com/partner/_workitems/edit/5"),
        successor_id="shop/CHK-12",
    )
    fill(folder, [item("shop", "CHK-12"), link])
    answer = folder.run("derive", "--today", "2026-11-24")
    assert answer.err.startswith("Dependencies on an address that no source delivers: 1.")
    (row,) = json.loads(folder.run("export", "dependency", "--format", "json").out)
    assert row["predecessor_id"] == "url:https://dev.azure.com/partner/_workitems/edit/5"
