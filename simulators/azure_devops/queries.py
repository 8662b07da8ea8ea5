"""POST wiql: ids and nothing else, whatever the query selects."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from simulators.azure_devops import catalogue
from simulators.azure_devops.call import Call
from simulators.azure_devops.matching import (
    Context,
    Test,
    compile_node,
    conditions,
    field_name,
    instant_of,
    reader,
)
from simulators.azure_devops.model import Item, Json, iso
from simulators.azure_devops.refusals import bad_request, refuse
from simulators.azure_devops.wiql import Condition, Group, Node, Query, WiqlError, parse
from simulators.http import Response

LONGEST = 32_000


def wiql(call: Call) -> Response:
    """POST wiql."""
    text = call.object().get("query")
    if not isinstance(text, str) or not text.strip():
        raise bad_request("TF401243: The query is empty.", "QueryException")
    if len(text) > LONGEST:
        raise bad_request(f"VS402338: The query exceeds {LONGEST} characters.", "QueryException")
    try:
        query = parse(text)
        context = _context(call, query)
        if query.links:
            return Response.json(_links(call, query, context))
        return Response.json(_flat(call, query, context))
    except WiqlError as error:
        raise refuse(400, "WorkItemTrackingQueryException", str(error), event=3000) from None


def _context(call: Call, query: Query) -> Context:
    context = Context(
        state=call.site,
        me=call.caller.descriptor,
        zone=ZoneInfo(call.site.bot_time_zone),
        precise=call.flag("timePrecision"),
        project=call.optional_project(),
    )
    if call.team_text is not None:
        context.current_iteration = _current(call)
    if query.as_of is not None:
        exact = Context(call.site, context.me, context.zone, precise=True)
        context.as_of = instant_of(exact, query.as_of, query.as_of.text)
    return context


def _current(call: Call) -> str | None:
    today = call.site.clock.now().date().isoformat()
    for number in call.team().iterations:
        node = call.site.nodes[number]
        if node.start and node.finish and node.start <= today <= node.finish:
            return call.site.path_of(number)
    return None


def _flat(call: Call, query: Query, context: Context) -> dict[str, Json]:
    test = _always if query.where is None else compile_node(context, query.where)
    order = [(field_name(call.site, name), descending) for name, descending in query.order]
    by_id = order in ([], [("System.Id", False)])
    most = call.options.wiql_cap + 1
    enough = min(call.number("$top", most), most) if by_id else None
    found = _matching(call, context, test, after=_lowest(call, query.where), enough=enough)
    found = found if by_id else _ordered(context, found, query)
    found = _cut(call, found)
    call.rows = len(found)
    scope = _scope(call)
    rows = [{"id": item.id, "url": f"{call.base}{scope}/_apis/wit/workItems/{item.id}"} for item in found]
    return _head(call, query, context, "flat", "workItem") | {"workItems": rows}


def _matching(
    call: Call, context: Context, test: Test, *, after: int = 0, enough: int | None = None
) -> list[Item]:
    """Readable items that fit, by id and past `after`, no more than enough; deleted ones are never found."""
    found: list[Item] = []
    numbers = sorted(call.site.items)
    for number in numbers[bisect_right(numbers, after) :]:
        if enough is not None and len(found) >= enough:
            break
        item = call.site.items[number]
        values = context.values(item)
        if values is not None and test(item, values) and call.may_read(item):
            found.append(item)
    return found


def _lowest(call: Call, where: Node | None) -> int:
    """The id that a keyset query starts after, so that each of its pages reads only its own part."""
    return max(
        (
            int(part.values[0].text)
            for part in _parts(where)
            if isinstance(part, Condition)
            and part.operator == ">"
            and part.values[0].kind == "number"
            and field_name(call.site, part.field) == "System.Id"
        ),
        default=0,
    )


def _cut(call: Call, found: list[Any]) -> list[Any]:
    """`$top` cuts without a word; more than the cap is an error."""
    top = call.number("$top", call.options.wiql_cap + 1)
    found = found[:top]
    if len(found) > call.options.wiql_cap:
        words = (
            f"VS402337: The number of work items returned exceeds the size limit of {call.options.wiql_cap}. "
            "Change the query to return fewer items."
        )
        raise bad_request(words, "WorkItemTrackingQueryResultSizeLimitExceededException")
    return found


def _ordered(context: Context, found: list[Item], query: Query) -> list[Item]:
    for name, descending in reversed(query.order):
        key = _key(context, field_name(context.state, name))
        found.sort(key=key, reverse=descending)
    return found


def _key(context: Context, name: str) -> Callable[[Item], tuple[bool, Any]]:
    read = reader(context, name)

    def key(item: Item) -> tuple[bool, Any]:
        value = read(item, context.values(item) or {})
        if value is None:
            return (False, 0)
        return (True, value.casefold() if isinstance(value, str) else value)

    return key


def _links(call: Call, query: Query, context: Context) -> dict[str, Json]:
    ends: dict[str, list[Node]] = {"source": [], "target": []}
    rels: set[str] = set()
    for part in _parts(query.where):
        inner = list(conditions(part))
        if len(inner) == 1 and inner[0].field.lower() == "system.links.linktype":
            rels |= _rels(inner[0])
            continue
        prefixes = {condition.prefix for condition in inner}
        if len(prefixes) != 1 or "" in prefixes:
            raise WiqlError("Each part of a link query is about the source or about the target.")
        ends[prefixes.pop()].append(part)
    tests = {
        name: compile_node(context, Group("and", tuple(parts))) if parts else _always
        for name, parts in ends.items()
    }
    sources = _ordered(context, _matching(call, context, tests["source"]), query)
    fits = {item.id for item in _matching(call, context, tests["target"])}
    rows = (
        _tree(call, sources, fits, rels) if query.mode == "recursive" else _hops(query, sources, fits, rels)
    )
    rows = _cut(call, rows)
    call.rows = len(rows)
    kind = "tree" if query.mode == "recursive" else "oneHop"
    shown = [
        {
            "rel": rel,
            "source": None if source is None else _reference(call, source),
            "target": _reference(call, target),
        }
        if source is not None
        else {"target": _reference(call, target)}
        for rel, source, target in rows
    ]
    return _head(call, query, context, kind, "workItemLink") | {"workItemRelations": shown}


def _hops(
    query: Query, sources: list[Item], fits: set[int], rels: set[str]
) -> list[tuple[str | None, int | None, int]]:
    rows: list[tuple[str | None, int | None, int]] = []
    for item in sources:
        linked = [r for r in item.relations if r.target in fits and (not rels or r.rel in rels)]
        if query.mode == "doesnotcontain":
            if not linked:
                rows.append((None, None, item.id))
            continue
        if linked or query.mode == "maycontain":
            rows.append((None, None, item.id))
            rows += [(r.rel, item.id, r.target) for r in linked if r.target is not None]
    return rows


def _tree(
    call: Call, sources: list[Item], fits: set[int], rels: set[str]
) -> list[tuple[str | None, int | None, int]]:
    rows: list[tuple[str | None, int | None, int]] = []
    seen: set[int] = set()

    def walk(item: Item, rel: str | None, above: int | None) -> None:
        seen.add(item.id)
        rows.append((rel, above, item.id))
        for relation in item.relations:
            if relation.rel in rels and relation.target in fits and relation.target not in seen:
                walk(call.site.items[relation.target], relation.rel, item.id)

    children = {r.target for item in sources for r in item.relations if r.rel in rels}
    for item in [item for item in sources if item.id not in children]:
        walk(item, None, None)
    return rows


def _parts(where: Node | None) -> list[Node]:
    if where is None:
        return []
    return list(where.parts) if isinstance(where, Group) and where.word == "and" else [where]


def _rels(condition: Condition) -> set[str]:
    names = {value.text for value in condition.values}
    if unknown := names - set(catalogue.RELATION_TYPES):
        # The documentation's Dependency-Predecessor and -Successor are among them (facts §2.3).
        raise WiqlError(
            f"TF51011: The link type {min(unknown)} does not exist. The error is caused by "
            f"«{condition.text}»."
        )
    return names


def _always(item: Item, values: dict[str, Json]) -> bool:
    return True


def _scope(call: Call) -> str:
    project = call.optional_project()
    return f"/{project.id}" if project else ""


def _reference(call: Call, number: int) -> dict[str, Json]:
    return {"id": number, "url": f"{call.base}{_scope(call)}/_apis/wit/workItems/{number}"}


def _head(call: Call, query: Query, context: Context, kind: str, result: str) -> dict[str, Json]:
    names = [field_name(context.state, name) for name in query.columns]
    head: dict[str, Json] = {
        "queryType": kind,
        "queryResultType": result,
        "asOf": iso(context.as_of if context.as_of is not None else call.site.clock.now_ms()),
        "columns": [_column(call, name) for name in names],
    }
    if query.order:
        head["sortColumns"] = [
            {"field": _column(call, field_name(context.state, name)), "descending": descending}
            for name, descending in query.order
        ]
    return head


def _column(call: Call, name: str) -> dict[str, Json]:
    found = call.site.field_defs[name]
    return {"referenceName": name, "name": found.name, "url": f"{call.base}/_apis/wit/fields/{name}"}
