"""What a WIQL condition means for a work item: predicates over fields, dates and trees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from simulators.azure_devops.links import parent_of
from simulators.azure_devops.model import Item, Json, Project, Tree, iso
from simulators.azure_devops.state import State
from simulators.azure_devops.wiql import Condition, Group, Node, Value, WiqlError
from simulators.clock import to_ms

Test: TypeAlias = Callable[[Item, dict[str, Json]], bool]
_TIMED = re.compile(r"\d[T ]\d{1,2}:\d{2}")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
_ONLY_TREES = {"under", "not under"}
TIME_WITHOUT_PRECISION = (
    "You cannot supply a time with the date when running a query using date precision. The error is caused "
    "by «{}»."
)


@dataclass(slots=True)
class Context:
    """What a query is asked in: who asks, in which project and zone, with which precision, as of when."""

    state: State
    me: str
    zone: ZoneInfo
    precise: bool
    project: Project | None = None
    current_iteration: str | None = None
    as_of: int | None = None

    def values(self, item: Item) -> dict[str, Json] | None:
        """The values that count, or None where the item did not exist."""
        if self.as_of is None:
            return item.state
        rev = item.rev_at(self.as_of)
        return item.state_at(rev) if rev else None


def compile_node(context: Context, node: Node) -> Test:
    """A predicate over an item and its values.

    Raises:
        WiqlError: an unknown field, or a value that the field cannot have.
    """
    if isinstance(node, Condition):
        return _condition(context, node)
    parts = [compile_node(context, part) for part in node.parts]
    if node.word == "and":
        return lambda item, values: all(part(item, values) for part in parts)
    if node.word == "or":
        return lambda item, values: any(part(item, values) for part in parts)
    return lambda item, values: not parts[0](item, values)


def conditions(node: Node | None) -> Iterable[Condition]:
    """All conditions of a tree."""
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, Group):
        for part in node.parts:
            yield from conditions(part)


def field_name(state: State, text: str) -> str:
    """The reference name of a field given by it or by its name."""
    wanted = text.casefold()
    for ref, found in state.field_defs.items():
        if wanted in {ref.casefold(), found.name.casefold()}:
            return ref
    raise WiqlError(
        f"TF51005: The query references a field that does not exist. The error is caused by «[{text}]»."
    )


def reader(context: Context, name: str) -> Callable[[Item, dict[str, Json]], Json]:
    """How to read a field's comparable value: None where it is empty."""
    state = context.state
    match name:
        case "System.Id":
            return lambda item, values: item.id
        case "System.Rev":
            return lambda item, values: item.rev
        case "System.ChangedDate" | "System.AuthorizedDate":
            return lambda item, values: iso(_revision(context, item).at)
        case "System.ChangedBy":
            return lambda item, values: _revision(context, item).by
        case "System.Watermark":
            return lambda item, values: _revision(context, item).watermark
        case "System.Parent":
            return lambda item, values: parent_of(item)
        case "System.TeamProject":
            return lambda item, values: state.projects[values["System.TeamProject"]].name
        case "System.AreaPath":
            return lambda item, values: state.path_of(values["System.AreaId"])
        case "System.IterationPath":
            return lambda item, values: state.path_of(values["System.IterationId"])
    return lambda item, values: values.get(name)


def instant_of(context: Context, value: Value, text: str) -> int:
    """Epoch milliseconds of a date literal; without a zone it is the caller's own.

    Raises:
        WiqlError: no date, or a time where only days are compared.
    """
    if value.kind == "macro":
        if value.text != "@today":
            raise WiqlError(f"The macro {value.text} is no date. The error is caused by «{text}».")
        today = context.state.clock.now().astimezone(context.zone).date() + timedelta(days=value.offset)
        return to_ms(datetime(today.year, today.month, today.day, tzinfo=context.zone))
    try:
        at = datetime.fromisoformat(value.text.strip())
    except ValueError:
        raise WiqlError(f"The date is not valid. The error is caused by «{text}».") from None
    if _TIMED.search(value.text) and not context.precise:
        raise WiqlError(TIME_WITHOUT_PRECISION.format(text))
    return to_ms(at if at.tzinfo else at.replace(tzinfo=context.zone))


def _revision(context: Context, item: Item) -> Any:
    rev = item.rev if context.as_of is None else item.rev_at(context.as_of)
    return item.revisions[rev - 1]


