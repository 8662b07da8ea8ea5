"""A loaded rule: its texts and its checked conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from portfolio.views import VIEWS, View
from rules.terms import Condition, Kind
from rules.values import ParamValue


class Step(msgspec.Struct, frozen=True):
    """A severity and when it holds."""

    condition: Condition
    severity: str


class RuleTest(msgspec.Struct, frozen=True):
    """Rows of the view and the findings they must give."""

    name: str
    today: date | datetime | None
    given: Sequence[Mapping[str, Any]]
    expect: Sequence[Mapping[str, Any]]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, ready to compile.

    `file` and `line` say where it stands, `package` which installed package brought it.
    """

    id: str
    group: str
    title: str
    why: str
    over: str
    where: Condition | None
    measures: Mapping[str, Condition]
    flag: Condition
    severity: str
    steps: Sequence[Step]
    params: Mapping[str, ParamValue]
    hold_for: timedelta
    keep_for: timedelta
    inhibit_by: Sequence[str]
    fingerprint: Sequence[str]
    evidence: Sequence[str]
    message: str
    action: str
    docs: str | None
    comment_on: Sequence[str]
    status: str
    tests: Sequence[RuleTest]
    is_built_in: bool
    file: str
    line: int
    package: str = ""

    @property
    def origin(self) -> str:
        """Who wrote it, and where: `built in, catalogue/risk.yaml:3`."""
        by = "built in" if self.is_built_in else f"package {self.package}" if self.package else "your own"
        return f"{by}, {self.file}:{self.line}"

    @property
    def view(self) -> View:
        """The view it is over."""
        return VIEWS[self.over]

    def kind(self, name: str) -> Kind:
        """The kind of a column or measure of this rule."""
        if name in self.measures:
            return self.measures[name].term.kind
        return next(column.type for column in self.view.columns if column.name == name)


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation changes about a rule: never its predicate.

    `severity` replaces the rule's severity with all its steps; the thresholds of the steps are `params`.
    `filter` is one more condition, joined with AND. `comments` says whether its findings stand in comments;
    None: as the rule says, and most that are still experimental do not.

    `places` holds what is different in parts of the PMO's tree: by the slug of a node, all that holds there.
    `origins` says who set what, for people: `params.grace_wd` → `project checkout, dovetail.yaml:12`.
    """

    params: Mapping[str, ParamValue] = {}
    severity: str | None = None
    enabled: bool = True
    filter: str | None = None
    comments: bool | None = None
    origins: Mapping[str, str] = {}
    places: Mapping[str, Override] = {}

    def at(self, place: str | None) -> Override:
        """What holds at a node of the tree, by its slug; everywhere else where it is None or unknown."""
        if place is not None and place in self.places:
            return self.places[place]
        return msgspec.structs.replace(self, places={}) if self.places else self

    @property
    def is_enabled_anywhere(self) -> bool:
        """False only where no part of the tree wants the rule."""
        return self.enabled or any(one.enabled for one in self.places.values())


def default_comment_on(view: str) -> tuple[str, ...]:
    """The id columns whose items get the comment, where a rule does not say."""
    if view == "twin":
        return ("a_id", "b_id")
    if view == "dependency":
        return ("successor_id",)
    return ("item_id",) if VIEWS[view].column("item_id") else ()
