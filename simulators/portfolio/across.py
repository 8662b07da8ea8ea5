"""What joins the trackers of the demo portfolio: one epic in both, and work that waits for the other side.

No tracker knows such a link by itself: in Jira it is a link to a page, in Azure DevOps a hyperlink with a
comment, and people say in it what it means. Of the epic, Azure DevOps keeps Jira's key in a field, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from simulators.portfolio.model import BLOCKED_BY, SAME_WORK, Issue
from simulators.portfolio.plans_store import SHARED_EPIC

_EACH_WAY = 5
_ALIKE_IN_JIRA, _ALIKE_ON_BOARDS = "Self-checkout in shops", "Self-checkout in the shops"


def join(issues: Sequence[Issue], items: Sequence[Issue], random: Random) -> dict[str, Issue]:
    """Link the two trackers, when keys are known; gives the items the demo talks about, by their part."""
    ours = next(one for one in issues if one.type == "Epic" and one.title == SHARED_EPIC)
    theirs = next(one for one in items if one.type == "Epic" and one.title == SHARED_EPIC)
    _agree_on_the_date(ours, theirs)
    _refer(ours, SAME_WORK, theirs, random)
    at = max(ours.created, theirs.created) + timedelta(minutes=random.randrange(5, 50))
    theirs.edit(at, theirs.reporter, twin=ours.key)
    stories = [one for one in issues if one.type in {"Story", "Task"} and one.is_open and one.parent]
    requirements = [one for one in items if one.type in {"User Story", "Requirement"} and one.is_open]
    featured = {"shared epic in Jira": ours, "shared epic on boards": theirs}
    # One more epic is called alike on both sides, and nobody has linked it.
    featured["alike in Jira"] = next(one for one in issues if one.title == _ALIKE_IN_JIRA)
    featured["alike on boards"] = next(one for one in items if one.title == _ALIKE_ON_BOARDS)
    # The first of each way is of the epic that both share.
    first = next(one for one in stories if one.parent is ours)
    second = next(
        one for one in reversed(requirements) if one.parent is not None and one.parent.parent is theirs
    )
    _refer(first, BLOCKED_BY, second, random)
    featured["waits for boards"] = first
    featured["waited for on boards"] = second
    for _ in range(_EACH_WAY - 1):
        _refer(_take(stories, random), BLOCKED_BY, _take(requirements, random), random)
    for number in range(_EACH_WAY):
        waiting = _take(requirements, random)
        _refer(waiting, BLOCKED_BY, _take(stories, random), random)
        if number == 0:
            featured["waits for Jira"] = waiting
    return featured


def _take(options: list[Issue], random: Random) -> Issue:
    return options.pop(random.randrange(len(options)))


def _refer(one: Issue, text: str, other: Issue, random: Random) -> None:
    """The link is made when both exist, and by whoever wrote the one that points."""
    at = max(one.created, other.created) + timedelta(minutes=random.randrange(5, 50))
    one.refer(at, one.reporter, text, other)


def _agree_on_the_date(ours: Issue, theirs: Issue) -> None:
    """Both sides promise the same day. What Jira's side moved, the other side has moved on the same day."""
    first = theirs.history[0]
    promised = ours.history[0].values["duedate"]
    theirs.history[0] = replace(first, values={**first.values, "due": promised})
    theirs.values["due"] = promised
    for step in ours.history:
        if step.action == "edit" and "duedate" in step.values:
            at = step.at + timedelta(minutes=20)
            theirs.edit(at, theirs.reporter, due=step.values["duedate"])
