"""The file that `dovetail rules new` writes: a rule with comments and tests that pass as they stand."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from portfolio.views import VIEWS

SCHEMA_FILE = "rule-schema.json"
_FILE = """\
# yaml-language-server: $schema={schema}
#
# A rule of your own over the view `{view}`: {about}
#
# 1. Change the texts, the condition and the tests until they say what you mean.
# 2. dovetail rules test {file}     do the examples come out as you expect?
# 3. dovetail rules lint {file}     is it safe to roll out?
# 4. dovetail rules diff {file}     what would it find today? Nothing is written.
# 5. Name the file under `rules: include:` in dovetail.yaml; it is checked from the next run on.
#
# The columns of `{view}` are in docs/views.md, the language is in docs/rules/language.md.

- id: {id}
  # What a comment and a report show first.
  title: {title}
  # For whoever wonders why this is worth their time.
  why: Say here what goes wrong when nobody acts.
  over: {view}
  # Which rows the rule is about at all.
  where: {where}
{measure}  # A row for which this is true is a finding. What is unknown is never found.
  flag: {value} > :most
  # info, low, medium, high or critical. From high on, comments tell of it.
  severity: medium
  # The first that holds wins.
  severity_by:
    - if: {value} > :high_above
      then: high
  # What dovetail.yaml may change later, for everybody or for one project.
  params: {{most: 5, high_above: 20}}
  # Who a finding is about: ids only, never something that changes.
  fingerprint: [{key}]
  # The columns that readers see.
  evidence: [{evidence}]
  message: "{message}"
  action: Say here what somebody should do.
  # While you try it, its findings stand in lists and reports, and nothing is written about them. When you
  # trust it, take this line away and write `stable` in the next.
  comment_on: []
  status: experimental
  # Rows of the view, and the findings that they must give. Keep a row on each side of every limit.
  tests:
    - name: five are fine and six are not, twenty are not yet high and twenty-one are
      today: 2026-11-24
      given:
{given}
      expect:
        - {{{name}: six, severity: medium}}
        - {{{name}: twenty, severity: medium}}
        - {{{name}: twenty-one, severity: high}}
    - name: what is unknown{or_past} says nothing
      today: 2026-11-24
      given:
{silent}
      expect: []
