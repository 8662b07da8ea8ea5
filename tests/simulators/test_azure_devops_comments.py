"""Comments on the simulated organisation: preview, sanitiser, versions, pages."""

from __future__ import annotations

import pytest

from simulators.azure_devops.sanitizer import sanitize

FOUR = {"version": "7.1-preview.4"}
COMMENTS = "Retail:wit/workItems/1/comments"


@pytest.fixture
def story(organisation):
    """Item 1, a story that ann made."""
    organisation.create_item("Retail", "User Story", by="ann@demo.example")
    return organisation


def test_comments_exist_as_a_preview_only(boards, story):
    answer = boards.call("POST", COMMENTS, {"text": "x"})
    assert (answer.status_code, answer.json()["typeKey"]) == (400, "VssInvalidPreviewVersionException")
    assert answer.json()["message"] == (
        'The requested version "7.1" of the resource is under preview. The -preview flag must be supplied in '
        'the api-version for such requests. For example: "7.1-preview"'
    )


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("3 late, 1 unowned &lt;risk&gt;", "3 late, 1 unowned &lt;risk&gt;"),
        ("due < 5 days and more", "due "),
        ("a <b>bold</b> word", "a <b>bold</b> word"),
        ("seen<!-- dovetail:marker --> here", "seen here"),
        ("an <unknown attr='1'>odd</unknown> tag", "an odd tag"),
        ("<script>alert(1)</script>after", "after"),
        ('<a href="javascript:alert(1)" onclick="x()">go</a>', "<a>go</a>"),
        (
            '<a href="https://x.example/?a=1&amp;b=2">go</a>',
            '<a href="https://x.example/?a=1&amp;b=2">go</a>',
        ),
        ("**bold** <div", "**bold** "),
    ],
)
@pytest.mark.parametrize("form", ["html", "markdown"])
def test_the_sanitiser_runs_on_both_forms(boards, story, form, sent, kept):
    comment = boards.post(COMMENTS, {"text": sent}, format=form, **FOUR)
    assert (comment["text"], comment["format"]) == (kept, form)
    assert sanitize(kept) == kept


def test_a_comment_makes_a_revision_a_count_and_a_mail(boards, story):
    boards.post(COMMENTS, {"text": "first"}, **FOUR)
    item = boards.get("wit/workitems/1")
    assert (item["rev"], item["fields"]["System.CommentCount"]) == (2, 1)
    assert item["fields"]["System.History"] == "first"
    assert story.mails == [("1", "comment")]
    boards.set(1, Title="After")
    assert "System.History" not in boards.get("wit/workitems/1")["fields"]


def test_an_edited_comment_keeps_its_versions(boards, story):
    boards.post(COMMENTS, {"text": "first"}, **FOUR)
    edited = boards.call("PATCH", f"{COMMENTS}/1", {"text": "second"}, **FOUR).json()
    assert (edited["id"], edited["version"], edited["text"]) == (1, 2, "second")
    rows = boards.get(f"{COMMENTS}/1/versions", version="7.1-preview.1")["value"]
    assert [(row["version"], row["text"]) for row in rows] == [(2, "second"), (1, "first")]


def test_a_deleted_comment_is_listed_as_deleted_to_those_who_ask(boards, story):
    for text in ("a", "b"):
        boards.post(COMMENTS, {"text": text}, **FOUR)
    assert boards.call("DELETE", f"{COMMENTS}/1", **FOUR).status_code == 204
    assert [row["id"] for row in boards.get(COMMENTS, **FOUR)["comments"]] == [2]
    rows = boards.get(COMMENTS, includeDeleted="true", **FOUR)["comments"]
    assert [(row["id"], row.get("isDeleted")) for row in rows] == [(2, None), (1, True)]
    assert story.items[1].state["System.CommentCount"] == 1
    assert boards.call("PATCH", f"{COMMENTS}/1", {"text": "x"}, **FOUR).status_code == 404
    assert [row["text"] for row in story.comments_of(1)] == ["b"]


def test_comments_come_newest_first_by_a_token(boards, story):
    for text in "abc":
        boards.post(COMMENTS, {"text": text}, **FOUR)
    first = boards.get(COMMENTS, _top=2, **FOUR)
    assert ([row["text"] for row in first["comments"]], first["totalCount"], first["count"]) == (
        ["c", "b"],
        3,
        2,
    )
    second = boards.get(COMMENTS, _top=2, continuationToken=first["continuationToken"], **FOUR)
    assert [row["text"] for row in second["comments"]] == ["a"]
    assert "continuationToken" not in second
    assert boards.session.get(first["nextPage"], timeout=10).json()["comments"] == second["comments"]
    assert [row["text"] for row in boards.get(COMMENTS, order="asc", **FOUR)["comments"]] == ["a", "b", "c"]
    assert [row["text"] for row in boards.get(COMMENTS, ids="2", **FOUR)["comments"]] == ["b"]


def test_comments_of_others_can_be_closed_to_the_account(serve_boards, story):
    story.add_comment(1, "ann's", "ann@demo.example")
    boards = serve_boards(may_edit_others_comments=False)
    boards.post(COMMENTS, {"text": "ours"}, **FOUR)
    answers = [boards.call("PATCH", f"{COMMENTS}/{n}", {"text": "x"}, **FOUR).status_code for n in (1, 2)]
    assert answers == [403, 200]
