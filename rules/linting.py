"""Says which rules are slow or unsafe to roll out, and why: `dovetail rules lint`.

The loader refuses what cannot be read; this refuses what can be read and should not be run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence

import msgspec

from portfolio.errors import RuleError
from portfolio.views import VIEWS
from rules.compiler import CompiledRule, compile_rule
from rules.explain import compile_terms
from rules.lint_logic import never_reached, never_true
from rules.lint_values import UNFILLED
from rules.rule import Rule
from rules.terms import Condition, Term
from rules.testing import clock, complete_row, create_rows, run_test

MAX_EVIDENCE = 10
# Lists whose length is bounded where they are made (docs/schedule-checks.md).
BOUNDED_LISTS = frozenset({"members"})
# Of SQLite's virtual machine for one row. A rule of 480 steps took 3.5 seconds over a million items
# (2026-11-29); the dearest built-in rule takes 171.
MAX_STEPS = 1000
_SAMPLE = 50
_OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}

# Rows of these views stay for ever, done or not: a rule that does not ask speaks of what nobody can change.
_GUARDS = {
    "item": ("is_done", "is_removed", "state"),
    "risk": ("is_done", "is_removed", "state"),
    "dependency": ("predecessor_is_done", "successor_is_done", "successor_state", "predecessor_is_removed"),
    "schedule": ("is_active",),
    "schedule_check": ("is_assessable",),
    "iteration": ("state",),
    "release": ("is_released",),
    "twin": ("is_confirmed",),
}


class Complaint(msgspec.Struct, frozen=True):
    """One reason to refuse a rule: which check, what is wrong, what to do."""

    rule: str
    check: str
    problem: str
    hint: str
    file: str
    line: int


def lint(rule: Rule, plan: Callable[[CompiledRule], Sequence[str]] | None = None) -> list[Complaint]:
    """Everything that speaks against a rule.

    Args:
        rule: with its tests.
        plan: the steps in which SQLite answers a compiled rule, `Store.plan_of`; None leaves that check out.
    """
    try:
        compiled = compile_rule(rule, "sqlite")
        compile_rule(rule, "postgresql")
    except RuleError as error:
        return [Complaint(rule.id, "size", error.message, error.hint, rule.file, rule.line)]
    checks = (_tests, _boundaries, _guards, _logic, _unfilled, _evidence, _fingerprint)
    found = [one for check in checks for one in check(rule)]
    found += _cost(rule)
    if plan is not None:
        found += _plan(plan(compiled))
    return [Complaint(rule.id, check, text, hint, rule.file, rule.line) for check, text, hint in found]


Found = Iterator[tuple[str, str, str]]


def _tests(rule: Rule) -> Found:
    if not rule.tests:
        yield "tests", "it has no tests", "`dovetail rules new` shows what tests look like."
        return
    for test in rule.tests:
        for problem in run_test(rule, test).problems:
            yield "tests", f"the test «{test.name}» fails: {problem}", "`dovetail rules test` shows all."
    if not any(test.expect for test in rule.tests):
        yield "tests", "no test expects a finding", "Add a row that must be found."
    if not any(len(test.expect) < len(test.given) for test in rule.tests):
        yield "tests", "no test has a row that is no finding", "Add a row that must be left alone."


def _boundaries(rule: Rule) -> Found:
    """A limit without a test on each side of it is a limit that nobody has thought about."""
    if not rule.tests or any(not run_test(rule, test).passed for test in rule.tests):
        return
    for what, changed in _shifted(rule):
        if all(run_test(changed, test).passed for test in rule.tests):
            hint = "Add a test with one row at the limit and one just past it."
            yield "boundary", f"no test stands at the limit of {what}", hint


def _shifted(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The rule with one comparison with a limit moved from «less» to «less or equal», or the like."""
    for term in _limits(rule.flag.term):
        flag = Condition(rule.flag.text, _put(rule.flag.term, term))
        yield f"flag, `{_said(term)}`", msgspec.structs.replace(rule, flag=flag)
    for number, step in enumerate(rule.steps):
        for term in _limits(step.condition.term):
            changed = Condition(step.condition.text, _put(step.condition.term, term))
            steps = list(rule.steps)
            steps[number] = msgspec.structs.replace(step, condition=changed)
            yield f"severity_by {step.severity}, `{_said(term)}`", msgspec.structs.replace(rule, steps=steps)
    if rule.where:
        for term in _limits(rule.where.term):
            where = Condition(rule.where.text, _put(rule.where.term, term))
            yield f"where, `{_said(term)}`", msgspec.structs.replace(rule, where=where)


def _limits(term: Term) -> Iterator[Term]:
    """Comparisons of a measured value with a parameter or a number."""
    if term.op in _OTHER and any(_is_limit(arg) for arg in term.args):
        yield term
    if term.op != "measure":
        for arg in term.args:
            yield from _limits(arg)


def _is_limit(term: Term) -> bool:
    return term.op == "number" or (term.op == "param" and term.name not in ("today", "now"))


