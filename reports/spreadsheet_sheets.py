"""Which sheets the spreadsheet has: the views that people ask for, with the headings that they use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from portfolio.findings import SEVERITIES
from reports.spreadsheet import Sheet, SheetColumn

if TYPE_CHECKING:
    from store import Store

_C = SheetColumn
_WHO = (_C("Owner", "owner", width=22), _C("Owner's problem", "owner_problem", colour="problem"))
_DATES = (
    _C("Baseline", "baseline_finish", "date"),
    _C("Committed", "commitment", "date"),
    _C("Due now", "effective_due", "date", colour="overdue"),
    _C("P50", "p50", "date"),
    _C("P80", "p80", "date"),
    _C("Finished", "actual_finish", "date"),
    _C("Slip (working days)", "slip_wd", "number", colour="slip"),
    _C("Slip between", "slip_pair", width=24),
)
_HEALTH = (_C("Health", "health", colour="health"), _C("Because", "health_reason", width=44))
_MONEY = (
    _C("Currency", "currency", width=10),
    _C("Budget", "budget", "money"),
    _C("Actual", "actual_cost", "money"),
    _C("Forecast", "forecast_cost", "money"),
)
PROJECTS = (
    _C("Name", "name", width=30), _C("Level", "level", width=11), _C("Belongs to", "parent", width=20),
    _C("Lead", "lead", width=28), _C("Lead's problem", "lead_problem", colour="problem"), *_HEALTH,
    _C("Declared health", "health_declared"), _C("Start", "start", "date"),
    _C("Committed", "commitment", "date"), _C("P50", "p50", "date"), _C("P80", "p80", "date"),
    _C("Slip (working days)", "slip_wd", "number", colour="slip"),
    _C("Complete", "percent_complete", "percent"),
    _C("Items", "item_count", "number"), _C("Open risks", "open_risks", "number"),
    _C("Open findings", "open_findings", "number"), _C("Worst finding", "worst_finding", colour="severity"),
    *_MONEY, _C("Slug", "slug", width=20),
)  # fmt: skip
MILESTONES = (
    _C("Key", "key", "link"), _C("Milestone", "title", width=46), _C("Project", "project", width=20),
    _C("State", "state", width=12), *_HEALTH, *_DATES, *_WHO, _C("Tracker", "source", width=12),
    _C("Stale", "is_stale", "flag"),
)  # fmt: skip
RISKS = (
    _C("Key", "key", "link"), _C("Risk", "title", width=52), _C("Project", "project", width=20),
    _C("State", "state", width=12), _C("Exposure", "exposure", "number", colour="exposure"),
    _C("Probability", "probability", "number"), _C("Impact", "impact", "number"), *_WHO,
    _C("Response", "response", width=30), _C("Response due", "response_due", "date", colour="overdue"),
    _C("Review due", "review_due", "date", colour="overdue"), _C("Last review", "last_review_at", "moment"),
    _C("Near from", "proximity_from", "date"), _C("Near to", "proximity_to", "date"),
    _C("Open mitigations", "open_mitigations", "number"),
    _C("Late mitigations", "late_mitigations", "number"),
    _C("Created", "created_at", "moment"), _C("Tracker", "source", width=12), _C("Stale", "is_stale", "flag"),
)  # fmt: skip
FINDINGS = (
    _C("Key", "key", width=16), _C("Finding", "title", width=46),
    _C("Severity", "severity", colour="severity", width=11),
    _C("State", "state", width=13), _C("Project", "project", width=20), _C("What", "message", width=60),
    _C("What to do", "action", width=50), _C("Since", "opened_at", "moment"), _C("Rule", "rule", width=26),
    _C("Group", "rule_group", width=16), _C("Muted until", "muted_until", "moment"),
    _C("Muted by", "muted_by"), _C("Why muted", "muted_reason", width=30), _C("Id", "finding_id", width=19),
)  # fmt: skip
DEPENDENCIES = (
    _C("Predecessor", "predecessor_key", width=18), _C("Successor", "successor_key", width=18),
    _C("Type", "type", width=7), _C("Lag (working days)", "lag_wd", "number"),
    _C("Predecessor done", "predecessor_is_done", "flag"), _C("Successor done", "successor_is_done", "flag"),
    _C("Predecessor ends", "predecessor_finish", "date"), _C("Predecessor due", "predecessor_due", "date"),
    _C("Successor starts", "successor_start", "date"),
    _C("Overlap (working days)", "overlap_wd", "number", colour="slip"),
    _C("Predecessor's owner", "predecessor_owner_problem", colour="problem", width=20),
    _C("Across trackers", "crosses_source", "flag"), _C("Across teams", "crosses_team", "flag"),
    _C("In a cycle", "in_cycle", "flag"), _C("Tracker", "source", width=12),
)  # fmt: skip
PEOPLE = (
    _C("Name", "name", width=26), _C("Address", "email", width=32),
    _C("Problem", "problem", colour="problem"),
    _C("Open items", "open_items", "number"), _C("In progress", "in_progress", "number"),
    _C("Load, 4 weeks", "load_4w", "hours"),
)  # fmt: skip
COSTS = (
    _C("Name", "name", width=30), _C("Level", "level", width=11), *_MONEY,
    _C("Forecast over budget", "over_budget", "money"), _C("Earned value", "earned_value", "money"),
    _C("Cost performance", "cost_performance", "hours"),
)  # fmt: skip
ITEMS = (
    _C("Key", "key", "link"), _C("Title", "title", width=52), _C("Kind", "kind", width=11),
    _C("Type", "type", width=14), _C("Project", "project", width=20), _C("Parent", "parent_key", width=14),
    _C("State", "state", width=12), _C("Status", "status", width=16), _C("Priority", "priority", width=12),
    *_WHO, _C("Team", "team"), _C("Start", "start", "date"), *_DATES,
    _C("Due from", "effective_due_source", width=11), _C("Pushes", "push_count", "number"),
    _C("Pushed (working days)", "pushed_wd", "number"),
    _C("Float (working days)", "total_float_wd", "number"),
    _C("Critical", "is_critical", "flag"), *_HEALTH, _C("Complete", "percent_complete", "percent"),
    _C("Estimate (h)", "estimate_hours", "hours"), _C("Spent (h)", "spent_hours", "hours"),
    _C("Remaining (h)", "remaining_hours", "hours"), _C("Points", "points", "hours"), *_MONEY,
    _C("Iteration", "iteration"), _C("Release", "release"), _C("Labels", "labels", "list"),
    _C("Open findings", "open_findings", "number"), _C("Worst finding", "worst_finding", colour="severity"),
    _C("Created", "created_at", "moment"), _C("Updated", "updated_at", "moment"),
    _C("Tracker", "source", width=12), _C("Stale", "is_stale", "flag"), _C("Id", "item_id", width=24),
)  # fmt: skip
SOURCES = (
    _C("Tracker", "source", width=16), _C("Form", "form", width=28),
    _C("Last read", "last_good_at", "moment"),
    _C("Stale", "is_stale", "flag"), _C("Error", "error", width=50, colour="problem"),
    _C("Items", "item_count", "number"), _C("Held because", "held_because", width=40),
)  # fmt: skip


def sheets(
    store: Store, slugs: Sequence[str], places: Mapping[str, str | None] | None = None
) -> Iterator[Sheet]:
    """The sheets in their order; rows are read from the store when a sheet is written.

    Args:
        store: what is shown.
        slugs: the portfolio, programmes and projects that are shown, in the order of the tree.
        places: the findings that are shown, and the project of each; None is everything, also what belongs to
            no project.
    """
    is_everything = places is None
    order = {slug: number for number, slug in enumerate(slugs)}
    where: Mapping[str, object] = {} if is_everything else {"project": list(slugs)}
    projects = list(store.rows("project"))
    names = {str(row["slug"]): str(row["name"]) for row in projects}
    nodes = sorted(
        ({**row, "parent": names.get(str(row["parent"]))} for row in projects if row["slug"] in order),
        key=lambda row: order[str(row["slug"])],
    )

    def named(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The rows in words: names of projects, and states without underscores."""
        for row in rows:
            state = row.get("state")
            words = state.replace("_", " ") if isinstance(state, str) else state
            yield {**row, "project": names.get(str(row["project"]), row["project"]), "state": words}

    yield Sheet("Projects", PROJECTS, nodes, "The configuration has no portfolio.", frozen=1)
    yield Sheet("Milestones", MILESTONES, named(_milestones(store, where)), "There are no milestones.")
    yield Sheet("Risks", RISKS, named(_by_exposure(store, where)), "There are no risks.")
    yield Sheet("Findings", FINDINGS, named(_worst_first(store, places)), "There are no open findings.")
    if is_everything:  # neither links nor people belong to one project
        yield Sheet("Dependencies", DEPENDENCIES, store.rows("dependency"), "There are no dependencies.")
        yield Sheet("People", PEOPLE, _busiest_first(store), "Nobody is known.", frozen=1)
    empty = "No tracker gives budgets or costs."
    yield Sheet("Costs", COSTS, [_costs(row) for row in nodes if _has_costs(row)], empty, frozen=1)
    yield Sheet("Items", ITEMS, named(store.rows("item", where=where)), "There are no items.")
    yield Sheet("Trackers", SOURCES, store.rows("source"), "Nothing was read yet.", frozen=1)