"""
_TODAY = date(2026, 11, 24)
_COUNTS = {"five": 5, "six": 6, "twenty": 20, "twenty-one": 21}


class Starter(msgspec.Struct, frozen=True):
    """What a rule over one view begins with.

    Attributes:
        measured: a column with a number, or the name of a measure: the days since `since`.
        where: which rows the rule is about.
        title: what is found.
        evidence: the columns shown.
        key: the columns that identify a row.
        given: values that every row of the tests has.
        silent: values with which a row far past the limit says nothing.
        since: a column with a date or an instant.
    """

    measured: str
    where: str
    title: str
    evidence: str
    key: str
    given: str = ""
    silent: str = ""
    since: str = ""


STARTERS: dict[str, Starter] = {
    "item": Starter(
        "days_late",
        "is_leaf AND NOT is_done AND NOT is_removed",
        "Work is late by more than we accept",
        "effective_due, effective_due_source, owner",
        "item_id",
        "is_leaf: true",
        "is_done: true",
        "effective_due",
    ),
    "risk": Starter(
        "days_late",
        "NOT is_done AND NOT is_removed",
        "A risk was not reviewed in time",
        "review_due, owner, exposure",
        "item_id",
        "",
        "is_done: true",
        "review_due",
    ),
    "project": Starter(
        "slip_wd",
        "level = 'project'",
        "A project slips by more than we accept",
        "name, slip_wd, lead",
        "slug",
        "level: project",
        "level: program",
    ),
    "dependency": Starter(
        "overlap_wd",
        "NOT predecessor_is_done AND NOT successor_is_done",
        "Work begins before what it waits for ends",
        "predecessor_key, successor_key, predecessor_finish, successor_start",
        "dependency_id",
        "predecessor_is_done: false, successor_is_done: false",
        "successor_is_done: true",
    ),
    "schedule": Starter(
        "rebaselines_12m",
        "is_active",
        "A plan gets a new baseline too often",
        "name, rebaselines_12m, lead",
        "schedule_id",
        "is_active: true",
        "is_active: false",
    ),
    "schedule_check": Starter(
        "numerator",
        "check = 'logic' AND is_assessable",
        "A plan has too many loose ends",
        "name, numerator, denominator, members",
        "schedule_id",
        "check: logic, is_assessable: true",
        "is_assessable: false",
    ),
    "milestone": Starter(
        "sign_changes",
        "snapshots >= 4",
        "A milestone goes back and forth",
        "projected_finish, snapshots",
        "item_id",
        "snapshots: 4",
        "snapshots: 3",
    ),
    "iteration": Starter(
        "days_over",
        "state = 'active'",
        "An iteration is over and was not closed",
        "name, end",
        "iteration_id",
        "state: active",
        "state: closed",
        "end",
    ),
    "release": Starter(
        "open_items",
        "NOT is_released",
        "A release has much open work",
        "name, date, open_items",
        "release_id",
        "",
        "is_released: true",
    ),
    "team": Starter("wip", "wip IS NOT NULL", "A team has too much under way", "team, wip", "team"),
    "calibration": Starter(
        "n",
        "p80_coverage < 0.7",
        "Our forecasts miss too often",
        "class, n, p80_coverage",
        "class",
        "p80_coverage: 0.5",
        "p80_coverage: 0.7",
    ),
    "person_schedule": Starter(
        "open_items",
        "problem IS NULL",
        "One person has too much open work in a plan",
        "name, open_items",
        "person_id, schedule_id",
        "schedule_id: plan/1",
        "problem: left",
    ),
    "person": Starter(
        "in_progress",
        "problem IS NULL",
        "One person has too much under way",
        "name, in_progress",
        "person_id",
        "",
        "problem: left",
    ),
    "twin": Starter(
        "due_gap_wd",
        "is_confirmed",
        "Two trackers disagree about a date",
        "a_key, b_key, a_due, b_due",
        "twin_id",
        "is_confirmed: true",
        "is_confirmed: false",
    ),
    "source": Starter(
        "item_count",
        "NOT is_stale",
        "A source has more items than it should",
        "item_count, last_good_at",
        "source",
        "",
        "is_stale: true",
    ),
    "unmapped": Starter(
        "count",
        "what = 'status'",
        "A status is not mapped",
        "value, count",
        "source, what, value",
        "what: status, value: Parked",
        "what: priority",
    ),
    "baseline_event": Starter(
        "item_count",
        "is_current",
        "A baseline has many items",
        "at, by, reason, item_count",
        "name, version",
        "version: 1, is_current: true",
        "is_current: false",
    ),
    "container_change": Starter(
        "days_old",
        "NOT is_first",
        "The date of a release or sprint was moved",
        "name, before, after, at",
        "source, event_id",
        "event_id: e1",
        "is_first: true",
        "at",
    ),
    "replan": Starter(
        "item_count",
        "moved_wd > 0",
        "Many dates were moved at once",
        "at, by, moved_wd, item_count",
        "replan_id",
        "moved_wd: 5",
        "moved_wd: 0",
    ),
}


def starter(rule_id: str, view: str, file: str) -> str:
    """The text of a rule file for a new rule over a view."""
    one = STARTERS[view]
    # A row is named by its key where it has one; an absent item_id is the key.
    name = "key" if VIEWS[view].column("key") else one.key.partition(",")[0]
    rows = [_row(view, one, name, row, count, one.given) for row, count in _COUNTS.items()]
    silent = [_row(view, one, name, "unknown", None, one.given)]
    if one.silent:
        silent.append(_row(view, one, name, "past", 21, _changed(one.given, one.silent)))
    return _FILE.format(
        schema=SCHEMA_FILE,
        view=view,
        about=VIEWS[view].about,
        file=file,
        id=rule_id,
        title=one.title,
        where=one.where,
        measure=f"  measure:\n    {one.measured}: days({one.since}, :today)\n" if one.since else "",
        value=one.measured,
        key=one.key,
        evidence=one.evidence,
        message=f"{{{name}}}: {_message(one)}.",
        name=name,
        given="\n".join(rows),
        silent="\n".join(silent),
        or_past=" or not of interest" if one.silent else "",
    )


def _message(one: Starter) -> str:
    words = one.measured.replace("_", " ")
    if one.since:
        return f"{{{one.measured}}} days since {{{one.since}:date}}"
    return f"{words} {{{one.measured}}}"


def _row(view: str, one: Starter, name: str, row: str, count: int | None, given: str) -> str:
    parts = [f"{name}: {row}", *([given] if given else [])]
    if count is not None and one.since:
        column = VIEWS[view].column(one.since)
        day = (_TODAY - timedelta(days=count)).isoformat()
        is_instant = column is not None and column.type == "instant"
        parts.append(f"{one.since}: {day}T08:00:00Z" if is_instant else f"{one.since}: {day}")
    elif count is not None:
        parts.append(f"{one.measured}: {count}")
    return f"        - {{{', '.join(parts)}}}"


def _changed(given: str, silent: str) -> str:
    """The given values with others in place of some of them."""
    values = dict(pair.split(": ", 1) for pair in given.split(", ") if pair)
    values |= dict(pair.split(": ", 1) for pair in silent.split(", "))
    return ", ".join(f"{key}: {value}" for key, value in values.items())
