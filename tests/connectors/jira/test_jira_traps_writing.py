"""The traps of facts/jira.md §6 that concern writing, and what a push promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from jira_site import HEALTH, Serve, Trial, many

from connectors.jira.client import MARKER_PROPERTY
from portfolio.errors import RateLimited
from portfolio.intents import (
    Applied,
    Conflict,
    Gone,
    Receipt,
    Refused,
    RemoteComment,
    Slots,
    Unchanged,
    Unknown,
)
from simulators.faults import Fault
from simulators.jira import JiraCloud, RateLimit

COMMENT = "/rest/api/3/issue/*/comment"
ISSUE = "/rest/api/3/issue/{issueIdOrKey}"


def push(trial: Trial, *intents: Any, **settings: Any) -> list[Receipt]:
    return list(trial.connector(**settings).push(list(intents)))


def stands(trial: Trial, key: str, **settings: Any) -> Slots:
    (slots,) = trial.connector(**settings).look([trial.item_id(key)])
    return slots


def comment_of(trial: Trial, key: str) -> RemoteComment:
    comment = stands(trial, key).comment
    assert comment is not None
    return comment


def bodies(site: JiraCloud, key: str) -> list[str]:
    return [site.text_of_comment(int(one["id"])) for one in site.comments(key)]


def kinds(receipts: Sequence[Receipt]) -> list[str]:
    return [type(one).__name__ for one in receipts]


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "garbled"])
def test_trap_09_a_lost_answer_of_a_new_comment_makes_no_second_one(
    site: JiraCloud, serve: Serve, kind: Any
) -> None:
    (key,) = many(site, 1)
    trial = serve(faults=[Fault(kind=kind, method="POST", path=COMMENT, nth=1)])
    (receipt,) = push(trial, trial.comment_intent(key, "due 19 Nov"))
    assert isinstance(receipt, Applied)
    assert bodies(site, key) == ["due 19 Nov"]
    assert receipt.remote_id == site.comments(key)[0]["id"]
    assert trial.sent()["POST /rest/api/3/issue/{id}/comment"] == 1


def test_trap_09_a_comment_that_was_never_made_is_unknown_and_not_repeated(
    site: JiraCloud, serve: Serve
) -> None:
    (key,) = many(site, 1)
    trial = serve(faults=[Fault(kind="reset_before", method="POST", path=COMMENT, nth=1)])
    (receipt,) = push(trial, trial.comment_intent(key, "due 19 Nov"))
    assert isinstance(receipt, Unknown)
    assert bodies(site, key) == []
    # The next run looks, finds none, and writes it.
    assert kinds(push(trial, trial.comment_intent(key, "due 19 Nov"))) == ["Applied"]
    assert bodies(site, key) == ["due 19 Nov"]


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_a_lost_answer_of_a_deletion_is_found_out_and_the_comment_is_gone_once(
    site: JiraCloud, serve: Serve, kind: Any
) -> None:
    (key,) = many(site, 1)
    trial = serve(faults=[Fault(kind=kind, method="DELETE", path=f"{COMMENT}/*", nth=1)])
    written = trial.comment_intent(key, "due 19 Nov")
    push(trial, written)
    site.add_comment(key, "a person's", by="ann")
    (receipt,) = push(trial, trial.intent(key, "comment", None, before=written.wanted))
    assert isinstance(receipt, Applied)
    assert bodies(site, key) == ["a person's"]


def test_trap_09_the_comment_is_found_after_the_store_was_lost(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    push(trial, trial.comment_intent(key, "due 19 Nov"))
    found = comment_of(trial, key)
    assert found.remote_id == site.comments(key)[0]["id"]
    assert found.is_edited is False


def test_trap_09_the_comment_is_found_among_more_than_are_embedded(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    (receipt,) = push(trial, trial.comment_intent(key, "due 19 Nov"))
    assert isinstance(receipt, Applied)
    for number in range(130):
        site.add_comment(key, f"remark {number}", by="ann")
    assert comment_of(trial, key).remote_id == receipt.remote_id
    again = push(trial, trial.comment_intent(key, "due 19 Nov", before=None))
    assert kinds(again) == ["Unchanged"]
    assert len(site.comments(key)) == 131


def test_trap_09_a_copied_marker_is_not_ours(site: JiraCloud, serve: Serve) -> None:
    first, second = many(site, 2)
    trial = serve()
    push(trial, trial.comment_intent(first, "due 19 Nov"))
    ours = site.comments(first)[0]
    _, original = site.find_comment(int(ours["id"]))
    # Another author with our marker, on the same issue; and our account's copy of it on a clone.
    for key, author in ((first, "ann"), (second, site.bot)):
        number = site.add_comment(key, "copied", by=author)
        _, copy = site.find_comment(number)
        copy.properties = dict(original.properties)
    assert comment_of(trial, first).remote_id == ours["id"]
    assert comment_of(trial, first).duplicates == ()
    assert stands(trial, second).comment is None


def test_trap_09_a_second_comment_of_ours_is_told_as_a_duplicate(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    push(trial, trial.comment_intent(key, "due 19 Nov"))
    _, original = site.find_comment(int(site.comments(key)[0]["id"]))
    twin = site.add_comment(key, "due 19 Nov", by=site.bot)
    _, copy = site.find_comment(twin)
    copy.properties = dict(original.properties)
    assert comment_of(trial, key).duplicates == (str(twin),)


def test_trap_10_one_mail_per_item_ever(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    first = trial.comment_intent(key, "due 19 Nov")
    second = trial.comment_intent(key, "due 26 Nov", before=first.wanted)
    assert kinds(push(trial, first, trial.intent(key, "health", "red"))) == ["Applied", "Applied"]
    assert kinds(push(trial, second)) == ["Applied"]
    assert bodies(site, key) == ["due 26 Nov"]
    assert [(one.key, one.reason) if hasattr(one, "key") else tuple(one) for one in site.mails] == [
        (key, "comment created")
    ]


def test_trap_11_our_own_writes_do_not_come_back_as_news(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    trial.pull()
    site.clock.advance(hours=1)
    push(trial, trial.intent(key, "health", "red"))
    site.edit_issue(key, {HEALTH: "Green"}, by="ann")
    # Ours is left out, what a person did to the same field is told.
    changes = trial.changes_of(key, trial.pull())
    assert changes == [(HEALTH, "Red", "Green")]


def test_trap_11_the_limit_of_writes_per_issue_is_waited_out(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve(rate_limit=RateLimit(per_issue=((1, 30.0),)))
    receipts = push(trial, trial.comment_intent(key, "due 19 Nov"), trial.intent(key, "health", "red"))
    assert kinds(receipts) == ["Applied", "Applied"]
    assert bodies(site, key) == ["due 19 Nov"]
    assert sum(trial.slept) >= 29


def test_a_quota_ends_the_push_with_what_was_done_so_far(site: JiraCloud, serve: Serve) -> None:
    first, second = many(site, 2)
    quota = Fault(
        kind="status",
        method="POST",
        path=COMMENT,
        nth=2,
        status=429,
        retry_after="900",
        reason="jira-quota-tenant-based",
    )
    trial = serve(faults=[quota])
    got: list[Receipt] = []
    intents = [trial.comment_intent(key, "due 19 Nov") for key in (first, second)]
    receipts = trial.connector().push(intents)
    got.append(next(receipts))
    with pytest.raises(RateLimited):
        next(receipts)
    assert kinds(got) == ["Applied"]
    assert bodies(site, second) == []


def test_a_comment_that_a_person_edited_is_left_alone(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    first = trial.comment_intent(key, "due 19 Nov")
    push(trial, first)
    number = int(site.comments(key)[0]["id"])
    site.edit_comment(number, "I know, thanks", by="ann")
    assert comment_of(trial, key).is_edited is True
    second = trial.comment_intent(key, "due 26 Nov", before=first.wanted, remote_id=str(number))
    (receipt,) = push(trial, second)
    assert isinstance(receipt, Conflict)
    assert bodies(site, key) == ["I know, thanks"]


def test_a_comment_that_was_deleted_since_the_plan_is_a_conflict(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    first = trial.comment_intent(key, "due 19 Nov")
    push(trial, first)
    number = site.comments(key)[0]["id"]
    site.delete_comment(int(number))
    (receipt,) = push(trial, trial.comment_intent(key, "due 26 Nov", before=first.wanted, remote_id=number))
    assert receipt == Conflict(intent_id=f"{key} comment", now=None, reason="the comment was deleted")
    assert bodies(site, key) == []


def test_an_undone_comment_is_removed(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    first = trial.comment_intent(key, "due 19 Nov")
    push(trial, first)
    undo = trial.intent(key, "comment", None, before=first.wanted)
    assert kinds(push(trial, undo)) == ["Applied"]
    assert bodies(site, key) == []
    assert kinds(push(trial, undo)) == ["Unchanged"]


def test_an_edit_costs_one_look_and_one_write(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    first = trial.comment_intent(key, "due 19 Nov")
    (receipt,) = push(trial, first)
    assert isinstance(receipt, Applied)
    second = trial.comment_intent(key, "due 26 Nov", before=first.wanted, remote_id=receipt.remote_id)
    connector = trial.connector()
    cost = connector.cost([second])
    list(connector.push([second]))
    sent = trial.sent()
    del sent["GET /rest/api/3/myself"]
    assert sum(sent.values()) == 2 == cost.requests
    assert cost.emails == 0


def test_a_hundred_items_are_looked_at_with_two_requests(site: JiraCloud, serve: Serve) -> None:
    keys = many(site, 100)
    trial = serve()
    push(trial, *(trial.comment_intent(key, "due 19 Nov") for key in keys[:3]))
    connector = trial.connector(write={"comments": True})
    found = list(connector.look([trial.item_id(key) for key in keys]))
    assert sum(1 for slots in found if slots.comment) == 3
    sent = trial.sent()
    assert sent["POST /rest/api/3/issue/bulkfetch"] == 1
    assert sent["POST /rest/api/3/comment/list"] == 1


def test_what_people_changed_since_the_plan_is_not_overwritten(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    site.edit_issue(key, {HEALTH: "Green"}, by="ann")
    (receipt,) = push(trial, trial.intent(key, "health", "red", before=None))
    assert receipt == Conflict(intent_id=f"{key} health", now="green")
    assert stands(trial, key).fields == {"health": "green"}


def test_a_field_that_is_not_on_the_screen_is_refused_before_anything_is_sent(
    site: JiraCloud, serve: Serve
) -> None:
    site.add_field("Open findings", "float", on_screen=False)
    (key,) = many(site, 1)
    trial = serve()
    settings = {"write": {"fields": {"health": HEALTH, "open_findings": "Open findings"}}}
    slots = stands(trial, key, **settings)
    assert set(slots.unwritable) == {"open_findings"}
    receipts = push(
        trial, trial.intent(key, "health", "red"), trial.intent(key, "open_findings", 3), **settings
    )
    assert {one.intent_id: type(one) for one in receipts} == {
        f"{key} health": Applied,
        f"{key} open_findings": Refused,
    }
    verified = trial.connector(**settings).verify(
        [trial.intent(key, "health", "amber"), trial.intent(key, "open_findings", 3)]
    )
    assert kinds(list(verified)) == ["Unchanged", "Refused"]


def test_an_edit_that_jira_ignores_is_an_error_that_says_why(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve(is_admin=False, without_admin="ignored")
    (receipt,) = push(trial, trial.intent(key, "health", "red"))
    assert isinstance(receipt, Refused)
    assert "write.silent: false" in receipt.reason
    loud = {"write": {"fields": {"health": HEALTH}, "silent": False}}
    assert kinds(push(trial, trial.intent(key, "health", "red"), **loud)) == ["Applied"]


def test_a_field_that_jira_refuses_does_not_stop_the_others(site: JiraCloud, serve: Serve) -> None:
    field = site.add_field("Open findings", "float")
    (key,) = many(site, 1)
    words = f'{{"errorMessages": [], "errors": {{"{field}": "Number is out of range."}}}}'
    trial = serve(faults=[Fault(kind="status", method="PUT", path=ISSUE, nth=1, status=400, body=words)])
    settings = {"write": {"fields": {"health": HEALTH, "open_findings": "Open findings"}}}
    receipts = push(
        trial, trial.intent(key, "health", "red"), trial.intent(key, "open_findings", 3), **settings
    )
    by_id = {one.intent_id: one for one in receipts}
    assert by_id[f"{key} open_findings"] == Refused(
        intent_id=f"{key} open_findings", reason="Number is out of range."
    )
    assert isinstance(by_id[f"{key} health"], Applied)


def test_a_conflicting_update_is_a_conflict(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    busy = Fault(kind="status", method="PUT", path=ISSUE, nth=1, status=409, body="{}")
    trial = serve(faults=[busy])
    assert kinds(push(trial, trial.intent(key, "health", "red"))) == ["Conflict"]


def test_an_option_is_called_as_the_site_calls_it(site: JiraCloud, serve: Serve) -> None:
    site.add_field("RAG", "select", options=("On track", "Off track"))
    (key,) = many(site, 1)
    trial = serve()
    labels = {"green": "On track", "red": "Off track"}
    settings = {"write": {"fields": {"health": "RAG"}, "values": {"health": labels}}}
    assert kinds(push(trial, trial.intent(key, "health", "red"), **settings)) == ["Applied"]
    assert stands(trial, key, **settings).fields == {"health": "red"}
    (receipt,) = push(trial, trial.intent(key, "health", "amber", before="red"), **settings)
    assert isinstance(receipt, Refused)
    assert "On track, Off track" in receipt.reason


def test_a_missing_permission_is_refused_in_jiras_words(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve(denied_permissions={"ADD_COMMENTS"})
    (receipt,) = push(trial, trial.comment_intent(key, "due 19 Nov"))
    assert isinstance(receipt, Refused)
    assert "permission to comment" in receipt.reason


def test_an_issue_that_is_gone_is_told_and_the_others_are_written(site: JiraCloud, serve: Serve) -> None:
    gone, kept = many(site, 2)
    trial = serve()
    intents = [trial.comment_intent(key, "due 19 Nov") for key in (gone, kept)]
    site.delete_issue(gone)
    receipts = push(trial, *intents)
    assert [type(one) for one in receipts] == [Gone, Applied]


def test_the_same_intents_twice_are_one_effect(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    intents = [trial.comment_intent(key, "due 19 Nov"), trial.intent(key, "health", "red")]
    push(trial, *intents)
    updated = site.issue(key)["fields"]["updated"]
    assert [type(one) for one in push(trial, *intents)] == [Unchanged, Unchanged]
    assert site.issue(key)["fields"]["updated"] == updated


def test_customers_of_a_service_project_do_not_read_our_comment(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    project = site.project("CHK")
    if not hasattr(project, "type_key"):
        pytest.skip("the simulator has no service projects")
    site.edit_project("CHK", type_key="service_desk")
    (receipt,) = push(trial, trial.comment_intent(key, "due 19 Nov"))
    assert isinstance(receipt, Refused)
    assert "service_projects" in receipt.reason


def test_the_marker_is_a_property_and_names_the_issue(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve()
    intent = trial.comment_intent(key, "due 19 Nov")
    push(trial, intent)
    _, comment = site.find_comment(int(site.comments(key)[0]["id"]))
    marker = comment.properties[MARKER_PROPERTY]
    assert (marker["issue"], marker["digest"]) == (site.issue(key)["id"], intent.wanted)
