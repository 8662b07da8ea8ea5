"""A folder of plans is read file by file: what changed, what vanished, what could not be read."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import plan_builder as build
import pytest
from plan_builder import pages, plan, task

from connectors.ms_project import client, pull
from portfolio.errors import CursorRejected, FileUnreadable
from portfolio.records import Baseline, Cursor, Dependency, IdPage, Page, Schedule, WorkItem

GUID = "9035018B-DAD2-E811-AC3F-4CEDDE6E5B57"


def save(folder: Path, name: str, *tasks: dict[str, object], **header: object) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(plan(tasks or [task(1), task(2)], **header), encoding="utf-8")
    return path


def keys(found: list[Page]) -> list[str]:
    return [record.key for page in found for record in page.records if isinstance(record, WorkItem)]


def last(found: list[Page]) -> Cursor:
    cursor = found[-1].cursor
    assert cursor is not None
    return msgspec.json.decode(msgspec.json.encode(cursor), type=Cursor)


def refuse_to_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.PlanFolder, "read", lambda *_: pytest.fail("it was parsed again"))


def test_each_file_is_one_page_that_is_complete(tmp_path: Path) -> None:
    save(tmp_path, "b.xml")
    save(tmp_path, "a.xml", task(1), task(2, PredecessorLink={"PredecessorUID": 1, "Type": 1}))
    found, error = pages(build.connector(tmp_path))
    assert error is None
    assert keys(found) == ["a#1", "a#2", "b#1", "b#2"]
    assert [page.complete for page in found] == [
        [IdPage(scope="a.xml", ids=["plans/a.xml:1", "plans/a.xml:2"], reason="no longer in the plan")],
        [IdPage(scope="b.xml", ids=["plans/b.xml:1", "plans/b.xml:2"], reason="no longer in the plan")],
    ]
    assert {(one.record, tuple(one.item_ids)) for one in found[0].replaces} == {
        ("Dependency", ("plans/a.xml:1", "plans/a.xml:2")),
        ("Baseline", ("plans/a.xml:1", "plans/a.xml:2")),
    }


def test_a_file_that_did_not_change_is_not_even_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, "a.xml")
    found, _ = pages(build.connector(tmp_path))
    monkeypatch.setattr(client.PlanFolder, "_open", lambda *_: pytest.fail("it was opened"))
    assert pages(build.connector(tmp_path), last(found)) == ([], None)


def test_a_file_that_was_only_touched_is_not_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path, "a.xml")
    found, _ = pages(build.connector(tmp_path))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    refuse_to_parse(monkeypatch)
    again, error = pages(build.connector(tmp_path), last(found))
    assert error is None
    assert [(page.records, page.complete) for page in again] == [((), ())]
    monkeypatch.setattr(client.PlanFolder, "digest", lambda *_: pytest.fail("it was hashed again"))
    assert pages(build.connector(tmp_path), last(again)) == ([], None)


def test_a_change_that_keeps_size_and_date_is_seen(tmp_path: Path) -> None:
    path = save(tmp_path, "a.xml", task(1, PercentComplete=10))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    found, _ = pages(build.connector(tmp_path))
    save(tmp_path, "a.xml", task(1, PercentComplete=90))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    again, _ = pages(build.connector(tmp_path), last(found))
    assert [record.percent_complete for record in again[0].records if isinstance(record, WorkItem)] == [90.0]


def test_only_the_changed_file_is_read_again(tmp_path: Path) -> None:
    save(tmp_path, "a.xml")
    save(tmp_path, "b.xml")
    found, _ = pages(build.connector(tmp_path))
    save(tmp_path, "b.xml", task(1), task(7, ID=2))
    again, _ = pages(build.connector(tmp_path), last(found))
    assert keys(again) == ["b#1", "b#2"]
    assert again[0].complete[0].ids == ["plans/b.xml:1", "plans/b.xml:7"]


def test_a_file_that_is_gone_is_a_complete_list_of_nothing(tmp_path: Path) -> None:
    save(tmp_path, "a.xml")
    gone = save(tmp_path, "b.xml", Title="Rollout")
    found, _ = pages(build.connector(tmp_path))
    gone.unlink()
    again, error = pages(build.connector(tmp_path), last(found))
    assert error is None
    assert [one for page in again for one in page.complete] == [
        IdPage(scope="b.xml", ids=(), reason="the plan's file is gone")
    ]
    assert [record for page in again for record in page.records] == [
        Schedule(
            schedule_id="plans/b.xml",
            source="plans",
            scope="b.xml",
            name="Rollout",
            kind="plan",
            is_active=False,
        )
    ]
    assert pages(build.connector(tmp_path), last(again)) == ([], None)


def test_a_refused_deletion_is_told_again(tmp_path: Path) -> None:
    gone = save(tmp_path, "a.xml")
    found, _ = pages(build.connector(tmp_path))
    gone.unlink()
    for _ in range(2):  # the engine did not store the page, so the cursor is the old one
        again, _ = pages(build.connector(tmp_path), last(found))
        assert [one.scope for page in again for one in page.complete] == ["a.xml"]


def test_the_plans_own_guid_tells_a_rename_from_a_deletion(tmp_path: Path) -> None:
    old = save(tmp_path, "old.xml", GUID=GUID)
    save(tmp_path, "copy.xml", GUID=GUID)
    found, _ = pages(build.connector(tmp_path))
    old.rename(tmp_path / "new.xml")
    again, _ = pages(build.connector(tmp_path), last(found))
    reasons = {one.scope: one.reason for page in again for one in page.complete}
    assert reasons == {
        "new.xml": "no longer in the plan",
        "old.xml": "the plan's file was renamed to new.xml",
    }


def test_a_folder_that_is_not_there_is_no_deletion(tmp_path: Path) -> None:
    save(tmp_path, "share/a.xml")
    one = build.connector(tmp_path, path="share/*.xml")
    found, _ = pages(one)
    (tmp_path / "share").rename(tmp_path / "unmounted")
    again, error = pages(one, last(found))
    assert [page.complete for page in again] == [()]
    assert isinstance(error, FileUnreadable)
    assert again[0].skipped == ["share/*.xml: its folder does not exist or cannot be reached."]
    # An empty mount point is another matter: it is told, and the shrink limit decides.
    (tmp_path / "share").mkdir()
    again, error = pages(one, last(found))
    assert [listed.ids for page in again for listed in page.complete] == [()]


def test_nothing_is_concluded_from_one_folder_while_another_is_away(tmp_path: Path) -> None:
    gone = save(tmp_path, "one/a.xml")
    save(tmp_path, "two/b.xml")
    one = build.connector(tmp_path, path=["one/*.xml", "two/*.xml"])
    found, _ = pages(one)
    gone.unlink()
    (tmp_path / "two").rename(tmp_path / "unmounted")
    again, _ = pages(one, last(found))
    assert [page.complete for page in again] == [()]


def test_a_pattern_that_matches_nothing_at_all_fails(tmp_path: Path) -> None:
    found, error = pages(build.connector(tmp_path, path="*.mspdi"))
    assert found == []
    assert str(error) == (
        "plans: no file matches *.mspdi. Check `path`; relative paths start at the configuration's folder."
    )


def test_a_plan_that_broke_keeps_what_was_known_of_it_and_is_tried_again(tmp_path: Path) -> None:
    path = save(tmp_path, "a.xml")
    save(tmp_path, "b.xml")
    found, _ = pages(build.connector(tmp_path))
    good = path.read_text(encoding="utf-8")
    path.write_text(good[:-30], encoding="utf-8")
    for _ in range(2):
        again, error = pages(build.connector(tmp_path), last(found))
        assert isinstance(error, FileUnreadable)
        assert error.exit_code == 4
        assert [(page.records, page.complete, page.gone) for page in again] == [((), (), ())]
        assert last(again) == last(found)
    path.write_text(good, encoding="utf-8")
    assert pages(build.connector(tmp_path), last(again))[1] is None


def test_many_broken_files_are_named_in_one_sentence(tmp_path: Path) -> None:
    for number in range(1, 6):
        (tmp_path / f"bad{number}.xml").write_text("<Project", encoding="utf-8")
    found, error = pages(build.connector(tmp_path))
    assert len([line for page in found for line in page.skipped]) == 5
    assert str(error) == (
        "plans: 5 of 5 files set aside. bad1.xml, bad2.xml, bad3.xml, bad4.xml, bad5.xml could not be used. "
        "Their earlier items stay as they are; the other files were read."
    )


def test_a_large_plan_comes_in_pages_and_is_complete_with_the_last(tmp_path: Path) -> None:
    rows = [
        task(
            uid,
            Baseline={"Number": 0, "Finish": "2026-10-09T17:00:00"},
            PredecessorLink={"PredecessorUID": 1},
        )
        for uid in range(1, 4502)
    ]
    save(tmp_path, "a.xml", *rows)
    found, error = pages(build.connector(tmp_path))
    assert error is None
    sizes = [sum(isinstance(record, WorkItem) for record in page.records) for page in found]
    assert sizes == [2000, 2000, 501]
    assert [sum(isinstance(record, Baseline) for record in page.records) for page in found] == sizes
    assert [sum(isinstance(record, Dependency) for record in page.records) for page in found] == [0, 0, 4500]
    assert [len(page.complete) for page in found] == [0, 0, 1]
    assert len(found[2].complete[0].ids) == 4501


def test_a_plan_that_changed_between_two_pages_is_read_from_its_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "TASKS_PER_PAGE", 2)
    save(tmp_path, "a.xml", *(task(uid) for uid in range(1, 6)))
    one = build.connector(tmp_path)
    first = next(one.pull("plans", None))
    rest, _ = pages(one, first.cursor)
    assert keys(rest) == ["a#3", "a#4", "a#5"]
    save(tmp_path, "a.xml", *(task(uid, PercentComplete=50) for uid in range(1, 6)))
    rest, _ = pages(one, first.cursor)
    assert keys(rest) == ["a#1", "a#2", "a#3", "a#4", "a#5"]


def test_a_plan_that_vanished_between_two_pages_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "TASKS_PER_PAGE", 2)
    path = save(tmp_path, "a.xml", *(task(uid) for uid in range(1, 6)))
    save(tmp_path, "b.xml", *(task(uid) for uid in range(1, 6)))
    one = build.connector(tmp_path)
    first = next(one.pull("plans", None))
    path.unlink()
    rest, _ = pages(one, first.cursor)
    assert [(listed.scope, listed.ids) for page in rest for listed in page.complete][-1] == ("a.xml", ())


def test_files_below_the_pattern_are_known_by_their_path_below_it(tmp_path: Path) -> None:
    save(tmp_path, "plans/a.xml", task(1))
    save(tmp_path, "plans/deep/er/a.xml", task(1))
    (tmp_path / "plans" / "~$a.xml").write_text("lock", encoding="utf-8")
    found, error = pages(build.connector(tmp_path, path="plans/**/*.xml"))
    assert error is None
    assert keys(found) == ["a#1", "deep/er/a#1"]


def test_two_patterns_for_one_file_read_it_once(tmp_path: Path) -> None:
    save(tmp_path, "plans/a.xml", task(1))
    found, error = pages(build.connector(tmp_path, path=["plans/*.xml", "plans/a.xml"]))
    assert error is None
    assert keys(found) == ["a#1"]


def test_two_files_of_one_name_are_not_mixed(tmp_path: Path) -> None:
    save(tmp_path, "one/plan.xml", task(1))
    save(tmp_path, "two/plan.xml", task(2))
    found, error = pages(build.connector(tmp_path, path=["one/plan.xml", "two/plan.xml"]))
    assert keys(found) == ["plan#1"]
    assert isinstance(error, FileUnreadable)
    assert "two/plan.xml: has the same name as a plan of another path of this source (plan.xml)" in str(error)


def test_an_absolute_path_and_a_plain_name_are_patterns_too(tmp_path: Path) -> None:
    save(tmp_path, "a.xml", task(1))
    assert keys(pages(build.connector(tmp_path, path=str(tmp_path / "a.xml")))[0]) == ["a#1"]
    found, error = pages(build.connector(tmp_path, path="b.xml"))
    assert "b.xml: does not exist" in str(error)
    assert [page.skipped for page in found] == [["b.xml: does not exist. Check `path`."]]


def test_the_census_lists_every_file_and_says_which_it_cannot_read(tmp_path: Path) -> None:
    save(tmp_path, "a.xml", task(1), task(2))
    (tmp_path / "b.xml").write_text("<Project", encoding="utf-8")
    assert list(build.connector(tmp_path).census("plans")) == [
        IdPage(scope="a.xml", ids=["plans/a.xml:1", "plans/a.xml:2"], reason="no longer in the plan"),
        IdPage(scope="b.xml", ids=(), is_readable=False),
    ]


def test_the_census_says_that_a_whole_folder_cannot_be_looked_at(tmp_path: Path) -> None:
    """Else its plans would count as no longer named, and all their tasks as gone."""
    save(tmp_path, "here/a.xml", task(1))
    found = build.connector(tmp_path, path=["here/*.xml", "share/*.xml"]).census("plans")
    assert [(page.scope, len(page.ids), page.is_readable) for page in found] == [
        ("share/*.xml", 0, False),
        ("a.xml", 1, True),
    ]


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor(version=2, value={"files": {}, "parts": {}}),
        Cursor(version=1, value={"files": {"a.xml": "sha"}, "parts": {}}),
        Cursor(version=1, value={"files": [], "parts": 7}),
    ],
)
def test_a_foreign_cursor_is_rejected(tmp_path: Path, cursor: Cursor) -> None:
    save(tmp_path, "a.xml")
    with pytest.raises(CursorRejected):
        list(build.connector(tmp_path).pull("plans", cursor))
