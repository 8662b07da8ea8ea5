"""Conditions that can never be true, and steps of severity that never get their turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from rules.lint_values import range_of, words_of
from rules.rule import Rule
from rules.spelling import nearest
from rules.terms import Term
from rules.values import ParamValue, members

_SIGNS: Mapping[str, frozenset[str]] = {
    "<": frozenset("<"),
    "<=": frozenset("<="),
    ">": frozenset(">"),
    ">=": frozenset(">="),
    "=": frozenset("="),
    "<>": frozenset("<>"),
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_INFINITE = float("inf")


class _Limits(msgspec.Struct):
    """What a conjunction asks of one value."""

    low: float = -_INFINITE
    high: float = _INFINITE
    low_open: bool = False
    high_open: bool = False
    is_null: bool = False
    is_compared: bool = False

    @property
    def is_empty(self) -> bool:
        """No value fits."""
        if self.is_null and self.is_compared:
            return True
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


def never_true(rule: Rule) -> Iterator[str]:
    """The reasons why `where` and `flag` together can hold for no row, with the parameters as they are."""
    parts = [part for one in (rule.where, rule.flag) if one for part in _conjuncts(_opened(one.term))]
    yield from _strange_words(rule)
    for part in parts:
        if part.op in ("<", "<=", ">", ">=", "<>", "=") and part.args[0] == part.args[1]:
            yield f"both sides of `{part.op}` are {_shown(part.args[0])}"
        if part.op == "not" and part.args[0] in parts:
            yield f"{_shown(part.args[0])} is asked for and excluded"
    yield from _contradictions(rule, parts)


def never_reached(rule: Rule) -> Iterator[str]:
    """Steps of severity that an earlier step always takes the turn of."""
    steps = [(step.severity, _bound(_opened(step.condition.term), rule.params)) for step in rule.steps]
    for number, (severity, bound) in enumerate(steps):
        for other, earlier in steps[:number]:
            if bound and earlier and bound[:2] == earlier[:2] and _implies(bound, earlier):
                yield (
                    f"`{severity}` is never reached: whatever passes its limit has passed that of `{other}`, "
                    "which stands before it"
                )
                break


def _bound(term: Term, params: Mapping[str, ParamValue]) -> tuple[str, str, float] | None:
    """A condition that is one lower or upper limit: (what is measured, the direction, the limit)."""
    if term.op not in ("<", "<=", ">", ">="):
        return None
    left, right, sign = term.args[0], term.args[1], term.op
    if _number(right, params) is None:
        left, right, sign = right, left, _MIRRORED[sign]
    value = _number(right, params)
    return None if value is None else (repr(left), sign[0], value)


def _implies(bound: tuple[str, str, float], earlier: tuple[str, str, float]) -> bool:
    return bound[2] >= earlier[2] if bound[1] == ">" else bound[2] <= earlier[2]


def _contradictions(rule: Rule, parts: Sequence[Term]) -> Iterator[str]:
    found: dict[str, tuple[Term, _Limits]] = {}
    signs: dict[tuple[str, str], tuple[Term, frozenset[str]]] = {}
    for part in parts:
        for subject, sign, other in _comparisons(part):
            limits = found.setdefault(repr(subject), (subject, _start(subject)))[1]
            limits.is_compared = True
            value = _number(other, rule.params)
            if value is not None:
                _narrow(limits, sign, value)
                continue
            if repr(subject) >= repr(other):  # once, not both ways round
                continue
            both = (repr(subject), repr(other))
            left = signs.get(both, (part, frozenset("<>=")))[1]
            signs[both] = (part, left & _SIGNS[sign])
        if part.op == "is null":
            found.setdefault(repr(part.args[0]), (part.args[0], _start(part.args[0])))[1].is_null = True
    for subject, limits in found.values():
        if limits.is_empty:
            known = range_of(subject.name) if subject.op == "column" else (-_INFINITE, _INFINITE)
            within = f", which goes from {known[0]:g} to {known[1]:g}" if known[1] < _INFINITE else ""
            yield f"no value of {_shown(subject)}{within} can be all that is asked of it"
    for part, rest in signs.values():
        if not rest:
            yield f"{_shown(part.args[0])} cannot be all that is asked of it beside {_shown(part.args[1])}"


def _start(subject: Term) -> _Limits:
    low, high = range_of(subject.name) if subject.op == "column" else (-_INFINITE, _INFINITE)
    return _Limits(low=low, high=high)


def _narrow(limits: _Limits, sign: str, value: float) -> None:
    if sign in (">", ">=", "=") and (value, sign == ">") > (limits.low, limits.low_open):
        limits.low, limits.low_open = value, sign == ">"
    if sign in ("<", "<=", "=") and (value, sign != "<") < (limits.high, not limits.high_open):
        limits.high, limits.high_open = value, sign == "<"


def _comparisons(part: Term) -> Iterator[tuple[Term, str, Term]]:
    """(value, sign, other) both ways round."""
    if part.op in _MIRRORED:
        left, right = part.args
        yield left, part.op, right
        yield right, _MIRRORED[part.op], left
    elif part.op == "between":
        subject, low, high = part.args
        yield subject, ">=", low
        yield subject, "<=", high


def _strange_words(rule: Rule) -> Iterator[str]:
    """A text that a column of ours can never be."""
    conditions = [rule.where, rule.flag, *rule.measures.values(), *(step.condition for step in rule.steps)]
    terms = [term for one in conditions if one for term in one.term.walk()]
    for term in dict.fromkeys(repr(one) for one in terms):
        found = next(one for one in terms if repr(one) == term)
        if found.op not in ("=", "in", "params") or found.args[0].op != "column":
            continue
        column = found.args[0].name
        known = words_of(rule.over, column)
        for word in _texts(found, rule.params) if known else ():
            if word not in known:
                near = nearest(word, known) or f"; it is one of {', '.join(known)}"
                yield f"`{column}` is never '{word}'{near}"


def _texts(term: Term, params: Mapping[str, ParamValue]) -> Iterator[str]:
    if term.op == "params":
        yield from (str(one) for one in members(params[term.name]))
    for arg in term.args[1:]:
        if arg.op == "text":
            yield str(arg.value)
        elif arg.op == "param" and isinstance(params.get(arg.name), str):
            yield str(params[arg.name])


def _number(term: Term, params: Mapping[str, ParamValue]) -> float | None:
    if term.op == "minus":
        inner = _number(term.args[0], params)
        return None if inner is None else -inner
    value = params.get(term.name) if term.op == "param" else term.value if term.op == "number" else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _conjuncts(term: Term) -> Iterator[Term]:
    if term.op == "and":
        for arg in term.args:
            yield from _conjuncts(arg)
    else:
        yield term


def _opened(term: Term) -> Term:
    """The term with its measures written out, so that a measure and its column are the same."""
    if term.op == "measure":
        return _opened(term.args[0])
    return msgspec.structs.replace(term, args=tuple(_opened(arg) for arg in term.args))


def _shown(term: Term) -> str:
    if term.op in ("column", "measure"):
        return f"`{term.name}`"
    if term.op in ("param", "params"):
        return f"`:{term.name}`"
    if term.op in ("text", "number", "bool"):
        return f"`{term.value}`"
    return f"{term.op}({', '.join(_shown(arg) for arg in term.args)})" if term.args else term.op
