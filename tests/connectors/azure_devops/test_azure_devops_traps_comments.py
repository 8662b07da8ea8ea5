"""The traps of facts/azure_devops.md §10 that concern comments: one per item, ours, and never a second."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Lock
from typing import Any

import pytest
from writing_world import (
    ANN,
    COMMENT,
    COMMENTS,
    Trial,
    comment_intent,
    epics,
    intent,
    kinds,
    new_site,
    serving,
)

from connectors.azure_devops import reference
from portfolio.errors import RateLimited
from portfolio.intents import Applied, Conflict, Gone, Intent, Receipt, Refused, Unknown
from portfolio.notes import Link, Note, Paragraph, Quoted, Text
from simulators.azure_devops import AzureDevOps
from simulators.faults import Fault

Serve = Callable[..., Trial]
POST = "POST /{project}/_apis/wit/workItems/{id}/comments"
LIST = "GET /{project}/_apis/wit/workItems/{id}/comments"
HOSTILE = (
    'a < b <img src=x onerror=alert(1)> <!-- x --> &lt; <a href="#" data-vss-mention="version:2.0,1">@x</a> <'
)


@pytest.fixture
def site() -> AzureDevOps:
    return new_site()


@pytest.fixture
def serve(site: AzureDevOps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(serving(site, monkeypatch, **options))


def texts(site: AzureDevOps, item: int) -> list[str]:
    """What the comments of an item say, without our reference lines."""
    return [reference.read(one["text"], one["format"]).said for one in site.comments_of(item)]


def quoting(item: int, text: str) -> Intent:
    note = Note(
        [
            Paragraph([Text("title: "), Quoted(text)]),
            Paragraph([Link("report", "https://shop.example/?a=1&b=2")]),
        ]
    )
    return intent(item, "comment", note.digest(), note=note)


def watched(trial: Trial, method: str) -> list[dict[str, list[str]]]:
    """The queries of all requests of a method from now on."""
    queries: list[dict[str, list[str]]] = []
    trial.server.exchanges.append(lambda one: queries.append(one.query) if one.method == method else None)
    return queries


# Never a second one.


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "garbled"])
def test_a_lost_answer_of_a_new_comment_makes_no_second_one(
    site: AzureDevOps, serve: Serve, kind: Any
) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(kind=kind, method="POST", path=COMMENTS, nth=1)])
    (receipt,) = trial.push(comment_intent(item, "due 19 Nov"))
    assert isinstance(receipt, Applied)
    assert texts(site, item) == ["due 19 Nov"]
    assert receipt.remote_id == str(site.comments_of(item)[0]["id"])
    assert trial.sent()[POST] == 1


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_a_lost_answer_of_a_deletion_is_found_out_and_the_comment_is_gone_once(
    site: AzureDevOps, serve: Serve, kind: Any
) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(kind=kind, method="DELETE", path=f"{COMMENTS}/*", nth=1)])
    written = comment_intent(item, "due 19 Nov")
    trial.push(written)
    site.add_comment(item, "a person's", by=ANN)
    (receipt,) = trial.push(intent(item, "comment", None, before=written.wanted))
    assert isinstance(receipt, Applied)
    assert texts(site, item) == ["a person's"]


def test_a_comment_that_was_never_made_is_unknown_and_not_repeated(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(kind="reset_before", method="POST", path=COMMENTS, nth=1)])
    (receipt,) = trial.push(comment_intent(item, "due 19 Nov"))
    assert isinstance(receipt, Unknown)
    assert texts(site, item) == []
    assert trial.sent()[POST] == 1
    # The next run looks, finds none, and writes it.
    assert kinds(trial.push(comment_intent(item, "due 19 Nov"))) == ["Applied"]
    assert texts(site, item) == ["due 19 Nov"]


def test_a_run_killed_between_a_new_comment_and_its_answer_leaves_one(
    site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    killed = trial.connector()
    http = killed.site.client.http
    transfer = http._transfer

    def dies(sending: Any) -> Any:
        answer = transfer(sending)
        if sending.endpoint == POST:
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(http, "_transfer", dies)
    with pytest.raises(KeyboardInterrupt):
        list(killed.push([comment_intent(item, "due 19 Nov")]))
    assert kinds(trial.push(comment_intent(item, "due 19 Nov"))) == ["Unchanged"]
    assert texts(site, item) == ["due 19 Nov"]


def test_a_comment_that_was_held_back_by_the_rate_limit_is_made_once(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    busy = Fault(kind="status", method="POST", path=COMMENTS, nth=1, status=429, retry_after="20", body="{}")
    trial = serve(faults=[busy])
    assert kinds(trial.push(comment_intent(item, "due 19 Nov"))) == ["Applied"]
    assert texts(site, item) == ["due 19 Nov"]
    assert sum(trial.slept) >= 20


def test_the_comment_is_found_after_the_store_was_lost(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    first = comment_intent(item, "due 19 Nov")
    trial.push(first)
    found = trial.comment_of(item)
    assert found.remote_id == str(site.comments_of(item)[0]["id"])
    assert (found.digest, found.is_edited, found.body) == (first.wanted, False, "due 19 Nov")
    assert kinds(trial.push(comment_intent(item, "due 26 Nov", before=first.wanted))) == ["Applied"]
    assert texts(site, item) == ["due 26 Nov"]


def test_the_comment_is_found_on_a_later_page(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    for number in range(230):
        site.add_comment(item, f"remark {number}", by=ANN)
    trial = serve()
    (receipt,) = trial.push(comment_intent(item, "due 19 Nov"))
    assert isinstance(receipt, Applied)
    assert trial.comment_of(item).remote_id == receipt.remote_id
    assert trial.sent()[LIST] == 2
    assert kinds(trial.push(comment_intent(item, "due 19 Nov"))) == ["Unchanged"]


def test_a_list_of_comments_with_an_empty_page_hides_none(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    for number in range(200):
        site.add_comment(item, f"remark {number}", by=ANN)
    trial = serve()
    trial.push(comment_intent(item, "due 19 Nov"))
    trial.server.faults.add(Fault(kind="empty_page", method="GET", path=COMMENTS, nth=1))
    assert kinds(trial.push(comment_intent(item, "due 19 Nov"))) == ["Unchanged"]


def test_a_list_of_comments_that_leads_nowhere_makes_no_second_one(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    for number in range(400):
        site.add_comment(item, f"remark {number}", by=ANN)
    trial = serve()
    trial.push(comment_intent(item, "due 19 Nov"))
    trial.server.faults.add(Fault(kind="token_loop", method="GET", path=COMMENTS, nth=(2, 4, 6, 8)))
    assert kinds(trial.push(comment_intent(item, "due 19 Nov"))) == ["Unknown"]
    assert texts(site, item).count("due 19 Nov") == 1


def test_an_item_without_comments_is_not_asked_for_them(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    trial.push(comment_intent(item, "due 19 Nov"))
    assert trial.sent()[LIST] == 0
    assert trial.sent()[POST] == 1


# Whose it is.


def test_trap_11_a_copy_by_somebody_else_is_not_ours(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    trial.push(comment_intent(item, "due 19 Nov"))
    ours = site.comments_of(item)[0]
    site.add_comment(item, ours["text"], by=ANN)
    found = trial.comment_of(item)
    assert (found.remote_id, found.duplicates) == (str(ours["id"]), ())


def test_trap_11_our_comment_copied_to_another_item_is_not_that_items(
    site: AzureDevOps, serve: Serve
) -> None:
    first, second = epics(site, 2)
    trial = serve()
    trial.push(comment_intent(first, "due 19 Nov"))
    site.add_comment(
        second, site.comments_of(first)[0]["text"]
    )  # by our own account, as a copied item has it
    assert trial.stands(second).comment is None
    assert kinds(trial.push(comment_intent(second, "due 19 Nov"))) == ["Applied"]
    assert len(site.comments_of(second)) == 2


def test_trap_11_an_id_that_ends_like_another_is_another(site: AzureDevOps, serve: Serve) -> None:
    items = epics(site, 12)
    longer = next(one for one in items if str(one).endswith(str(items[0])[-1]) and one != items[0])
    trial = serve()
    trial.push(comment_intent(longer, "due 19 Nov"))
    site.add_comment(items[0], site.comments_of(longer)[0]["text"])
    assert trial.stands(items[0]).comment is None


def test_trap_11_a_title_that_quotes_the_reference_is_not_it(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    line = reference.Reference(str(item), "0" * 16, "1" * 16).line
    site.add_comment(item, f"<p>see {line}</p>")
    site.add_comment(item, f"<p>{line}!</p>")
    trial = serve()
    assert trial.stands(item).comment is None


def test_a_second_comment_of_ours_is_told_as_a_duplicate(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    trial.push(comment_intent(item, "due 19 Nov"))
    twin = site.add_comment(item, site.comments_of(item)[0]["text"])
    assert trial.comment_of(item).duplicates == (str(twin),)


# People win.


def test_a_comment_that_a_person_edited_is_left_alone(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    first = comment_intent(item, "due 19 Nov")
    trial.push(first)
    ours = site.comments_of(item)[0]
    site.edit_comment(item, ours["id"], ours["text"].replace("19 Nov", "24 Dec"), by=ANN)
    assert trial.comment_of(item).is_edited is True
    (receipt,) = trial.push(
        comment_intent(item, "due 26 Nov", before=first.wanted, remote_id=str(ours["id"]))
    )
    assert isinstance(receipt, Conflict)
    assert texts(site, item) == ["due 24 Dec"]


def test_a_comment_that_a_person_deleted_is_not_written_again(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    first = comment_intent(item, "due 19 Nov")
    trial.push(first)
    number = site.comments_of(item)[0]["id"]
    site.delete_comment(item, number, by=ANN)
    assert trial.stands(item).comment is None
    (receipt,) = trial.push(comment_intent(item, "due 26 Nov", before=first.wanted, remote_id=str(number)))
    assert receipt == Conflict(intent_id=f"{item} comment", now=None, reason="the comment was deleted")
    assert texts(site, item) == []


def test_an_undone_comment_is_removed(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    first = comment_intent(item, "due 19 Nov")
    trial.push(first)
    undo = intent(item, "comment", None, before=first.wanted)
    assert kinds(trial.push(undo)) == ["Applied"]
    assert texts(site, item) == []
    assert kinds(trial.push(undo)) == ["Unchanged"]


def test_comments_of_nobody_and_without_a_text_harm_nothing(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    site.add_comment(item, "remark", by=ANN)
    odd = {"comments": [{"id": 1}, {"id": 2, "text": None, "createdBy": None, "format": None}]}
    trial = serve(
        faults=[Fault(kind="status", method="GET", path=COMMENTS, status=200, body=json.dumps(odd))]
    )
    assert trial.stands(item).comment is None


# Markup.


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_trap_11_hostile_text_survives_the_sanitiser_whole(
    site: AzureDevOps, serve: Serve, form: Any
) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    assert kinds(trial.push(quoting(item, HOSTILE), comment_format=form)) == ["Applied"]
    (ours,) = site.comments_of(item)
    assert ours["format"] == form
    assert f"title: {HOSTILE}" in texts(site, item)[0]
    found = trial.comment_of(item)
    assert found.is_edited is False
    assert site.items[item].comments[0].versions[-1].text.count("<img") == 0


def test_trap_11_a_comment_keeps_its_own_format(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    first = comment_intent(item, "due * 19 Nov")
    trial.push(first, comment_format="markdown")
    trial.push(comment_intent(item, "due * 26 Nov", before=first.wanted), comment_format="html")
    (ours,) = site.comments_of(item)
    assert ours["format"] == "markdown"
    assert ours["text"].startswith("due \\* 26 Nov")
    assert trial.comment_of(item).is_edited is False


def test_trap_11_words_that_the_sanitiser_changed_are_no_edit_by_a_person(
    site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulators.azure_devops import discussion

    kept = discussion.sanitize
    monkeypatch.setattr(discussion, "sanitize", lambda text: kept(text).replace("19 Nov", "19 November"))
    (item,) = epics(site, 1)
    trial = serve()
    first = comment_intent(item, "due 19 Nov")
    assert kinds(trial.push(first)) == ["Applied"]
    found = trial.comment_of(item)
    assert (found.digest, found.is_edited, found.body) == (first.wanted, False, "due 19 November")
    assert kinds(trial.push(comment_intent(item, "due 26 Nov", before=first.wanted))) == ["Applied"]


def test_trap_11_a_reference_that_is_not_kept_is_not_called_written(
    site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulators.azure_devops import discussion

    kept = discussion.sanitize
    monkeypatch.setattr(discussion, "sanitize", lambda text: kept(text).partition("<p>Dovetail")[0])
    (item,) = epics(site, 1)
    trial = serve()
    (receipt,) = trial.push(comment_intent(item, "due 19 Nov"))
    assert isinstance(receipt, Unknown)
    assert "reference line" in receipt.reason


# Versions of the API.


def test_trap_12_the_preview_that_the_server_offers_is_asked_for(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    queries = watched(trial, "POST")
    trial.push(comment_intent(item, "due 19 Nov"))
    assert {"api-version": ["7.1-preview.4"], "format": ["html"]} in queries


def test_trap_12_an_older_server_knows_no_formats(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    listed = {
        "count": 1,
        "value": [
            {
                "id": "608aac0a-32e1-4493-a863-b9cf4566d257",
                "resourceName": "comments",
                "resourceVersion": 3,
                "maxVersion": "7.0",
            }
        ],
    }
    old = Fault(kind="status", method="OPTIONS", status=200, body=json.dumps(listed))
    trial = serve(faults=[old])
    queries = watched(trial, "POST")
    receipts = trial.push(comment_intent(item, "due 19 Nov"), comment_format="markdown")
    assert kinds(receipts) == ["Applied"]
    assert {"api-version": ["7.0-preview.3"]} in queries
    assert texts(site, item) == ["due 19 Nov"]


def test_trap_12_a_server_that_does_not_list_its_versions_gets_todays(
    site: AzureDevOps, serve: Serve
) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(kind="status", method="OPTIONS", status=405, body="{}")])
    assert kinds(trial.push(comment_intent(item, "due 19 Nov"))) == ["Applied"]


# Many at once, where the way is long.


def busiest(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many requests were under way whenever one began."""
    assert trial.last is not None
    http = trial.last.site.client.http
    transfer, lock, under_way, seen = http._transfer, Lock(), [0], [0]

    def counted(sending: Any) -> Any:
        with lock:
            under_way[0] += 1
            seen.append(under_way[0])
        try:
            return transfer(sending)
        finally:
            with lock:
                under_way[0] -= 1

    monkeypatch.setattr(http, "_transfer", counted)
    return seen


