"""A fuzz corpus against the gate: what is let through is a condition over allowed columns, and nothing else.

`DOVETAIL_SOAK=1` runs it for five minutes with new seeds and prints how many were tried.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_fuzz import PARAMETERS, SCOPE, Judge, corpus, parse_problems, run
from test_rule_injection import FAMILIES

from portfolio.views import VIEWS
from rules.compiler import CompiledRule, bind
from rules.dialects import writer
from rules.grammar import condition
from rules.lexer import ExpressionError
from rules.loading import load_catalogue, parse_rules
from rules.results import python_value
from rules.starter import starter
from rules.testing import DEFAULT_TODAY, Query, clock, complete_row, query_sqlite

RULE = load_catalogue(with_tests=False)[0]
ROW = {
    "key": "CHK-1", "title": "x", "labels": ["a"], "depth": 2, "points": 2.5, "is_leaf": True,
    "is_critical": False,    "due": date(2026, 11, 20), "effective_due": date(2026, 11, 26), "kind": "a",
    "created_at": datetime(2026, 11, 10, 23, 30, tzinfo=UTC),
}  # fmt: skip
SHORT = 2000
SOAK_SECONDS = 300


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    made = Judge(tmp_path_factory.mktemp("sentinels"))
    yield made
    made.close()


def test_of_thousands_of_expressions_none_gets_through_that_should_not(judge: Judge) -> None:
    counts = run(judge, islice(corpus(random.Random(20261129)), SHORT))
    assert counts["tried"] == SHORT
    # The judge is no judge where nothing comes before it.
    assert counts["accepted"] > 150
    assert counts["refused"] > 1000


@pytest.mark.skipif(os.environ.get("DOVETAIL_SOAK") != "1", reason="five minutes: DOVETAIL_SOAK=1")
def test_for_five_minutes_none_gets_through(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    end = time.monotonic() + float(os.environ.get("DOVETAIL_SOAK_SECONDS", SOAK_SECONDS))
    seed = random.SystemRandom().getrandbits(32)
    counts = run(judge, takewhile(lambda _: time.monotonic() < end, corpus(random.Random(seed))))
    with capsys.disabled():
        sys.stderr.write(f"\nseed {seed}: {dict(counts)}\n")
    assert counts["tried"] > 100_000


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.sampled_from(FAMILIES), st.text(max_size=10))
def test_what_stands_around_a_hostile_expression_does_not_help_it(
    judge: Judge, before: str, hostile: str, after: str
) -> None:
    found = judge.problems(before + hostile + after)
    assert not found


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("1 = 1; DROP TABLE secret", "2 statements"),
        ("(SELECT word FROM secret) = 'x'", "a table secret"),
        ("`word` = 1", "a column word"),
        ("`title` LIKE 'x%'", "a node Like"),
        ("`title` = 'written by a stranger'", "a text 'written by a stranger' that is not bound"),
        ("`depth` = :nobody", "a value nobody that nothing binds"),
        ("`is_done` UNION SELECT 1", "1 statements"),
    ],
)
def test_the_judge_sees_what_a_hole_in_the_gate_would_let_through(sql: str, complaint: str) -> None:
    assert complaint in parse_problems(sql, "sqlite", {})


@pytest.mark.parametrize(
    "sql",
    ["(SELECT word FROM secret) = 'x'", "load_extension('x')", "hex(`title`)", "`depth`", "random() > 0"],
)
def test_the_database_refuses_what_a_hole_in_the_gate_would_let_through(judge: Judge, sql: str) -> None:
    assert judge._run_problems(sql, {})


def test_what_gets_through_means_the_same_on_both_databases(query_postgresql: Query) -> None:
    """Some hundred conditions, in one query on each."""
    accepted: list[str] = []
    for text in corpus(random.Random(7)):
        try:
            condition(text, SCOPE)
        except ExpressionError:
            continue
        accepted.append(text)
        if len(accepted) == 150:
            break
    answers: dict[str, list[object]] = {}
    for dialect, query in (("sqlite", query_sqlite), ("postgresql", query_postgresql)):
        out = writer(dialect, PARAMETERS)  # type: ignore[arg-type]
        columns = {f"c{n}": out.write(condition(text, SCOPE).term) for n, text in enumerate(accepted)}
        compiled = CompiledRule(
            rule=RULE, dialect=dialect, view="item", columns=columns, where="1 = 1",  # type: ignore[arg-type]
            parameters=out.parameters, kinds={},
        )  # fmt: skip
        day, now = clock(DEFAULT_TODAY)
        rows = [complete_row(VIEWS["item"], ROW, day)]
        (row,) = query(compiled, rows, bind(dialect, compiled.parameters, day, now))  # type: ignore[arg-type]
        answers[dialect] = [python_value(row[f"c{n}"], "bool") for n in range(len(accepted))]
    assert answers["sqlite"] == answers["postgresql"]
    assert set(answers["sqlite"]) == {True, False, None}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_rule_file_that_was_damaged_anywhere_is_read_or_refused_in_words(data: st.DataObject) -> None:
    text = starter("mine", "item", "mine.yaml")
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 40))
    found = parse_rules(
        text[:at] + data.draw(st.text(max_size=20)) + text[at + cut :], file="mine.yaml", group="mine"
    )
    assert found.rules or found.problems or not found.broken
    assert all(problem.text and problem.line >= 1 for problem in found.problems)
