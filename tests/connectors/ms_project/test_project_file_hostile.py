"""A broken or hostile file, or no plan at all, ends as one clear line and harms no other file."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from pathlib import Path

import plan_builder as build
import pytest
from plan_builder import pages, plan, task

from connectors.ms_project import client, reader
from portfolio.errors import FileUnreadable
from portfolio.records import WorkItem

GOOD = plan([task(1), task(2)])
LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE Project [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<Project xmlns="http://schemas.microsoft.com/project"><Title>&d;</Title></Project>"""
EXTERNAL = """<?xml version="1.0"?>
<!DOCTYPE Project SYSTEM "http://127.0.0.1:9/plan.dtd" [<!ENTITY f SYSTEM "file:///etc/hostname">]>
<Project xmlns="http://schemas.microsoft.com/project"><Title>&f;</Title></Project>"""
HIDDEN_DOCTYPE = '<?xml version="1.0"?><!-- <Project> --><?pi <Project> ?>\n<!DOCTYPE Project []><Project/>'

CASES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "white space": (b" \r\n\t ", "is empty"),
    "NUL": (b"\0" * 4096, "is empty"),
    "NUL inside": (GOOD.encode().replace(b"Task 2", b"Task\0 2"), "binary data"),
    "no XML": (b"Name,Start,Finish\nOne,2026-11-02,2026-11-06\n", "is not XML"),
    "HTML": (b"<!doctype html><html><body>Sign in</body></html>", "is not XML"),
    "other XML": (b"<?xml version='1.0'?><rss><channel/></rss>", "not a Microsoft Project plan"),
    "other namespace": (
        b'<Project xmlns="http://schemas.microsoft.com/developer/msbuild/2003"/>',
        "namespace",
    ),
    "gzip": (gzip.compress(GOOD.encode()), "compressed with gzip"),
    "ZIP": (b"PK\x03\x04" + b"\0" * 100, "ZIP archive"),
    "binary plan": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "binary file of Microsoft Project"),
    "cut off": (GOOD.encode()[:-40], "cut off"),
    "cut off in a task": (GOOD.encode()[: GOOD.index("Task 2")], "cut off"),
    "something after the end": (GOOD.encode() + b"<Project/>", "cut off or is not well-formed"),
    "billion laughs": (LAUGHS.encode(), "DOCTYPE"),
    "external entity": (EXTERNAL.encode(), "DOCTYPE"),
    "document type after comments": (HIDDEN_DOCTYPE.encode(), "DOCTYPE"),
    "document type in UTF-16": (
        LAUGHS.replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16"),
        "DOCTYPE",
    ),
    "unknown entity": (GOOD.replace("Task 2", "&x;").encode(), "cut off or is not well-formed"),
    "UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?>' + GOOD.split("?>", 1)[1].encode(), "encoding"),
    "encoding that does not hold": (
        GOOD.replace("Task 2", "Büro").encode("latin-1"),
        "cut off or is not well-formed",
    ),
    "deep nesting": (
        GOOD.replace("</Project>", "<a>" * 200_000 + "</a>" * 200_000 + "</Project>").encode(),
        "cut off or is not well-formed",
    ),
    "deep nesting in a task": (
        GOOD.replace("<Name>Task 2", "<a>" * 200_000 + "</a>" * 200_000 + "<Name>Task 2").encode(),
        "cut off or is not well-formed",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_set_aside_with_one_line_and_the_others_are_read(tmp_path: Path, case: str) -> None:
    content, expected = CASES[case]
    (tmp_path / "a-good.xml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.xml").write_bytes(content)
    (tmp_path / "z-good.xml").write_text(GOOD, encoding="utf-8")
    found, error = pages(build.connector(tmp_path))
    skipped = [line for page in found for line in page.skipped]
    assert len(skipped) == 1
    assert skipped[0].startswith("bad.xml: ")
    assert expected in skipped[0]
    assert "\n" not in skipped[0]
    assert len(skipped[0]) < 300
    scopes = [record.scope for page in found for record in page.records if isinstance(record, WorkItem)]
    assert sorted(scopes) == ["a-good.xml"] * 2 + ["z-good.xml"] * 2
    assert [one.scope for page in found for one in page.complete] == ["a-good.xml", "z-good.xml"]
    assert isinstance(error, FileUnreadable)
    assert "1 of 3 files set aside. bad.xml: " in str(error)


def test_no_entity_reaches_a_record_and_no_address_is_opened(tmp_path: Path) -> None:
    (tmp_path / "bad.xml").write_text(EXTERNAL, encoding="utf-8")
    found, error = pages(build.connector(tmp_path))
    assert [page.records for page in found] == [()]
    assert Path("/etc/hostname").read_text(encoding="utf-8").strip() not in str(error)


def test_the_parser_itself_refuses_a_document_type(tmp_path: Path) -> None:
    # The look at the first bytes is one fence; this is the second, should someone find a way around it.
    one = reader.PlanReader()
    with pytest.raises(reader.NotAPlan, match="DOCTYPE"):
        one.feed(LAUGHS.encode())


def test_a_file_above_the_limit_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "big.xml").open("wb") as handle:
        handle.truncate(200_000_000)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was opened"))
    found, error = pages(build.connector(tmp_path))
    assert found[0].skipped == [
        (
            "big.xml: is 200 MB, more than the limit of 100 MB. "
            "Raise max_file_mb if the file is what it should be."
        )
    ]
    assert isinstance(error, FileUnreadable)


