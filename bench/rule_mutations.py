"""Do the tests beside the rules notice when a rule is wrong? `python -m bench.rule_mutations [group …]`.

Each rule's conditions are changed in one place at a time, on the tree that the rule language itself parsed: a
comparison turned around or moved by one, AND for OR, a part or a NOT left out, a limit moved. A change that
no test of the rule notices has survived.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bench.equivalent_mutations import EQUIVALENT
from portfolio.errors import RuleError
from rules.compiler import CompiledRule, compile_rule
from rules.loading import GROUPS, load_catalogue
from rules.rule import Rule
from rules.terms import Condition, Term
from rules.testing import run_test
from rules.values import ParamValue

AIM = 0.95
_SWAPS: Mapping[str, tuple[str, ...]] = {
    "<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "=": ("<>",), "<>": ("=",),
    "and": ("or",), "or": ("and",), "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",),
    "least": ("greatest",), "greatest": ("least",),
}  # fmt: skip
# Yes or no by themselves: turned around as a whole.
_CLAIMS = frozenset({"in", "params", "between", "contains", "has", "is null"})
_TURNED = frozenset({"wd", "days", "hours"})
_DROPPED = frozenset({"and", "or", "coalesce"})


class Mutant(msgspec.Struct, frozen=True):
    """A rule with one change, and the words for it."""

    rule: Rule
    what: str


class Score(msgspec.Struct, frozen=True):
    """How many changes of a rule its tests noticed; `survived` names the others, equivalent ones apart."""

    rule: str
    group: str
    killed: int
    survived: tuple[str, ...]
    equivalent: tuple[str, ...]

    @property
    def share(self) -> float:
        """Noticed, of those that make a difference."""
        return self.killed / max(1, self.killed + len(self.survived))


def score(rule: Rule) -> Score:
    """Change a rule everywhere and run its tests each time."""
    killed = 0
    survived: list[str] = []
    equivalent: list[str] = []
    for mutant in mutants(rule):
        if any(not run_test(mutant.rule, test).passed for test in rule.tests):
            killed += 1
        elif (rule.id, mutant.what) in EQUIVALENT:
            equivalent.append(mutant.what)
        else:
            survived.append(mutant.what)
    return Score(rule.id, rule.group, killed, tuple(survived), tuple(equivalent))


def mutants(rule: Rule) -> Iterator[Mutant]:
    """Every changed form of a rule whose query differs from the rule's own and from those before it."""
    seen = {_text(compile_rule(rule, "sqlite"))}
    for what, changed in _changed_rules(rule):
        try:
            text = _text(compile_rule(changed, "sqlite"))
        except RuleError:
            continue
        if text not in seen:
            seen.add(text)
            yield Mutant(changed, what)


def _text(compiled: CompiledRule) -> str:
    return repr((compiled.where, sorted(compiled.columns.items()), sorted(compiled.parameters.items())))


def _changed_rules(rule: Rule) -> Iterator[tuple[str, Rule]]:
    if rule.where:
        for what, term in _changes(rule.where.term):
            yield f"where: {what}", msgspec.structs.replace(rule, where=Condition(rule.where.text, term))
    for what, term in _changes(rule.flag.term):
        yield f"flag: {what}", msgspec.structs.replace(rule, flag=Condition(rule.flag.text, term))
    for number, step in enumerate(rule.steps):
        for what, term in _changes(step.condition.term):
            changed = msgspec.structs.replace(step, condition=Condition(step.condition.text, term))
            steps = [*rule.steps[:number], changed, *rule.steps[number + 1 :]]
            yield f"severity_by {step.severity}: {what}", msgspec.structs.replace(rule, steps=steps)
    for name, measure in rule.measures.items():
        for what, term in _changes(measure.term):
            yield f"measure {name}: {what}", _with_measure(rule, name, term)
    for name, value in rule.params.items():
        for changed_value in _moved(value):
            params = {**rule.params, name: changed_value}
            yield f"{name}: {changed_value}", msgspec.structs.replace(rule, params=params)


def _changes(term: Term) -> Iterator[tuple[str, Term]]:
    """The term with one change in it; measures are changed where they stand."""
    yield from _changes_here(term)
    if term.op == "measure":
        return
    for number, arg in enumerate(term.args):
        for what, changed in _changes(arg):
            if term.op == "not" and changed == _not(arg):
                continue  # the NOT left out, once more
            args = (*term.args[:number], changed, *term.args[number + 1 :])
            yield what, msgspec.structs.replace(term, args=args)


