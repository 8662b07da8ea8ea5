"""The rules of types: which operation takes which kinds, and what comes out. A boolean is not a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rules.terms import KIND_WORDS, NUMBERS, ORDERED, Kind, Term, same_kind


class KindError(ValueError):
    """The kinds do not fit the operation."""


def words(term: Term) -> str:
    """A term's kind in words, with its name where it has one."""
    return f"{KIND_WORDS[term.kind]} (`{term.name}`)" if term.name else KIND_WORDS[term.kind]


def logic(op: str, parts: Sequence[Term]) -> Term:
    """AND, OR."""
    for part in parts:
        _need_bool(part, op.upper())
    return Term(op, "bool", tuple(parts))


def negation(part: Term) -> Term:
    """NOT."""
    _need_bool(part, "NOT")
    return Term("not", "bool", (part,))


def comparison(sign: str, left: Term, right: Term) -> Term:
    """= <> between like kinds; < <= > >= between kinds that have an order."""
    _need_same([left, right])
    _need_scalar(left)
    if sign not in ("=", "<>") and left.kind not in ORDERED:
        raise KindError(f"`{sign}` needs two values with an order; this is {words(left)}")
    return Term(sign, "bool", (left, right))


def between(subject: Term, low: Term, high: Term) -> Term:
    """BETWEEN, both ends included."""
    _need_same([subject, low, high])
    if subject.kind not in ORDERED:
        raise KindError(f"BETWEEN needs values with an order; this is {words(subject)}")
    return Term("between", "bool", (subject, low, high))


def membership(subject: Term, members: Sequence[Term]) -> Term:
    """IN over values."""
    _need_same([subject, *members])
    _need_scalar(subject)
    return Term("in", "bool", (subject, *members))


def in_list(subject: Term, name: str, kind: Kind) -> Term:
    """IN over a list parameter."""
    if not same_kind(subject.kind, kind):
        raise KindError(f":{name} lists values that are each {KIND_WORDS[kind]}; this is {words(subject)}")
    return Term("params", "bool", (subject,), name=name)


def arithmetic(sign: str, left: Term, right: Term) -> Term:
    """+ - * /: always exact, so always a real number."""
    for part in (left, right):
        if part.kind not in NUMBERS:
            hint = (
                "; for dates use wd(a, b) or days(a, b)" if part.kind in ("date", "instant", "wall") else ""
            )
            raise KindError(f"`{sign}` needs numbers; this is {words(part)}{hint}")
    return Term(sign, "real", (left, right))


def minus(part: Term) -> Term:
    """A minus sign in front of a number."""
    if part.kind not in NUMBERS:
        raise KindError(f"`-` needs a number; this is {words(part)}")
    return Term("minus", "real", (part,))


def case(branches: Sequence[Term], default: Term | None) -> Term:
    """CASE WHEN; without ELSE the rest is unknown."""
    for when in branches[::2]:
        _need_bool(when, "WHEN")
    results = [*branches[1::2], *([] if default is None else [default])]
    _need_same(results)
    _need_scalar(results[0])
    args = (*branches, default) if default is not None else tuple(branches)
    return Term("case", _joined(results), args)


def call(name: str, args: Sequence[Term]) -> Term:
    """One of the functions."""
    return _CALLS[name](name, tuple(args))


def _coalesce(name: str, args: tuple[Term, ...]) -> Term:
    _need_count(name, args, 2, None)
    _need_same(args)
    _need_scalar(args[0])
    return Term(name, _joined(args), args)


def _extreme(name: str, args: tuple[Term, ...]) -> Term:
    _need_count(name, args, 2, None)
    _need_same(args)
    if args[0].kind not in ORDERED:
        raise KindError(f"{name} needs values with an order; this is {words(args[0])}")
    return Term(name, _joined(args), args)


def _abs(name: str, args: tuple[Term, ...]) -> Term:
    _need_count(name, args, 1, 1)
    if args[0].kind not in NUMBERS:
        raise KindError(f"{name} needs a number; this is {words(args[0])}")
    return Term(name, args[0].kind, args)


def _lower(name: str, args: tuple[Term, ...]) -> Term:
    _need_count(name, args, 1, 1)
    if args[0].kind != "text":
        raise KindError(f"{name} needs a text; this is {words(args[0])}")
    return Term(name, "text", args)


def _contains(name: str, args: tuple[Term, ...]) -> Term:
    _need_count(name, args, 2, 2)
    where, what = args
    if where.kind not in ("text", "list") or what.kind != "text":
        raise KindError(
            "contains(where, what) looks for a text in a text or a list, "
            f"not for {words(what)} in {words(where)}"
        )
    return Term("has" if where.kind == "list" else name, "bool", args)


def _wd(name: str, args: tuple[Term, ...]) -> Term:
    _need_count(name, args, 2, 2)
    for arg in args:
        if not has_ordinal(arg):
            raise KindError(
                "wd(a, b) counts the working days from a to b; each is a date or instant column, :today, "
                f":now, or a choice of those (coalesce, least, greatest). This is {words(arg)}"
            )
    return Term(name, "int", args)


def has_ordinal(term: Term) -> bool:
    """True where a term has a working-day number: see `_wd`."""
    if term.kind not in ("date", "instant"):
        return False
    if term.op == "param":
        return term.name in ("today", "now")
    return term.op == "column" or (
        term.op in ("measure", "coalesce", "least", "greatest") and all(has_ordinal(arg) for arg in term.args)
    )


def _days(name: str, args: tuple[Term, ...]) -> Term:
    _need_count(name, args, 2, 2)
    for arg in args:
        if arg.kind not in ("date", "instant"):
            raise KindError(f"days(a, b) counts the days from a to b; this is {words(arg)}")
    return Term(name, "int", args)


def _hours(name: str, args: tuple[Term, ...]) -> Term:
    _need_count(name, args, 2, 2)
    for arg in args:
        if arg.kind != "instant":
            raise KindError(f"hours(a, b) counts the hours between two instants; this is {words(arg)}")
    return Term(name, "real", args)


_CALLS: Mapping[str, Callable[[str, tuple[Term, ...]], Term]] = {
    "coalesce": _coalesce,
    "least": _extreme,
    "greatest": _extreme,
    "abs": _abs,
    "lower": _lower,
    "contains": _contains,
    "wd": _wd,
    "days": _days,
    "hours": _hours,
}


def _need_count(name: str, args: Sequence[Term], low: int, high: int | None) -> None:
    if len(args) < low or (high is not None and len(args) > high):
        wanted = f"{low}" if high == low else f"{low} or more"
        raise KindError(f"{name} takes {wanted} value{'s' if wanted != '1' else ''}, not {len(args)}")


def _need_bool(term: Term, what: str) -> None:
    if term.kind != "bool":
        raise KindError(f"{what} needs yes/no values; this is {words(term)}")


def _need_scalar(term: Term) -> None:
    if term.kind in ("list", "object"):
        raise KindError(
            f"this is {words(term)}; contains(list, 'text') and IS NULL are what can be asked of it"
        )


def _need_same(terms: Sequence[Term]) -> None:
    first = terms[0]
    for other in terms[1:]:
        if not same_kind(first.kind, other.kind):
            raise KindError(f"{words(first)} and {words(other)} do not compare")


def _joined(terms: Sequence[Term]) -> Kind:
    """The kind of a choice among terms: a whole number beside a real one is real."""
    return "real" if any(term.kind == "real" for term in terms) else terms[0].kind
