"""The views of VIEWS.md as SQL, one definition for both databases.

Each definition says where rows come from and names only what is not simply a column of one of its tables; the
rest follows from `portfolio.views`. For every view there is `rule_<view>` with hidden columns beside it:
`<name>_ord` for each date and instant, `calendar_id` where rows have a calendar, `today_ord`, and `place`
where rows stand somewhere in the PMO's tree.

Views hold no data, so they are no part of the migrations: they are made anew whenever their text has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

import msgspec

from portfolio.views import VIEWS, Column, View
from store.catalogue import FILLED, ITEM_DATES, RISK_DATES, TABLES
from store.specs import Dialect

PORTFOLIO_CALENDAR = "portfolio"
WITH_DELETED = "item_with_deleted"

_SQL_TYPES: Mapping[str, tuple[str, str]] = {
    "text": ("TEXT", "TEXT"),
    "wall": ("TEXT", "TEXT"),
    "int": ("INTEGER", "BIGINT"),
    "real": ("REAL", "DOUBLE PRECISION"),
    "bool": ("INTEGER", "BOOLEAN"),
    "date": ("TEXT", "DATE"),
    "instant": ("TEXT", "TIMESTAMPTZ"),
    "list": ("TEXT", "JSONB"),
    "object": ("TEXT", "JSON"),
}


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """Where the rows of one view come from.

    Attributes:
        rows: what follows FROM, with aliases.
        tables: alias → table, in the order in which a column is looked for.
        special: columns that are an expression, `{text:NAME}` aside plain SQL that both databases know.
        where: which rows.
        calendar: the expression of the row's calendar; None: the portfolio's.
        ordinals: alias of the table that holds `<name>_ord`; None: looked up in the portfolio's calendar.
        ordinal_rows: a further join that only the rule view needs.
        place: the expression of the row's node in the PMO's tree, for `portfolio.views.PLACED`.
    """

    rows: str
    tables: Mapping[str, str]
    special: Mapping[str, str] = {}
    where: str = ""
    calendar: str | None = None
    ordinals: Mapping[str, str] = {}  # column → alias
    ordinal_rows: str = ""
    place: str = ""


def _left(table: str, alias: str, condition: str) -> str:
    return f" LEFT JOIN {table} AS {alias} ON {condition}"


def _one(alias: str, table: str, *, place: str = "", **special: str) -> Definition:
    """A view over one table."""
    return Definition(rows=f"{table} AS {alias}", tables={alias: table}, special=special, place=place)


_ITEM_ROWS = (
    "tracker_item AS t"
    + _left("derived_item", "d", "d.item_id = t.item_id")
    + _left("derived_rollup", "r", "r.item_id = t.item_id")
    + _left("engine_source", "s", "s.source = t.source")
)
_ITEM_TABLES = {"t": "tracker_item", "d": "derived_item", "r": "derived_rollup"}
_ITEM_SPECIAL = {
    "is_summary": "coalesce(d.is_summary, t.is_summary)",
    "percent_complete": "coalesce(r.percent_complete, t.percent_complete)",
    "team": "coalesce(t.team, d.team)",
    **{name: f"coalesce(t.{name}, d.{name})" for name in FILLED},
    # What was derived may be older than what was pulled.
    "blocked_since": "CASE WHEN t.is_blocked THEN coalesce(t.blocked_since, d.blocked_since) END",
    # A reopened item has not finished, whatever its tracker still shows.
    "actual_finish": "CASE WHEN t.state IN ('done', 'removed')"
    " THEN coalesce(t.actual_finish, d.actual_finish) END",
    # What counts is another baseline than the plan's own where the configuration says so.
    **{
        name: f"CASE WHEN d.baseline_counts THEN d.{name} ELSE t.{name} END"
        for name in (
            "baseline_name",
            "baseline_start",
            "baseline_finish",
            "baseline_start_at",
            "baseline_finish_at",
        )
    },
    "baseline_duration_minutes": "CASE WHEN d.baseline_counts THEN NULL ELSE t.baseline_duration_minutes END",
    "is_done": "t.state = 'done'",
    "is_removed": "t.state = 'removed'",
    "is_stale": "s.error IS NOT NULL",
    "is_deleted": "t.deleted_at IS NOT NULL",
    # Not copied to each item: `store/unchecked.py` marks the items of a schedule where this turns.
    "in_levelled_schedule": "(SELECT h.has_levels FROM derived_schedule AS h"
    " WHERE h.schedule_id = t.schedule_id)",
}
_ITEM_ORDINALS = dict.fromkeys(ITEM_DATES, "o")
_ITEM_ORDINAL_ROWS = _left("derived_item_ordinal", "o", "o.item_id = t.item_id")
_ITEM_CALENDAR = f"coalesce(d.calendar_id, '{PORTFOLIO_CALENDAR}')"

_OF_SCHEDULE = "(SELECT h.project FROM derived_schedule AS h WHERE h.schedule_id = d.schedule_id)"

# An end that a tracker knows by its address only is an item once derivation has found it.
_PREDECESSOR = "coalesce(d.predecessor_id, t.predecessor_id)"
_SUCCESSOR = "coalesce(d.successor_id, t.successor_id)"

_DEFINITIONS: Mapping[str, Definition] = {
    "item": Definition(
        rows=_ITEM_ROWS,
        tables=_ITEM_TABLES,
        special=_ITEM_SPECIAL,
        where="t.deleted_at IS NULL",
        calendar=_ITEM_CALENDAR,
        ordinals=_ITEM_ORDINALS,
        ordinal_rows=_ITEM_ORDINAL_ROWS,
        place="d.project",
    ),
    "risk": Definition(
        rows=_ITEM_ROWS
        + _left("tracker_risk", "k", "k.item_id = t.item_id")
        + _left("derived_risk", "e", "e.item_id = t.item_id"),
        tables={**_ITEM_TABLES, "k": "tracker_risk", "e": "derived_risk"},
        special=_ITEM_SPECIAL,
        where="t.deleted_at IS NULL AND t.kind = 'risk'",
        calendar=_ITEM_CALENDAR,
        ordinals={**_ITEM_ORDINALS, **dict.fromkeys(RISK_DATES, "e")},
        ordinal_rows=_ITEM_ORDINAL_ROWS,
        place="d.project",
    ),
    "project": _one("d", "derived_project", place="d.slug"),
    "dependency": Definition(
        rows="tracker_dependency AS t"
        + _left("derived_dependency", "d", "d.dependency_id = t.dependency_id")
        + _left("tracker_item", "p", f"p.item_id = {_PREDECESSOR}")
        + _left("tracker_item", "n", f"n.item_id = {_SUCCESSOR}")
        + _left("derived_item", "dp", f"dp.item_id = {_PREDECESSOR}")
        + _left("derived_item", "dn", f"dn.item_id = {_SUCCESSOR}"),
        tables={"t": "tracker_dependency", "d": "derived_dependency"},
        special={
            "predecessor_id": _PREDECESSOR,
            "successor_id": _SUCCESSOR,
            "predecessor_key": "p.key",
            "successor_key": "n.key",
            "predecessor_is_done": "p.state = 'done'",
            "successor_is_done": "n.state = 'done'",
            "predecessor_is_removed": "p.state = 'removed'",
            "successor_is_committed": "dn.is_committed",
            "successor_state": "n.state",
            "predecessor_owner_problem": "dp.owner_problem",
        },
        # A link to a tombstone is gone; a link to an item that no source delivers is there, its other side
        # unknown. One that two trackers show, each from its end, is one.
        where="p.deleted_at IS NULL AND n.deleted_at IS NULL AND d.repeats IS NULL",
        calendar=f"coalesce(d.calendar_id, '{PORTFOLIO_CALENDAR}')",
        ordinals=dict.fromkeys(("predecessor_finish", "predecessor_due", "successor_start"), "d"),
        place="coalesce(dn.project, dp.project)",
    ),
    "schedule": Definition(
        rows="tracker_schedule AS t"
        + _left("derived_schedule", "d", "d.schedule_id = t.schedule_id")
        + _left("derived_schedule_health", "h", "h.schedule_id = t.schedule_id"),
        tables={"t": "tracker_schedule", "d": "derived_schedule", "h": "derived_schedule_health"},
        special={
            "baseline_at": "coalesce(d.baseline_at, t.baseline_at)",
            "health_declared": "coalesce(t.health_declared, h.health_declared)",
            "has_logic": "coalesce(d.has_logic, t.has_logic)",
        },
        place="d.project",
    ),
    "schedule_check": _one("d", "derived_schedule_check", place=_OF_SCHEDULE),
    "milestone": Definition(
        rows="derived_milestone AS d" + _left("tracker_item", "t", "t.item_id = d.item_id"),
        tables={"d": "derived_milestone"},
        where="t.deleted_at IS NULL",
        place="(SELECT i.project FROM derived_item AS i WHERE i.item_id = d.item_id)",
    ),
    "iteration": Definition(
        rows="tracker_iteration AS t" + _left("derived_iteration", "d", "d.iteration_id = t.iteration_id"),
        tables={"t": "tracker_iteration", "d": "derived_iteration"},
    ),
    # Counted once for all: items have no index by release, and a query for each would read all of them.
    "release": Definition(
        rows="tracker_release AS t LEFT JOIN (SELECT release_id, count(*) AS open_items FROM tracker_item"
        " WHERE deleted_at IS NULL AND state NOT IN ('done', 'removed') GROUP BY release_id) AS c"
        " ON c.release_id = t.release_id",
        tables={"t": "tracker_release"},
        special={"open_items": "coalesce(c.open_items, 0)"},
    ),
    "team": _one("d", "derived_team"),
    "calibration": _one("d", "derived_calibration"),
    "person_schedule": _one("d", "derived_person_schedule", place=_OF_SCHEDULE),
    "person": _one("d", "derived_person"),
    "twin": Definition(
        rows="derived_twin AS d"
        + _left("tracker_item", "a", "a.item_id = d.a_id")
        + _left("tracker_item", "b", "b.item_id = d.b_id")
        + _left("derived_item", "da", "da.item_id = d.a_id")
        + _left("derived_item", "db", "db.item_id = d.b_id"),
        tables={"d": "derived_twin"},
        special={"a_due": "da.effective_due", "b_due": "db.effective_due"},
        where="a.deleted_at IS NULL AND b.deleted_at IS NULL",
        place="coalesce(da.project, db.project)",
    ),
    "source": _one(
        "t",
        "engine_source",
        is_stale="t.error IS NOT NULL",
        is_armed="t.armed_at IS NOT NULL",
        item_count="(SELECT count(*) FROM tracker_item AS i WHERE i.source = t.source"
        " AND i.deleted_at IS NULL)",
    ),
    "unmapped": _one("t", "tracker_unmapped"),
    "baseline": Definition(
        rows="tracker_baseline AS t" + _left("tracker_item", "i", "i.item_id = t.item_id"),
        tables={"t": "tracker_baseline"},
        special={"key": "i.key"},
        # What was agreed for work that is gone was agreed; what a plan brings goes with its tasks.
        where="i.deleted_at IS NULL OR t.origin <> 'imported'",
    ),
    "baseline_event": _one("t", "engine_baseline", is_current="t.kept_as = t.name"),
    "container_change": Definition(
        rows="engine_container_change AS t"
        + _left("tracker_release", "r", "t.kind = 'release' AND r.release_id = t.container_id")
        + _left("tracker_iteration", "n", "t.kind = 'iteration' AND n.iteration_id = t.container_id")
        + _left("tracker_schedule", "h", "t.kind = 'schedule' AND h.schedule_id = t.container_id"),
        tables={"t": "engine_container_change"},
        special={
            "name": "coalesce(r.name, n.name, h.name)",
            "open_items": "(SELECT count(*) FROM tracker_item AS i WHERE i.deleted_at IS NULL"
            " AND i.state NOT IN ('done', 'removed') AND CASE t.kind WHEN 'release' THEN i.release_id"
            " WHEN 'iteration' THEN i.iteration_id ELSE i.schedule_id END = t.container_id)",
        },
    ),
    "replan": _one("d", "derived_replan"),
    "change": Definition(
        rows="tracker_change AS t" + _left("tracker_item", "i", "i.item_id = t.item_id"),
        tables={"t": "tracker_change"},
        special={"key": "i.key"},
        where="i.deleted_at IS NULL",
    ),
    "finding": _one("t", "engine_finding"),
    "write": _one("t", "engine_write", base="{text:base}", before="{text:before}", after="{text:after}"),
    "run": _one("t", "engine_run"),
    "audit": _one("t", "engine_audit"),
    "failed_write": _one("t", "engine_failed_write", after="{text:after}"),
}  # fmt: skip


@cache
def create_statements(dialect: Dialect) -> tuple[tuple[str, str], ...]:
    """(name, CREATE VIEW …) of every view, in the order in which they can be made."""
    found: list[tuple[str, str]] = []
    for view in VIEWS.values():
        definition = _DEFINITIONS[view.name]
        found.append((view.name, _plain(view.name, view, definition, dialect)))
        found.append((f"rule_{view.name}", _for_rules(view, definition, dialect)))
    everything = msgspec.structs.replace(_DEFINITIONS["item"], where="")
    found.append((WITH_DELETED, _plain(WITH_DELETED, VIEWS["item"], everything, dialect)))
    return tuple(found)


@cache
def digest(dialect: Dialect) -> str:
    """Changes whenever the text of any view does."""
    text = "\n".join(statement for _, statement in create_statements(dialect))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def never_null(view: View, column: Column) -> bool:
    """Whether the database itself rules null out: booleans that default to false, keys, NOT NULL columns."""
    if column.never_null or column.name in view.key:
        return True
    definition = _DEFINITIONS[view.name]
    # Only the first table gives every row; the others are joined where they have one.
    table = TABLES[next(iter(definition.tables.values()))]
    return definition.special.get(column.name) in (None, _PREDECESSOR, _SUCCESSOR) and any(
        spec.name == column.name and not spec.nullable for spec in table.columns
    )


def column_expression(view: View, column: Column, definition: Definition, dialect: Dialect) -> str:
    """The SQL of one column of a view."""
    expression = definition.special.get(column.name)
    if expression is None:
        alias = next(
            (alias for alias, table in definition.tables.items() if column.name in TABLES[table].names), None
        )
        if alias is None:
            raise KeyError(f"nothing gives the column {column.name} of the view {view.name}")
        expression = f'{alias}."{column.name}"'
    elif expression.startswith("{text:"):
        # A tracker's field value is JSON in its table and plain text for people.
        name = expression[6:-1]
        expression = (
            f"CAST(json_extract(t.\"{name}\", '$') AS TEXT)"
            if dialect == "sqlite"
            else f"t.\"{name}\" #>> '{{}}'"
        )
    return f"coalesce({expression}, FALSE)" if column.never_null else expression


def _plain(name: str, view: View, definition: Definition, dialect: Dialect) -> str:
    columns = [
        f'{column_expression(view, column, definition, dialect)} AS "{column.name}"'
        for column in view.columns
    ]
    return _create(name, columns, definition.rows, definition.where)


def _for_rules(view: View, definition: Definition, dialect: Dialect) -> str:
    expressions = {
        column.name: column_expression(view, column, definition, dialect) for column in view.columns
    }
    columns = [f'{expression} AS "{name}"' for name, expression in expressions.items()]
    for column in view.columns:
        if column.has_ordinal:
            alias = definition.ordinals.get(column.name)
            ordinal = (
                f'{alias}."{column.name}_ord"'
                if alias is not None
                else _looked_up(expressions[column.name], column, dialect)
            )
            columns.append(f'{ordinal} AS "{column.name}_ord"')
    if definition.calendar is not None:
        columns.append(f'{definition.calendar} AS "calendar_id"')
    columns.append(f'{_today(definition.calendar)} AS "today_ord"')
    if definition.place:
        columns.append(f'{definition.place} AS "place"')
    return _create(f"rule_{view.name}", columns, definition.rows + definition.ordinal_rows, definition.where)


def _looked_up(expression: str, column: Column, dialect: Dialect) -> str:
    """The working-day number in the portfolio's calendar; an instant by its day in UTC."""
    if column.type == "instant":
        expression = (
            f"substr({expression}, 1, 10)"
            if dialect == "sqlite"
            else f"CAST({expression} AT TIME ZONE 'UTC' AS DATE)"
        )
    return f'(SELECT w."ord" FROM derived_workday AS w WHERE w."day" = {expression})'  # noqa: S608 texts are ours


def _today(calendar: str | None) -> str:
    def number(of: str) -> str:
        return f'(SELECT y."ord" FROM derived_today AS y WHERE y."calendar_id" = {of})'  # noqa: S608 texts are ours

    portfolio = number(f"'{PORTFOLIO_CALENDAR}'")
    return portfolio if calendar is None else f"coalesce({number(calendar)}, {portfolio})"


def _create(name: str, columns: list[str], rows: str, where: str) -> str:
    condition = f" WHERE {where}" if where else ""
    return f'CREATE VIEW "{name}" AS SELECT {", ".join(columns)} FROM {rows}{condition}'  # noqa: S608 texts are ours
