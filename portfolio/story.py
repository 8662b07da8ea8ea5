"""The story of a finding as data: why it is there, since when, what drives it, and what would end it.

`sync/story.py` gathers it; whoever shows it (the command `explain`, a page) needs nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from portfolio.findings import Finding
from portfolio.records import ItemId


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a story: nothing in it changes any more."""


class RuleText(Told, frozen=True, kw_only=True):
    """What a rule says, in its own words. `where` is empty where it asks every row."""

    id: str
    title: str
    why: str
    over: str
    where: str
    flag: str
    severity: str
    status: str


class Term(Told, frozen=True, kw_only=True):
    """One condition, measure, column or parameter of a rule with its value now. None is unknown.

    `part` is where, flag, filter, severity, measure, column or parameter; `origin`, of a parameter, where it
    was set.
    """

    part: str
    text: str
    value: Any
    origin: str = ""


class DateTold(Told, frozen=True, kw_only=True):
    """A date of the item, and where it comes from. `name` is the column of the view `item`."""

    name: str
    label: str
    value: date
    provenance: str = ""


class DriverStep(Told, frozen=True, kw_only=True):
    """One piece of work on the path that drives the item: it cannot start or end before this one lets it.

    Attributes:
        finish: its forecast finish (the middle one), else its effective due date; None is unknown.
        is_late: it is open, and its effective due date has passed.
    """

    item_id: ItemId
    source: str
    key: str
    title: str
    url: str | None
    state: str | None
    owner: str | None
    start: date | None
    due: date | None
    finish: date | None
    is_late: bool


class Happening(Told, frozen=True, kw_only=True):
    """Something that became of the finding or of our comments about it.

    `what` is one word or two: opened, raised, resolved, reopened, suppressed, snoozed, acknowledged, comment
    applied, … ; `text` is the rest in words.
    """

    at: datetime
    what: str
    by: str = ""
    text: str = ""


class ChangeTold(Told, frozen=True, kw_only=True):
    """One change of the item in its tracker, people by name."""

    at: datetime
    by: str | None
    field: str
    before: str | None
    after: str | None


class WayOut(Told, frozen=True, kw_only=True):
    """One condition that holds now and whose end would resolve the finding.

    `values` are the columns, measures and parameters in it with their values now.
    """

    condition: str
    values: Mapping[str, Any]


class LinkTold(Told, frozen=True, kw_only=True):
    """A place in a tracker where something can be done about it.

    `role` is item, counterpart, driver, or of a dependency predecessor and successor. The address comes from
    the tracker: whoever shows it checks that it is a web address.
    """

    role: str
    source: str
    key: str
    url: str


class Story(Told, frozen=True, kw_only=True):
    """Everything that is known about one finding.

    Attributes:
        item: the row of the view `item` that it is about; None where it is about something else, or gone.
        rule: None where it does not exist any more.
        terms: None where they could not be worked out: `problem` says why, or the subject is gone.
        drivers: from the item to the beginning of its chain.
        ways_out: any one of them is enough; empty where the rule does not hold any more.
        keep_days: for how many days a condition has to be gone before the finding is resolved.
        changes: the latest changes of the item, oldest first.
        writes: the latest write of our comment on each item concerned, rows of the view `write`.
    """

    finding: Finding
    item: Mapping[str, Any] | None = None
    rule: RuleText | None = None
    terms: Sequence[Term] | None = None
    problem: str = ""
    dates: Sequence[DateTold] = ()
    drivers: Sequence[DriverStep] = ()
    ways_out: Sequence[WayOut] = ()
    keep_days: float = 0
    history: Sequence[Happening] = ()
    changes: Sequence[ChangeTold] = ()
    writes: Sequence[Mapping[str, Any]] = ()
    links: Sequence[LinkTold] = ()
