"""`comment: ours`: the text that the plan has seen is overwritten, and no other."""

from __future__ import annotations

from typing import Any

import msgspec
from jira_site import Serve, Trial, many

from portfolio.intents import Applied, Conflict, Receipt, RemoteComment, text_digest
from simulators.jira import JiraCloud


def edited(site: JiraCloud, trial: Trial) -> tuple[str, int, str, str]:
    """An issue, the number of our comment, the digest of what we wrote, and that of what Ann made of it."""
    (key,) = many(site, 1)
    first = trial.comment_intent(key, "due 19 Nov")
    list(trial.connector().push([first]))
    number = int(site.comments(key)[0]["id"])
    site.edit_comment(number, "I know, thanks", by="ann")
    found = standing(trial, key)
    assert (found.is_edited, found.body) == (True, "I know, thanks")
    return key, number, str(first.wanted), text_digest(found.body)


def standing(trial: Trial, key: str) -> RemoteComment:
    (slots,) = trial.connector().look([trial.item_id(key)])
    assert slots.comment is not None
    return slots.comment


def push(trial: Trial, key: str, text: str, *, overwrites: str, **more: Any) -> Receipt:
    intent = msgspec.structs.replace(trial.comment_intent(key, text, **more), overwrites=overwrites)
    (receipt,) = trial.connector().push([intent])
    return receipt


def test_an_edit_that_the_plan_has_seen_is_overwritten_in_place(site: JiraCloud, serve: Serve) -> None:
    trial = serve()
    key, number, before, seen = edited(site, trial)
    receipt = push(trial, key, "due 26 Nov", before=before, remote_id=str(number), overwrites=seen)
    assert isinstance(receipt, Applied)
    assert [site.text_of_comment(int(one["id"])) for one in site.comments(key)] == ["due 26 Nov"]
    assert not standing(trial, key).is_edited


def test_the_same_text_is_restored_over_an_edit(site: JiraCloud, serve: Serve) -> None:
    trial = serve()
    key, number, before, seen = edited(site, trial)
    receipt = push(trial, key, "due 19 Nov", before=before, remote_id=str(number), overwrites=seen)
    assert isinstance(receipt, Applied)
    assert site.text_of_comment(number) == "due 19 Nov"


def test_an_edit_that_the_plan_has_not_seen_is_a_conflict(site: JiraCloud, serve: Serve) -> None:
    trial = serve()
    key, number, before, seen = edited(site, trial)
    site.edit_comment(number, "Really, I know", by="ann")
    receipt = push(trial, key, "due 26 Nov", before=before, remote_id=str(number), overwrites=seen)
    assert receipt == Conflict(intent_id=f"{key} comment", now=before, reason="a person edited the comment")
    assert site.text_of_comment(number) == "Really, I know"