def _condition(context: Context, condition: Condition) -> Test:
    name = field_name(context.state, condition.field)
    read = reader(context, name)
    kind = context.state.field_defs[name].type
    operator = condition.operator
    if operator in _ONLY_TREES:
        return _under(context, name, condition)
    if operator == "is empty":
        return lambda item, values: read(item, values) in (None, "")
    if operator == "is not empty":
        return lambda item, values: read(item, values) not in (None, "")
    if operator in {"ever", "was ever"}:
        wanted = _plain(context, name, condition.values[0], condition)
        return lambda item, values: any(_same(r.changes.get(name), wanted) for r in item.revisions)
    if operator in {"contains", "contains words", "not contains", "not contains words"}:
        text = condition.values[0].text.casefold()
        negated = operator.startswith("not")
        return lambda item, values: (text in str(read(item, values) or "").casefold()) is not negated
    if condition.values and condition.values[0].kind == "field":
        other = reader(context, field_name(context.state, condition.values[0].text))
        return _binary(read, operator, other)
    if kind == "dateTime":
        return _dates(context, read, condition)
    wanted_all = [_plain(context, name, value, condition) for value in condition.values]
    if operator in {"in", "not in"}:
        negated = operator == "not in"
        return lambda item, values: any(_same(read(item, values), w) for w in wanted_all) is not negated
    wanted = wanted_all[0]
    if operator in {"=", "<>"}:
        negated = operator == "<>"
        return lambda item, values: _same(read(item, values), wanted) is not negated
    return _binary(read, operator, lambda item, values: wanted)


def _binary(read: Callable[..., Json], operator: str, other: Callable[..., Json]) -> Test:
    if operator in {"=", "<>"}:
        negated = operator == "<>"
        return lambda item, values: _same(read(item, values), other(item, values)) is not negated
    compare = _COMPARE.get(operator)
    if compare is None:
        raise WiqlError(f"The operator {operator} cannot be used here.")

    def test(item: Item, values: dict[str, Json]) -> bool:
        left, right = read(item, values), other(item, values)
        if left is None or right is None:
            return False
        if isinstance(left, str) or isinstance(right, str):
            left, right = str(left).casefold(), str(right).casefold()
        return compare(left, right)

    return test


def _dates(context: Context, read: Callable[..., Json], condition: Condition) -> Test:
    operator = condition.operator
    if condition.values[0].text == "" and condition.values[0].kind == "text":
        empty = operator == "="
        return lambda item, values: (read(item, values) is None) is empty
    wanted = [instant_of(context, value, condition.text) for value in condition.values]

    def shown(value: str) -> int:
        at = datetime.fromisoformat(value)
        if context.precise:
            return to_ms(at)
        return at.astimezone(context.zone).date().toordinal()

    if not context.precise:
        zone = context.zone
        wanted = [
            (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
            .astimezone(zone)
            .date()
            .toordinal()
            for ms in wanted
        ]
    compare = _COMPARE.get(operator)

    def test(item: Item, values: dict[str, Json]) -> bool:
        value = read(item, values)
        if value is None:
            return operator in {"<>", "not in"}
        left = shown(value)
        if compare is not None:
            return compare(left, wanted[0])
        return (left in wanted) is (operator in {"=", "in"})

    return test


def _under(context: Context, name: str, condition: Condition) -> Test:
    trees = {"System.AreaPath": "System.AreaId", "System.IterationPath": "System.IterationId"}
    if name not in trees:
        raise WiqlError(f"The UNDER operator needs a tree path. The error is caused by «{condition.text}».")
    path = _plain(context, name, condition.values[0], condition)
    tree: Tree = "area" if name == "System.AreaPath" else "iteration"
    state = context.state
    home = state.find_project(str(path).partition("\\")[0])
    node = state.find_node(home, tree, str(path)) if home else None
    if node is None:
        words = (
            f"TF51011: The specified {tree} path does not exist. The error is caused by «{condition.text}»."
        )
        raise WiqlError(words)
    members = frozenset(state.with_below(node.id))
    negated = condition.operator == "not under"
    key = trees[name]
    return lambda item, values: (values[key] in members) is not negated


def _plain(context: Context, name: str, value: Value, condition: Condition) -> Json:
    state, field = context.state, context.state.field_defs[name]
    if value.kind == "macro":
        return _macro(context, value, condition)
    if field.is_identity:
        found = state.find_user(value.text) if value.text else None
        return found.descriptor if found else (value.text or None)
    if field.type in {"integer", "double"} and value.text:
        try:
            return float(value.text)
        except ValueError:
            words = f"The value is not a number. The error is caused by «{condition.text}»."
            raise WiqlError(words) from None
    if field.type == "boolean":
        return value.text.lower() in {"true", "1"}
    return value.text or None


def _macro(context: Context, value: Value, condition: Condition) -> Json:
    match value.text:
        case "@me":
            return context.me
        case "@project" if context.project is not None:
            return context.project.name
        case "@currentiteration" if context.current_iteration is not None:
            return context.current_iteration
    words = f"The macro {value.text} cannot be used here. The error is caused by «{condition.text}»."
    raise WiqlError(words)


def _same(left: Json, right: Json) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    if left is None or right is None:
        return left in (None, "") and right in (None, "")
    return bool(left == right)