def test_the_limit_can_be_lowered(tmp_path: Path) -> None:
    (tmp_path / "plan.xml").write_text(GOOD + " " * 20_000, encoding="utf-8")
    assert pages(build.connector(tmp_path, max_file_mb=1))[1] is None
    assert isinstance(pages(build.connector(tmp_path, max_file_mb=0.01))[1], FileUnreadable)


def test_a_folder_a_pipe_and_a_broken_link_are_no_plans(tmp_path: Path) -> None:
    (tmp_path / "folder.xml").mkdir()
    os.mkfifo(tmp_path / "pipe.xml")  # opening it would wait for a writer that never comes
    (tmp_path / "link.xml").symlink_to(tmp_path / "nowhere")
    found, _ = pages(build.connector(tmp_path))
    assert [line.split(".", 2)[1] for page in found for line in page.skipped] == [
        "xml: is a folder",
        "xml: does not exist",
        "xml: is not a regular file",
    ]


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plan.xml").write_text(GOOD, encoding="utf-8")

    def locked(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", locked)
    found, _ = pages(build.connector(tmp_path))
    assert found[0].skipped == [
        (
            "plan.xml: cannot be opened (Permission denied). "
            "Check its permissions, and whether someone has it open."
        )
    ]


def test_a_file_that_is_written_while_it_is_read_is_left_for_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plan.xml"
    path.write_text(GOOD, encoding="utf-8")
    feed = reader.PlanReader.feed

    def meanwhile(self: reader.PlanReader, data: bytes) -> None:
        feed(self, data)
        with path.open("ab") as handle:
            handle.write(b" ")

    monkeypatch.setattr(client, "CHUNK_BYTES", len(GOOD.encode()))
    with monkeypatch.context() as patched:
        patched.setattr(reader.PlanReader, "feed", meanwhile)
        patched.setattr(
            client.PlanFolder, "_chunks", lambda _self, _file, handle: iter([handle.read(len(GOOD))])
        )
        found, error = pages(build.connector(tmp_path))
    assert "written to while it was read" in found[0].skipped[0]
    assert isinstance(error, FileUnreadable)
    found, error = pages(build.connector(tmp_path), found[-1].cursor)
    assert error is None
    assert len(found[0].records) == 3


def test_a_single_line_of_many_megabytes_is_read(tmp_path: Path) -> None:
    text = plan([task(1)]).replace(
        "<Tasks>", f"<Views>{'<View><Name>x</Name></View>' * 500_000}</Views><Tasks>"
    )
    assert "\n" not in text.split("?>\n", 1)[1]
    assert len(build.loaded(tmp_path, text).items) == 1


@pytest.mark.parametrize(
    "filling",
    [
        "<a/>" * 2_000_000,
        f"<Tasks>{'<Other/>' * 1_000_000}</Tasks>",
        f"<Views><V>{'<X><Y/></X>' * 500_000}</V></Views>",
    ],
    ids=["children of the root", "strangers among the tasks", "views"],
)
def test_what_is_not_needed_does_not_pile_up_in_memory(filling: str) -> None:
    text = plan([task(1)]).replace("</Project>", filling + "</Project>").encode()
    one = reader.PlanReader()
    most = 0
    for start in range(0, len(text), client.CHUNK_BYTES):
        one.feed(text[start : start + client.CHUNK_BYTES])
        root = one._root
        assert root is not None
        most = max(most, sum(1 for _ in root.iter()))
    assert len(one.close().tasks) == 1
    assert most < 50  # elements that are held between two pieces, of millions in the file


def feed_all(one: reader.PlanReader, text: bytes) -> None:
    for start in range(0, len(text), client.CHUNK_BYTES):
        one.feed(text[start : start + client.CHUNK_BYTES])


def test_one_record_of_absurd_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_RECORD_BYTES", 1_000_000)
    text = plan([task(1)]).replace("<Name>Task 1", "<a/>" * 1_000_000 + "<Name>Task 1").encode()
    with pytest.raises(reader.NotAPlan, match="single element"):
        feed_all(reader.PlanReader(), text)


def test_a_plan_of_two_thousand_tasks_takes_little_memory(tmp_path: Path) -> None:
    rows = [
        task(uid, Notes="x" * 4000, TimephasedData=[{"Type": 1, "UID": uid, "Value": "PT8H0M0S"}] * 5)
        for uid in range(1, 2001)
    ]
    path = tmp_path / "plan.xml"
    path.write_text(plan(rows), encoding="utf-8")
    assert path.stat().st_size > 9_000_000
    del rows
    tracemalloc.start()
    found = build.read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.items) == 2000
    assert most < 12_000_000
