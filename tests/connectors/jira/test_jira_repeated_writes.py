"""A write that got no answer is not sent again before somebody has looked: a person may have been faster."""

from __future__ import annotations

from typing import Any

import pytest
from jira_site import HEALTH, Serve, Trial, many

from portfolio.intents import Applied, Conflict, Receipt, Unknown
from simulators.faults import Fault
from simulators.jira import JiraCloud

ISSUE = "/rest/api/3/issue/*"
COMMENT = "/rest/api/3/issue/*/comment/*"
WAYS: dict[str, Any] = {
    "held back": {"kind": "status", "status": 429, "retry_after": "60"},
    "failed": {"kind": "status", "status": 503},
    "lost": {"kind": "reset_after"},
    "never arrived": {"kind": "reset_before"},
}


class Meanwhile(Trial):
    """A trial in which a person does something while Dovetail waits."""

    doing: Any = None

    def _sleep(self, seconds: float) -> None:
        super()._sleep(seconds)
        if self.doing is not None:
            doing, self.doing = self.doing, None
            doing()


def meanwhile(trial: Trial, doing: Any) -> None:
    trial.__class__ = Meanwhile
    trial.doing = doing  # type: ignore[attr-defined]


def push(trial: Trial, intent: Any) -> Receipt:
    (receipt,) = trial.connector().push([intent])
    return receipt


def health(trial: Trial, key: str) -> Any:
    (slots,) = trial.connector().look([trial.item_id(key)])
    return slots.fields["health"]


@pytest.mark.parametrize("fault", WAYS, ids=str)
def test_a_value_that_a_person_sets_while_an_edit_waits_is_left(
    site: JiraCloud, serve: Serve, fault: Any
) -> None:
    (key,) = many(site, 1)
    trial = serve(faults=[Fault(method="PUT", path=ISSUE, nth=1, **WAYS[fault])])
    meanwhile(trial, lambda: site.edit_issue(key, {HEALTH: {"value": "Green"}}, by="ann"))
    assert isinstance(push(trial, trial.intent(key, "health", "red")), Conflict)
    assert health(trial, key) == "green"


@pytest.mark.parametrize("fault", WAYS, ids=str)
def test_an_edit_that_waits_is_made_where_nobody_was_faster(
    site: JiraCloud, serve: Serve, fault: Any
) -> None:
    (key,) = many(site, 1)
    trial = serve(faults=[Fault(method="PUT", path=ISSUE, nth=1, **WAYS[fault])])
    assert isinstance(push(trial, trial.intent(key, "health", "red")), Applied)
    assert health(trial, key) == "red"


def test_an_edit_that_is_never_answered_is_unknown(site: JiraCloud, serve: Serve) -> None:
    (key,) = many(site, 1)
    trial = serve(faults=[Fault(method="PUT", path=ISSUE, kind="reset_before")])
    assert isinstance(push(trial, trial.intent(key, "health", "red")), Unknown)
    assert trial.sent()["PUT /rest/api/3/issue/{id}"] == 4


@pytest.mark.parametrize("fault", ["held back", "failed", "never arrived"])
def test_an_edit_of_a_comment_does_not_overwrite_what_a_person_made_of_it_while_it_waits(
    site: JiraCloud, serve: Serve, fault: str
) -> None:
    (key,) = many(site, 1)
    trial = serve(faults=[Fault(method="PUT", path=COMMENT, nth=1, **WAYS[fault])])
    first = trial.comment_intent(key, "due 19 Nov")
    push(trial, first)
    number = int(site.comments(key)[0]["id"])
    meanwhile(trial, lambda: site.edit_comment(number, "I know, thanks", by="ann"))
    receipt = push(trial, trial.comment_intent(key, "due 26 Nov", before=first.wanted, remote_id=str(number)))
    assert isinstance(receipt, Conflict)
    assert site.text_of_comment(number) == "I know, thanks"


@pytest.mark.parametrize("fault", WAYS, ids=str)
def test_an_edit_of_a_comment_is_made_once_where_nobody_was_faster(
    site: JiraCloud, serve: Serve, fault: str
) -> None:
    (key,) = many(site, 1)
    trial = serve(faults=[Fault(method="PUT", path=COMMENT, nth=1, **WAYS[fault])])
    first = trial.comment_intent(key, "due 19 Nov")
    push(trial, first)
    receipt = push(trial, trial.comment_intent(key, "due 26 Nov", before=first.wanted))
    assert isinstance(receipt, Applied)
    assert [site.text_of_comment(int(one["id"])) for one in site.comments(key)] == ["due 26 Nov"]


@pytest.mark.parametrize("fault", ["held back", "failed", "never arrived"])
def test_a_comment_that_a_person_edits_while_its_deletion_waits_stays(
    site: JiraCloud, serve: Serve, fault: str
) -> None:
    (key,) = many(site, 1)
    trial = serve(faults=[Fault(method="DELETE", path=COMMENT, nth=1, **WAYS[fault])])
    first = trial.comment_intent(key, "due 19 Nov")
    push(trial, first)
    number = int(site.comments(key)[0]["id"])
    meanwhile(trial, lambda: site.edit_comment(number, "I know, thanks", by="ann"))
    receipt = push(trial, trial.intent(key, "comment", None, before=first.wanted))
    assert isinstance(receipt, Conflict)
    assert site.text_of_comment(number) == "I know, thanks"
