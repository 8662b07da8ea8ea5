"""`comment: ours`: the text that the plan has seen is overwritten, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import msgspec
import pytest
from writing_world import ANN, Trial, comment_intent, epics, new_site, serving

from connectors.azure_devops import reference
from portfolio.intents import Applied, Conflict, Intent, Receipt, text_digest
from simulators.azure_devops import AzureDevOps

Serve = Callable[..., Trial]


@pytest.fixture
def site() -> AzureDevOps:
    return new_site()


@pytest.fixture
def serve(site: AzureDevOps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(serving(site, monkeypatch, **options))


def edited(site: AzureDevOps, trial: Trial) -> tuple[int, str, str, str]:
    """An item, the number of our comment, the digest of what we wrote, and that of what Ann made of it."""
    (item,) = epics(site, 1)
    first = comment_intent(item, "due 19 Nov")
    trial.push(first)
    ours = site.comments_of(item)[0]
    site.edit_comment(item, ours["id"], ours["text"].replace("19 Nov", "24 Dec"), by=ANN)
    found = trial.comment_of(item)
    assert (found.is_edited, found.body) == (True, "due 24 Dec")
    return item, str(ours["id"]), str(first.wanted), text_digest(found.body)


def push(trial: Trial, intent: Intent, seen: str) -> Receipt:
    (receipt,) = trial.push(msgspec.structs.replace(intent, overwrites=seen))
    return receipt


def said(site: AzureDevOps, item: int) -> list[str]:
    return [reference.read(one["text"], one["format"]).said for one in site.comments_of(item)]


@pytest.mark.parametrize("text", ["due 26 Nov", "due 19 Nov"])
def test_an_edit_that_the_plan_has_seen_is_overwritten_in_place(
    site: AzureDevOps, serve: Serve, text: str
) -> None:
    trial = serve()
    item, number, before, seen = edited(site, trial)
    receipt = push(trial, comment_intent(item, text, before=before, remote_id=number), seen)
    assert isinstance(receipt, Applied)
    assert said(site, item) == [text]
    assert not trial.comment_of(item).is_edited


def test_an_edit_that_the_plan_has_not_seen_is_a_conflict(site: AzureDevOps, serve: Serve) -> None:
    trial = serve()
    item, number, before, seen = edited(site, trial)
    text = site.comments_of(item)[0]["text"].replace("24 Dec", "31 Dec")
    site.edit_comment(item, int(number), text, by=ANN)
    receipt = push(trial, comment_intent(item, "due 26 Nov", before=before, remote_id=number), seen)
    assert receipt == Conflict(intent_id=f"{item} comment", now=before, reason="a person edited the comment")
    assert said(site, item) == ["due 31 Dec"]