def _changes_here(term: Term) -> Iterator[tuple[str, Term]]:
    shown = words(term)
    for other in _SWAPS.get(term.op, ()):
        yield f"{shown}: {other.upper()}", msgspec.structs.replace(term, op=other)
    if term.op in _DROPPED:
        for number, arg in enumerate(term.args):
            rest = (*term.args[:number], *term.args[number + 1 :])
            kept = rest[0] if len(rest) == 1 else msgspec.structs.replace(term, args=rest)
            yield f"{term.op.upper()} without {words(arg)}", kept
    if term.op in ("not", "minus", "abs"):
        yield f"{shown}: without {term.op.upper()}", term.args[0]
    if term.op in _CLAIMS or (term.op in ("column", "measure") and term.kind == "bool"):
        yield f"{shown}: NOT", _not(term)
    if term.op in _TURNED:
        yield f"{shown}: turned", msgspec.structs.replace(term, args=term.args[::-1])
    if term.op == "between":
        yield from _narrower(shown, term)
    if term.op == "number":
        for value in _moved(term.value):  # type: ignore[arg-type]
            yield f"{shown}: {value}", msgspec.structs.replace(term, value=value)


def _not(term: Term) -> Term:
    return Term("not", "bool", (term,))


def _narrower(shown: str, term: Term) -> Iterator[tuple[str, Term]]:
    """BETWEEN without one of its ends."""
    subject, low, high = term.args
    for lower, upper in ((">", "<="), (">=", "<")):
        ends = (Term(lower, "bool", (subject, low)), Term(upper, "bool", (subject, high)))
        yield f"{shown}: {lower} {upper}", Term("and", "bool", ends)


def _moved(value: ParamValue) -> list[ParamValue]:
    """A limit moved by one, a share by a hundredth; a list without each of its members."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, list | tuple):
        return [[*value[:n], *value[n + 1 :]] for n in range(len(value))] if len(value) > 1 else []
    if isinstance(value, float) or value == 0:
        small: list[ParamValue] = [round(value - 0.01, 4), round(value + 0.01, 4)]  # type: ignore[operator]
        return small if isinstance(value, float) else [-1, 1]
    return [value - 1, value + 1] if isinstance(value, int) else []


def _with_measure(rule: Rule, name: str, term: Term) -> Rule:
    """The rule with another meaning of one measure, wherever the measure is used."""

    def put(old: Term) -> Term:
        if old.op == "measure" and old.name == name:
            return msgspec.structs.replace(old, args=(term,), kind=term.kind)
        return msgspec.structs.replace(old, args=tuple(map(put, old.args)))

    def conditions(old: Condition) -> Condition:
        return Condition(old.text, put(old.term))

    measures = {one: conditions(measure) for one, measure in rule.measures.items()}
    measures[name] = Condition(rule.measures[name].text, term)
    steps = [msgspec.structs.replace(step, condition=conditions(step.condition)) for step in rule.steps]
    return msgspec.structs.replace(rule, measures=measures, flag=conditions(rule.flag), steps=steps)


def words(term: Term) -> str:
    """A term in short words, to name a change."""
    if term.op in ("column", "measure"):
        return term.name
    if term.op == "param":
        return f":{term.name}"
    if term.op == "params":
        return f"{words(term.args[0])} in :{term.name}"
    if term.op in ("text", "number", "bool"):
        return repr(term.value)
    if len(term.args) == 1:
        return f"{term.op} {words(term.args[0])}"
    if term.op.isalpha() and term.op not in ("and", "or"):
        return f"{term.op}({', '.join(map(words, term.args))})"
    return f"({f' {term.op} '.join(map(words, term.args))})"


def main(groups: Sequence[str] = GROUPS) -> None:
    """Print the score of each rule and group."""
    noticed: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for rule in load_catalogue():
        if rule.group not in groups:
            continue
        before = time.process_time()
        found = score(rule)
        noticed[rule.group] += found.killed
        missed[rule.group] += len(found.survived)
        spent = time.process_time() - before
        print(
            f"{rule.id}: {found.killed} noticed, {len(found.survived)} survived, "
            f"{len(found.equivalent)} equivalent, {spent:.1f} s"
        )
        for what in found.survived:
            print(f"  survived {what}")
    for group in groups:
        total = noticed[group] + missed[group]
        print(f"{group}: {noticed[group]} of {total}, {noticed[group] / max(1, total):.1%}")
    total = noticed.total() + missed.total()
    print(f"all: {noticed.total()} of {total}, {noticed.total() / max(1, total):.1%}")


if __name__ == "__main__":
    main(sys.argv[1:] or GROUPS)
