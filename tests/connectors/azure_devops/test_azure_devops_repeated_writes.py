"""A deletion without an answer is not sent again before a look: a person may have been faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from writing_world import ANN, COMMENTS, Trial, comment_intent, epics, intent, new_site, serving

from portfolio.intents import Applied, Conflict
from simulators.azure_devops import AzureDevOps
from simulators.faults import Fault

WAYS: dict[str, Any] = {
    "held back": {"kind": "status", "status": 429, "retry_after": "60"},
    "failed": {"kind": "status", "status": 503},
    "never arrived": {"kind": "reset_before"},
}


class Meanwhile(Trial):
    """A trial in which a person does something while Dovetail waits."""

    doing: Callable[[], None] | None = None

    def _sleep(self, seconds: float) -> None:
        super()._sleep(seconds)
        if self.doing is not None:
            doing, self.doing = self.doing, None
            doing()


@pytest.fixture
def site() -> AzureDevOps:
    return new_site()


@pytest.fixture
def serve(site: AzureDevOps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Trial]]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(serving(site, monkeypatch, **options))


def texts(site: AzureDevOps, item: int) -> list[str]:
    return [str(one["text"]) for one in site.comments_of(item)]


@pytest.mark.parametrize("way", WAYS)
def test_a_comment_that_a_person_edits_while_its_deletion_waits_stays(
    site: AzureDevOps, serve: Callable[..., Trial], way: str
) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(method="DELETE", path=f"{COMMENTS}/*", nth=1, **WAYS[way])])
    written = comment_intent(item, "due 19 Nov")
    trial.push(written)
    number = int(site.comments_of(item)[0]["id"])
    edited = str(site.comments_of(item)[0]["text"]).replace("due 19 Nov", "I know, thanks")
    trial.__class__ = Meanwhile
    assert isinstance(trial, Meanwhile)
    trial.doing = lambda: site.edit_comment(item, number, edited, by=ANN)
    (receipt,) = trial.push(intent(item, "comment", None, before=written.wanted))
    assert isinstance(receipt, Conflict)
    assert len(texts(site, item)) == 1
    assert "I know, thanks" in texts(site, item)[0]


@pytest.mark.parametrize("way", WAYS)
def test_a_deletion_that_waits_is_made_where_nobody_was_faster(
    site: AzureDevOps, serve: Callable[..., Trial], way: str
) -> None:
    (item,) = epics(site, 1)
    trial = serve(faults=[Fault(method="DELETE", path=f"{COMMENTS}/*", nth=1, **WAYS[way])])
    written = comment_intent(item, "due 19 Nov")
    trial.push(written)
    (receipt,) = trial.push(intent(item, "comment", None, before=written.wanted))
    assert isinstance(receipt, Applied)
    assert texts(site, item) == []