def _milestones(store: Store, where: Mapping[str, object]) -> list[dict[str, Any]]:
    found = {
        str(row["item_id"]): row
        for one in ({"is_milestone": True}, {"kind": "gate"})
        for row in store.rows("item", where={**where, **one})
        if not row["is_removed"]
    }
    return sorted(found.values(), key=lambda row: (str(row["effective_due"] or "9999"), str(row["item_id"])))


def _by_exposure(store: Store, where: Mapping[str, object]) -> list[dict[str, Any]]:
    return sorted(
        (row for row in store.rows("risk", where=where) if not row["is_removed"]),
        key=lambda row: (row["is_done"], -_number(row["exposure"]), str(row["item_id"])),
    )


def _worst_first(store: Store, places: Mapping[str, str | None] | None) -> list[dict[str, Any]]:
    rank = {severity: number for number, severity in enumerate(SEVERITIES)}
    rows = (row for row in store.rows("finding") if row["state"] not in ("resolved", "pending"))
    if places is not None:
        rows = (
            {**row, "project": places[str(row["finding_id"])]} for row in rows if row["finding_id"] in places
        )
    return sorted(
        rows,
        key=lambda row: (-rank.get(str(row["severity"]), 0), str(row["key"]), str(row["finding_id"])),
    )


def _busiest_first(store: Store) -> list[dict[str, Any]]:
    rows = store.rows("person")
    return sorted(rows, key=lambda row: (-_number(row["open_items"]), str(row["name"] or row["person_id"])))


def _has_costs(row: Mapping[str, object]) -> bool:
    return any(row[name] is not None for name in ("budget", "actual_cost", "forecast_cost"))


def _costs(row: Mapping[str, Any]) -> dict[str, Any]:
    known = row["budget"] is not None and row["forecast_cost"] is not None
    return {**row, "over_budget": row["forecast_cost"] - row["budget"] if known else None}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