def _said(term: Term) -> str:
    return f" {term.op} ".join(f":{arg.name}" if arg.op == "param" else _word(arg) for arg in term.args)


def _word(term: Term) -> str:
    return term.name or (str(term.value) if term.value is not None else f"{term.op}(…)")


def _put(term: Term, changed: Term) -> Term:
    if term is changed:
        return msgspec.structs.replace(term, op=_OTHER[term.op])
    return msgspec.structs.replace(term, args=tuple(_put(arg, changed) for arg in term.args))


def _guards(rule: Rule) -> Found:
    wanted = _GUARDS.get(rule.over, ())
    if wanted and not _columns(rule) & set(wanted):
        text = f"it does not ask whether a row is still of interest: none of {', '.join(wanted)} stands in it"
        negation = "" if wanted[0] in ("is_active", "is_assessable", "is_confirmed", "state") else "NOT "
        yield "guard", text, f"Add `{negation}{wanted[0]}` to where."


def _logic(rule: Rule) -> Found:
    for problem in never_true(rule):
        yield "never true", problem, "Correct the condition; it would be silent for ever."
    for problem in never_reached(rule):
        yield "never reached", problem, "Put the step with the farther limit first."


def _unfilled(rule: Rule) -> Found:
    # The built-in ones wait for their data in docs/rules/not-yet.md.
    empty = sorted(_columns(rule) & UNFILLED.get(rule.over, frozenset())) if not rule.is_built_in else []
    if empty:
        text = f"nothing fills {', '.join(f'`{name}`' for name in empty)} of {rule.over} yet"
        yield "no data", text, "It would be silent for ever, which looks like a clean portfolio."


def _evidence(rule: Rule) -> Found:
    if len(rule.evidence) > MAX_EVIDENCE:
        text = f"{len(rule.evidence)} columns of evidence"
        yield "evidence", text, f"Show what somebody needs to act, {MAX_EVIDENCE} columns at most."
    for name in rule.evidence:
        column = rule.view.column(name)
        if column is not None and column.type in ("list", "object") and name not in BOUNDED_LISTS:
            text = f"the evidence `{name}` is a list of any length, and it would stand in a comment"
            yield "evidence", text, "Leave it out; readers find it on the item."


def _fingerprint(rule: Rule) -> Found:
    """A null in it is an error, and then the whole rule is broken for that run."""
    from store.views import never_null

    asked = {name for one in (rule.where, rule.flag) if one for name in _not_null(one.term)}
    for name in rule.fingerprint:
        column = VIEWS[rule.over].column(name)
        if column is not None and not never_null(rule.view, column) and name not in asked:
            text = f"`{name}` in the fingerprint may be unknown, which breaks the rule for the whole run"
            yield "fingerprint", text, f"Add `{name} IS NOT NULL` to where."


def _not_null(term: Term) -> Iterator[str]:
    if term.op == "and":
        for arg in term.args:
            yield from _not_null(arg)
    elif term.op == "not" and term.args[0].op == "is null":
        yield term.args[0].args[0].name


def _cost(rule: Rule) -> Found:
    steps = steps_per_row(rule)
    if steps > MAX_STEPS:
        text = f"{steps:,.0f} steps of the database for each row; {MAX_STEPS} is the limit"
        yield "slow", text, f"Simplify it, or split it into two rules; {rule.over} may have a million rows."


def steps_per_row(rule: Rule) -> float:
    """How much work SQLite has with one row: a count, not a time, so it is the same everywhere.

    Every condition is counted, as if each row were found.
    """
    terms = compile_terms(rule, "sqlite")
    day, now = clock(rule.tests[0].today if rule.tests else None)
    given = [row for test in rule.tests for row in test.given] or [{}]
    rows = [complete_row(rule.view, given[n % len(given)], day) for n in range(_SAMPLE)]
    selected = ", ".join(terms.columns.values())
    connection = sqlite3.connect(":memory:")
    try:
        create_rows(connection, terms.view, rows)
        count = 0

        def step() -> int:
            nonlocal count
            count += 1
            return 0

        connection.set_progress_handler(step, 10)
        query = f"SELECT {selected} FROM rule_{terms.view}"  # noqa: S608 - the compiler's text
        for _ in connection.execute(query, terms.bind(day, now)):
            pass
    finally:
        connection.close()
    return count * 10 / _SAMPLE


def _plan(steps: Sequence[str]) -> Found:
    """A table that is read as a whole for each row of another takes hours where each has a million rows."""
    scans = [step for step in steps if step.startswith("SCAN ") and "VIRTUAL TABLE" not in step]
    repeated = [step for step in steps if step.startswith("| SCAN ") and "VIRTUAL TABLE" not in step]
    if repeated or len(scans) > 1:
        text = "the database would read a whole table again for each row"
        yield (
            "slow",
            text,
            "Leave out the columns that count other rows; a column of another view may have it.",
        )


def _columns(rule: Rule) -> set[str]:
    conditions = [rule.where, rule.flag, *rule.measures.values()]
    return {name for one in conditions if one for name in one.names("column")}
