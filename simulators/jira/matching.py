"""A parsed JQL query against the issues of a site: one predicate and one sort key per query."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from simulators.clock import from_ms, to_ms
from simulators.jira.adf import text_of
from simulators.jira.jql import All, Clause, JqlError, Node, Not, Query, Value
from simulators.jira.model import FieldDef, Issue

if TYPE_CHECKING:
    from simulators.jira.state import State

Predicate: TypeAlias = Callable[[Issue], bool]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}
_LITERAL = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?$")
_RELATIVE = re.compile(r"([+-]?)((?:\d+[wdhm]\s*)+)$")
_UNIT_MINUTES = {"w": 10_080, "d": 1_440, "h": 60, "m": 1}


class Matcher:
    """Turns queries into predicates and sort keys, for one calling user and one instant."""

    def __init__(self, state: State, *, zone: str, caller: str | None, now_ms: int) -> None:
        self._state = state
        self._zone = ZoneInfo(zone)
        self._caller = caller
        self._now_ms = now_ms
        self.is_relative = False  # does the result depend on the present instant?

    def predicate(self, query: Query) -> Predicate:
        """Does an issue satisfy the query? Refuses what the tracker refuses.

        Raises:
            JqlError: unbounded, or with fields and values that do not exist.
        """
        if query.where is None:
            raise JqlError(
                "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
            )
        return self._node(query.where)

    def sort_key(self, query: Query) -> Callable[[Issue], tuple[Any, ...]]:
        """A total order: the query's fields, then the id; without ORDER BY the newest come first."""
        parts = [(self._sortable(self._field(name)), down) for name, down in query.order]
        if not parts:
            return lambda issue: (-issue.id,)

        def key(issue: Issue) -> tuple[Any, ...]:
            values: list[Any] = []
            for get, down in parts:
                value = get(issue)
                # Issues without a value come last either way, which is where Jira lists them.
                values.append(value is None)
                values.append(0 if value is None else _directed(value, down))
            return (*values, issue.id)

        return key

    def _node(self, node: Node) -> Predicate:
        match node:
            case Clause():
                return self._clause(node)
            case Not(part):
                inner = self._node(part)
                return lambda issue: not inner(issue)
            case All(parts):
                every = [self._node(part) for part in parts]
                return lambda issue: all(check(issue) for check in every)
            case _:
                some = [self._node(part) for part in node.parts]
                return lambda issue: any(check(issue) for check in some)

    def _field(self, name: str) -> FieldDef:
        found = self._state.clause_field(name)
        if found is None:
            raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
        return found

    def _clause(self, clause: Clause) -> Predicate:
        found = self._field(clause.field)
        if clause.operator in {"IS", "IS NOT"}:
            get, wanted = self._state.terms(found), clause.operator == "IS"
            return lambda issue: (not get(issue)) is wanted
        if clause.operator in {"~", "!~"}:
            needle, want = clause.values[0].text.casefold().strip("*"), clause.operator == "~"
            return lambda issue: (needle in text_of(issue.fields.get(found.id)).casefold()) is want
        if found.type in {"date", "datetime"}:
            return self._dated(found, clause)
        if found.type == "number":
            return self._numbered(found, clause)
        if found.id == "issuekey" and clause.operator in _COMPARE and clause.operator != "=":
            bound, compare = self._issue_id(clause.values[0].text), _COMPARE[clause.operator]
            return lambda issue: compare(issue.id, bound)
        return self._member(found, clause)

    def _member(self, found: FieldDef, clause: Clause) -> Predicate:
        if clause.operator not in {"=", "!=", "IN", "NOT IN"}:
            raise JqlError(
                f"The operator '{clause.operator}' is not supported by the '{clause.field}' field."
            )
        wanted: set[Any] = set()
        for value in clause.values:
            wanted |= self._resolve(found, clause.field, value)
        get, positive = self._state.terms(found), clause.operator in {"=", "IN"}
        if positive:
            return lambda issue: not wanted.isdisjoint(get(issue))
        # Jira's negative operators leave out issues without a value.
        return lambda issue: bool(terms := get(issue)) and wanted.isdisjoint(terms)

    def _resolve(self, found: FieldDef, name: str, value: Value) -> set[Any]:
        if value.function:
            return self._function(value)
        if found.id == "issuekey":
            return {self._issue_id(value.text)}
        terms = self._state.lookup(found, value.text)
        if terms is None:
            raise JqlError(f"The value '{value.text}' does not exist for the field '{name}'.")
        return set(terms)

    def _issue_id(self, text: str) -> int:
        issue = self._state.find_issue(text)
        if issue is not None:
            return issue.id
        if text.isdigit():
            return int(text)
        raise JqlError(f"An issue with key '{text}' does not exist for field 'key'.")

    def _function(self, value: Value) -> set[Any]:
        match value.text.casefold():
            case "currentuser":
                return {self._caller} if self._caller else set()
            case "opensprints":
                return {s.id for s in self._state.sprints.values() if s.state == "active"}
            case "futuresprints":
                return {s.id for s in self._state.sprints.values() if s.state == "future"}
            case "closedsprints":
                return {s.id for s in self._state.sprints.values() if s.state == "closed"}
            case _:
                raise JqlError(f"Unable to find JQL function '{value.text}()'.")

    def _numbered(self, found: FieldDef, clause: Clause) -> Predicate:
        try:
            bounds = [float(value.text) for value in clause.values]
        except ValueError:
            raise JqlError(
                f"Value '{clause.values[0].text}' is not valid for field '{clause.field}'."
            ) from None
        read = self._state.raw(found)
        if clause.operator in _COMPARE:
            compare = _COMPARE[clause.operator]
            return lambda issue: (got := read(issue)) is not None and compare(got, bounds[0])
        positive = clause.operator == "IN"
        return lambda issue: (got := read(issue)) is not None and (got in bounds) is positive

    def _dated(self, found: FieldDef, clause: Clause) -> Predicate:
        get = self._instant(found)
        spans = [self._span(value, clause.field) for value in clause.values]
        if clause.operator in {"=", "!=", "IN", "NOT IN"}:
            positive = clause.operator in {"=", "IN"}

            def inside(issue: Issue) -> bool:
                at = get(issue)
                return at is not None and any(low <= at < high for low, high in spans) is positive

            return inside
        compare, bound = _COMPARE[clause.operator], spans[0][0]
        return lambda issue: (at := get(issue)) is not None and compare(at, bound)

    def _instant(self, found: FieldDef) -> Callable[[Issue], int | None]:
        read = self._state.raw(found)
        if found.type == "datetime":
            return read

        def midnight(issue: Issue) -> int | None:
            text = read(issue)
            return None if not text else self._midnight(date.fromisoformat(text))

        return midnight

    def _midnight(self, day: date) -> int:
        return to_ms(datetime.combine(day, time(), self._zone))

    def _span(self, value: Value, name: str) -> tuple[int, int]:
        """The instants that a literal stands for, [low, high)."""
        text = value.text.strip()
        if value.function:
            self.is_relative = True
            low = self._relative_day(value)
            return low, low + 1
        if re.fullmatch(r"-?\d{9,}", text):  # epoch milliseconds, the zone-free form
            return int(text), int(text) + 1
        if found := _LITERAL.match(text):
            year, month, day, hour, minute = (int(part) if part else 0 for part in found.groups())
            try:
                at = datetime(year, month, day, hour, minute, tzinfo=self._zone)
            except ValueError:
                at = None
            if at is not None:
                length = 60_000 if found.group(4) else 86_400_000
                return to_ms(at), to_ms(at) + length
        if found := _RELATIVE.match(text):
            self.is_relative = True
            minutes = sum(int(n) * _UNIT_MINUTES[u] for n, u in re.findall(r"(\d+)([wdhm])", found.group(2)))
            low = self._now_ms + (-60_000 if found.group(1) == "-" else 60_000) * minutes
            return low, low + 1
        raise JqlError(
            f"Date value '{text}' for field '{name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )

    def _relative_day(self, value: Value) -> int:
        if value.text.casefold() == "now":
            return self._now_ms
        today = from_ms(self._now_ms).astimezone(self._zone).date()
        match value.text.casefold():
            case "startofday":
                return self._midnight(today)
            case "endofday":
                return self._midnight(today + timedelta(days=1)) - 1
            case "startofweek":
                return self._midnight(today - timedelta(days=(today.weekday() + 1) % 7))
            case "startofmonth":
                return self._midnight(today.replace(day=1))
            case _:
                raise JqlError(f"Unable to find JQL function '{value.text}()'.")

    def _sortable(self, found: FieldDef) -> Callable[[Issue], Any]:
        if found.id == "issuekey":
            return lambda issue: issue.id
        if found.type in {"datetime", "date", "number"}:
            return self._state.raw(found)
        return self._state.order(found)


class _Down(str):
    """A text that sorts backwards."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)

    def __gt__(self, other: str) -> bool:
        return str.__lt__(self, other)


def _directed(value: Any, down: bool) -> Any:
    if not down:
        return value
    return _Down(value) if isinstance(value, str) else -value