def test_comments_are_written_four_at_a_time_where_the_way_is_long(
    site: AzureDevOps, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = epics(site, 12)
    trial = serve(latency_ms=60)
    connector = trial.connector()
    list(connector.look([f"boards/{items[0]}"]))  # the latency of a first connection says little
    seen = busiest(trial, monkeypatch)
    receipts = list(connector.push([comment_intent(item, "due 19 Nov") for item in items]))
    assert kinds(receipts) == ["Applied"] * 12
    assert max(seen) == 4
    assert [texts(site, item) for item in items] == [["due 19 Nov"]] * 12
    found = list(connector.look([f"boards/{item}" for item in items]))
    assert [slots.item_id for slots in found] == [f"boards/{item}" for item in items]
    assert all(slots.comment is not None for slots in found)
    assert trial.sent()["OPTIONS /_apis/wit"] == 1


def test_a_source_that_stops_in_the_middle_tells_what_was_written(site: AzureDevOps, serve: Serve) -> None:
    items = epics(site, 12)
    full = Fault(kind="status", method="POST", path=COMMENTS, nth=6, status=429, retry_after="900", body="{}")
    trial = serve(latency_ms=60, faults=[full])
    connector = trial.connector()
    list(connector.look([f"boards/{items[0]}"]))
    receipts: list[Receipt] = []
    pushing = connector.push([comment_intent(item, "due 19 Nov") for item in items])
    with pytest.raises(RateLimited):
        receipts.extend(iter(lambda: next(pushing), None))
    written = {f"{item} comment" for item in items if texts(site, item)}
    assert {receipt.intent_id for receipt in receipts} == written
    assert set(kinds(receipts)) == {"Applied"}
    assert 5 <= len(written) < 12


# What an item is told by.


def test_an_edit_costs_one_look_one_read_and_one_write(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    first = comment_intent(item, "due 19 Nov")
    (receipt,) = trial.push(first)
    assert isinstance(receipt, Applied)
    second = comment_intent(item, "due 26 Nov", before=first.wanted, remote_id=receipt.remote_id)
    connector = trial.connector(fields={})
    cost = connector.cost([second])
    list(connector.push([second]))
    sent = trial.sent()
    del sent["GET /_apis/connectionData"]
    assert sum(sent.values()) == 4 == cost.requests  # with the versions, asked once
    assert cost.emails == 0
    assert connector.cost([first]).emails == 1


def test_fields_and_comment_of_one_item_do_not_overtake_each_other(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve()
    receipts = trial.push(comment_intent(item, "due 19 Nov"), intent(item, "health", "red"))
    assert sorted(kinds(receipts)) == ["Applied", "Applied"]
    assert trial.sent()["PATCH /_apis/wit/workitems/{id}"] == 1
    assert trial.revisions(item) == 3  # created, fields, comment


def test_a_comment_on_an_item_that_went_meanwhile_is_gone(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)

    def script(method: str, template: str, count: int) -> Fault | None:
        if method == "POST" and template.endswith("/comments"):
            site.delete_item(item, by=ANN)
        return None

    trial = serve(faults=script)
    (receipt,) = trial.push(comment_intent(item, "due 19 Nov"))
    assert isinstance(receipt, Gone)


def test_a_404_on_an_item_that_is_there_is_refused_with_the_likely_cause(
    site: AzureDevOps, serve: Serve
) -> None:
    (item,) = epics(site, 1)

    def script(method: str, template: str, count: int) -> Fault | None:
        if method == "POST" and template.endswith("/comments") and site.find_project("Retail"):
            site.rename_project("Retail", "Shops")
        return None

    trial = serve(faults=script)
    (receipt,) = trial.push(comment_intent(item, "due 19 Nov"))
    assert isinstance(receipt, Refused)
    assert "renamed" in receipt.reason
    assert kinds(trial.push(comment_intent(item, "due 19 Nov"))) == ["Applied"]


@pytest.mark.parametrize("what", ["renamed", "deleted"])
def test_a_look_survives_a_project_that_is_renamed_and_an_item_that_goes_in_between(
    site: AzureDevOps, serve: Serve, what: str
) -> None:
    item, other = epics(site, 2)
    for one in (item, other):
        site.add_comment(one, "remark", by=ANN)

    def script(method: str, template: str, count: int) -> Fault | None:
        if method == "GET" and template.endswith("/comments") and count == 1:
            if what == "renamed":
                site.rename_project("Retail", "Shops")
            else:
                site.delete_item(item, by=ANN)
        return None

    trial = serve(faults=script)
    found = list(trial.connector(fields={}).look([f"boards/{item}", f"boards/{other}"]))
    assert [slots.exists for slots in found] == [what == "renamed", True]


def test_comments_that_may_not_be_read_cannot_be_written(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    site.add_comment(item, "remark", by=ANN)
    trial = serve(faults=[Fault(kind="status", method="GET", path=COMMENTS, status=403, body="{}")])
    slots = trial.stands(item)
    assert slots.exists
    assert set(slots.unwritable) == {"comment"}


def test_a_refused_comment_is_told_in_the_trackers_words(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    words = json.dumps({"message": "The comment is too long.", "typeKey": "CommentTooLong"})
    refused = Fault(kind="status", method="POST", path=COMMENTS, status=400, body=words)
    trial = serve(faults=[refused])
    (receipt,) = trial.push(comment_intent(item, "due 19 Nov"))
    assert receipt == Refused(intent_id=f"{item} comment", reason="The comment is too long.")


def test_a_comment_that_is_changed_at_this_moment_is_a_conflict(site: AzureDevOps, serve: Serve) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(kind="status", method="POST", path=COMMENTS, status=409, body="{}")])
    assert kinds(trial.push(comment_intent(item, "due 19 Nov"))) == ["Conflict"]
    assert texts(site, item) == []


@pytest.mark.parametrize("kind", ["reset_after", "garbled"])
def test_a_lost_answer_of_an_edit_is_looked_up(site: AzureDevOps, serve: Serve, kind: Any) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(kind=kind, method="PATCH", path=COMMENT, nth=1)])
    first = comment_intent(item, "due 19 Nov")
    trial.push(first)
    number = str(site.comments_of(item)[0]["id"])
    second = comment_intent(item, "due 26 Nov", before=first.wanted, remote_id=number)
    (receipt,) = trial.push(second)
    assert isinstance(receipt, Applied)
    assert receipt.remote_id == number
    assert texts(site, item) == ["due 26 Nov"]
    assert len(site.items[item].comments[0].versions) == 2
