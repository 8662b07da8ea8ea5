"""What organisation, portfolio, programme and project change about a rule, and who wins: the nearest.

Each level says only what is different there. Merged, they are one `Override`: what holds everywhere, and by
place what holds in parts of the PMO's tree. Checked here, too: an override never touches the predicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec

from portfolio.findings import SEVERITIES
from portfolio.views import PLACED
from rules import grammar
from rules.checking import rule_scope
from rules.lexer import ExpressionError
from rules.rule import Override, Rule, default_comment_on
from rules.spelling import nearest
from rules.terms import Condition
from rules.values import ParamValue, kind_of, members

T = TypeVar("T")
Places: TypeAlias = tuple[str, ...]
_KEYS = ("severity", "enabled", "filter", "comments")
_KIND_WORDS: Mapping[str, str] = {
    "bool": "true or false",
    "real": "a number",
    "date": "a date",
    "instant": "an instant",
    "text": "a text",
}


class Said(msgspec.Struct, frozen=True):
    """What one level says about one rule: only the keys that stand there, and where each stands."""

    values: Mapping[str, Any]
    origins: Mapping[str, str] = {}


def merged(chain: Iterable[Said]) -> Override:
    """One override of several levels, the widest first: for each key, and each parameter, the last wins."""
    params: dict[str, ParamValue] = {}
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for said in chain:
        params |= said.values.get("params") or {}
        values |= {key: said.values[key] for key in _KEYS if said.values.get(key) is not None}
        origins |= said.origins
    return Override(params=params, origins=origins, **values)


def with_places(base: Sequence[Said], places: Mapping[str, Sequence[Said]]) -> Override:
    """The override of a whole tree.

    Args:
        base: what holds everywhere, the widest level first.
        places: by the slug of a node, what the levels below the base say about it, the widest first.
    """
    everywhere = merged(base)
    found: dict[str, Override] = {}
    for slug, chain in places.items():
        if chain:
            found[slug] = merged([*base, *chain])
    return msgspec.structs.replace(everywhere, places=found)


def elsewhere(override: Override, read: Callable[[Override], T]) -> list[tuple[Places, T]]:
    """The values that are not the one that holds everywhere, each with the places that have it."""
    base = read(override)
    groups: dict[str, tuple[list[str], T]] = {}
    for slug, other in override.places.items():
        value = read(other)
        if value != base:
            groups.setdefault(repr(value), ([], value))[0].append(slug)
    return [(tuple(sorted(slugs)), value) for slugs, value in groups.values()]


def filter_condition(rule: Rule, override: Override) -> Condition | None:
    """The override's filter, checked like any condition of the rule.

    Raises:
        ExpressionError: it is not accepted.
    """
    if override.filter is None:
        return None
    measures = {name: measure.term for name, measure in rule.measures.items()}
    return grammar.condition(override.filter, rule_scope(rule.view, rule.params, measures))


def override_problems(rule: Rule, override: Override) -> list[str]:
    """Everything about an override, in all its places, that does not fit its rule."""
    found = [text for _, text in placed_problems(rule, override)]
    if override.places and rule.over not in PLACED:
        found.append(no_place(rule))
    for other in override.places.values():
        found += [text for _, text in placed_problems(rule, other)]
    return list(dict.fromkeys(found))


def no_place(rule: Rule) -> str:
    """Why a rule cannot be changed for a part of the tree."""
    return f"a row of {rule.over} belongs to no project; change this rule for the whole organisation"


def placed_problems(rule: Rule, override: Override) -> Iterator[tuple[tuple[str, ...], str]]:
    """What does not fit in one level of an override: the key that it is about, and the words."""
    for name, value in override.params.items():
        if problem := _param_problem(rule, name, value):
            yield ("params", name), problem
    if override.severity is not None and override.severity not in SEVERITIES:
        near = nearest(override.severity, SEVERITIES)
        text = f"severity `{override.severity}` is not one of {', '.join(SEVERITIES)}{near}"
        yield ("severity",), text
    if override.comments and not (rule.comment_on or default_comment_on(rule.over)):
        text = f"comments: a finding about a row of {rule.over} is on no item that could get one"
        yield ("comments",), text
    try:
        filter_condition(rule, override)
    except ExpressionError as error:
        yield ("filter",), f"filter: {error.describe(override.filter or '')}"


def overrides_problems(rules: Sequence[Rule], overrides: Mapping[str, Override]) -> list[str]:
    """Everything that is wrong with a configuration's overrides, one line each."""
    by_id = {rule.id: rule for rule in rules}
    problems: list[str] = []
    for rule_id, override in overrides.items():
        if rule_id not in by_id:
            problems.append(f"there is no rule `{rule_id}`{nearest(rule_id, by_id)}")
            continue
        problems += [f"rule {rule_id}: {problem}" for problem in override_problems(by_id[rule_id], override)]
    return problems


def _param_problem(rule: Rule, name: str, value: ParamValue) -> str | None:
    if name not in rule.params:
        return f"there is no parameter `{name}`{nearest(name, rule.params)}"
    default = rule.params[name]
    is_list = isinstance(default, list | tuple)
    if isinstance(value, list | tuple) != is_list:
        return f"parameter `{name}` is {'a list' if is_list else 'a single value'}"
    if not members(value):
        return f"parameter `{name}` needs at least one value"
    wanted = kind_of(members(default)[0])
    wrong = [found for found in members(value) if kind_of(found) != wanted]
    if not wrong:
        return None
    return f"parameter `{name}` is {_KIND_WORDS[wanted]}; {wrong[0]!r} is not"
