"""Hostile expressions: none reaches a database, and each is refused with a place inside the text."""
# ruff: noqa: E501 - a table of cases reads best with one case on one line

from __future__ import annotations

import itertools
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.views import VIEWS
from rules import compile_rule
from rules.checking import rule_scope
from rules.dialects import writer
from rules.grammar import FUNCTIONS, condition, value
from rules.lexer import KEYWORDS, ExpressionError
from rules.loading import parse_rules

SCOPE = rule_scope(VIEWS["item"], {"limit": 5, "names": ["a"]}, {})

STATEMENTS = [
    "DROP TABLE tracker_item", "DELETE FROM tracker_item", "UPDATE tracker_item SET title = 'x'",
    "INSERT INTO engine_write VALUES (1)", "ATTACH DATABASE 'x' AS y", "PRAGMA writable_schema = 1", "VACUUM",
    "CREATE TABLE x (y)", "ALTER TABLE x ADD y", "COPY x TO PROGRAM 'id'", "SET ROLE postgres", "COMMIT", "BEGIN",
    "TRUNCATE engine_finding", "GRANT ALL ON x TO y", "DO $$ BEGIN END $$", "CALL x()", "EXPLAIN SELECT 1", "LOAD x",
    "LISTEN x", "NOTIFY x", "REINDEX", "ANALYZE", "DETACH x", "MERGE INTO x USING y", "EXECUTE x", "SELECT 1",
]  # fmt: skip
QUERIES = [
    "SELECT 1", "SELECT token FROM tracker_identity", "VALUES (1)", "TABLE tracker_item",
    "WITH x AS (SELECT 1) SELECT * FROM x", "SELECT 1 UNION SELECT 2",
]  # fmt: skip
CALLS = [
    "load_extension('x')", "pg_read_file('/etc/passwd')", "pg_sleep(10)", "randomblob(1000000000)", "zeroblob(9)",
    "readfile('x')", "writefile('x', 'y')", "current_setting('x')", "set_config('a', 'b', true)", "dblink('x', 'y')",
    "lo_import('x')", "query_to_xml('select 1', true, true, '')", "version()", "sqlite_version()", "random()",
    "now()", "current_user()", "substr(title, 1, 1)", "upper(title)", "length(title)", "replace(title, 'a', 'b')",
    "printf('%s', title)", "hex(title)", "json_extract(labels, '$')", "date(due)", "julianday(due)", "strftime('%s', due)",
    "extract(year from due)", "to_char(due, 'x')", "count(*)", "sum(points)", "max(points)", "row_number() over ()",
    "ifnull(due, start)", "iif(is_done, 1, 2)", "nullif(points, 0)", "round(points)", "concat(title, key)",
    "trim(both 'x' from title)", "position('a' in title)", "overlay(title placing 'x' from 1)", "try_cast(1 as text)",
    "cast(due as text)", "convert(due, text)", "unistr('x')", "char(65)", "chr(65)", "ascii(title)", "md5(title)",
    "likelihood(is_done, 0.5)", "glob('x', title)", "like('x', title)", "match(title, 'x')", "regexp('x', title)",
    "tracker.item(1)", '"lower"(title)', "pg_catalog.lower(title)", "generate_series(1, 100000000)", "'x'(1)", "1(2)", ":limit(1)", "any(points)",
]  # fmt: skip
OPERATORS = [
    "title || key = 'x'", "points % 2 = 0", "depth << 2 = 4", "depth >> 2 = 4", "depth & 1 = 1", "depth | 1 = 1",
    "~depth = 1", "depth # 1 = 1", "depth ^ 2 = 4", "points ** 2 = 4", "title ~ 'x'", "title !~ 'x'", "title ~* 'x'",
    "title LIKE 'x%'", "title NOT LIKE 'x'", "title ILIKE 'x'", "title GLOB 'x*'", "title REGEXP 'x'",
    "title RLIKE 'x'", "title SIMILAR TO 'x'", "title MATCH 'x'", "title LIKE 'x' ESCAPE '!'", "labels -> 'x' = 'y'",
    "labels ->> 0 = 'y'", "labels #> 'x' = 'y'", "labels @> 'x'", "labels <@ 'x'", "labels ? 'x'", "labels[0] = 'x'",
    "due::text = 'x'", "due :: text = 'x'", "title COLLATE nocase = 'x'", "title COLLATE \"C\" = 'x'",
    "is_done IS TRUE", "is_done IS NOT FALSE", "due IS DISTINCT FROM start", "due IS NOT DISTINCT FROM start",
    "due ISNULL", "due NOTNULL", "is_done == TRUE", "depth != 1", "depth <=> 1", "depth ^= 1", "depth := 1",
    "depth = ANY (1)", "depth = ALL (1)", "depth = SOME (1)", "depth BETWEEN SYMMETRIC 1 AND 2",
    "depth BETWEEN ASYMMETRIC 1 AND 2", "depth IN depth", "depth IN ()", "depth NOT IN ()", "depth IN (1,)",
    "due AT TIME ZONE 'UTC' = due", "due = DATE '2026-01-01'", "due = date('now')", "due = TIMESTAMP '2026-01-01'",
    "due + INTERVAL '1 day' = due", "due + INTERVAL 1 DAY > due", "(start, due) OVERLAPS (start, due)",
    "(depth, sort) = (1, 2)", "ROW(1, 2) = ROW(1, 2)", "ARRAY[1] = ARRAY[1]", "[1] = [1]", "{'a': 1} = 1",
    "x -> x + 1", "depth DIV 2 = 1", "depth MOD 2 = 1", "is_done XOR is_leaf", "is_done && is_leaf", "!is_done",
    "is_done AND NOT", "EXISTS (depth)", "CASE", "CASE WHEN is_done END", "CASE is_done END", "* = 1", "item.* = 1",
    "COUNT(*) OVER () > 1", "depth = 1 LIMIT 1", "depth = 1 ORDER BY depth", "depth = 1 GROUP BY depth",
    "is_done AS x", "is_done x", "is_done, is_leaf", "(is_done, is_leaf)", "()", "(", ")", "((is_done)", "(is_done))",
    "TRUE FALSE", "is_done is_leaf", "NULL", "NOT NULL", "due = NULL", "due IN (NULL)", "coalesce(due, NULL) = due",
    "DEFAULT", "is_done AND DEFAULT", "depth = -- 1", "depth = 1 --", "/* x */ is_done", "is_done /*", "is_done */",
    "/*+ hint */ is_done", "is_done # x", "is_done //", "is_done -- AND", "\\x", "is_done\x00", "is_done\x0b",
    "is_done;", "; is_done", "is_done; is_done", ";", ",", ".", "'", '"', "`", "''", ":", "::", ":limit", "?", "?1",
    "@x = 1", "@@version = 1", "$1 = 1", "$x = 1", "%s = 1", "%(x)s = 1", "{depth} = 1", "{{depth}} = 1", "${x} = 1",
    ": limit = 1", ":limit: = 1", ":1 = 1", ":unknown = 1", ":item_id = 'x'", "depth = :names", ":lit_1 = 1",
    "depth IN (:names, 1)", "depth IN (:limit, :names)", "lower(:names) = 'a'", "depth IN (:names)",
]  # fmt: skip
NAMES = [
    '"is_done"', "`is_done`", "[is_done]", "item.is_done", "main.item.is_done", "public.item.is_done", "tracker_item",
    "rowid = 1", "oid = 1", "_rowid_ = 1", "ctid = 1", "xmin = 1", "sqlite_master", "pg_user", "information_schema",
    "due_ord = 1", "today_ord = 1", "calendar_id = 'x'", "effective_due_ord > today_ord", "current_user = 'x'",
    "current_date = due", "current_timestamp = created_at", "session_user = 'x'", "user = 'x'", "excluded = 1", "f0 = 1",
    "x0 = 1", "x1", "f1(1)", "isdone", "is_done_", "İs_done", "is_dоne", "is＿done", "ｉs_done", "is_done\u200b", "true1",
]  # fmt: skip
LITERALS = [
    "title = 'x' 'y'", "title = 'x''", "title = ''x'", "title = 'a\nb'", "title = 'a\x00b'", "title = N'x'", "title = E'x'",
    "title = U&'x'", "title = x'41'", "title = b'1'", "title = r'x'", "title = $$x$$", "title = $a$x$a$", 'title = "x"',
    "title = 'x\\'; --'", "title = q'[x]'", "depth = 0x10", "depth = 1e5", "depth = 1e999", "depth = 1_000", "depth = 1.",
    "depth = .5", "depth = 1.5.2", "depth = 5L", "depth = 5.0f", "depth = 1234567890123456", "depth = 1.1234567890",
    "depth = Infinity", "depth = NaN", "depth = ٣", "depth = ५", "depth = １", "depth = +1", "depth = 1 2", "depth = - - 1",
    "depth = --1", "depth = 1-- 2", "NOT NOT is_done", "is_done = NOT is_leaf", "depth = NOT 1", "- NOT is_done = 1",
]  # fmt: skip

FAMILIES = [
    *STATEMENTS, *OPERATORS, *NAMES, *LITERALS, *QUERIES, *CALLS,
    *(f"is_done; {statement}" for statement in STATEMENTS),
    *(f"is_done) ; {statement} --" for statement in STATEMENTS),
    *(f"title = 'x' {statement}" for statement in STATEMENTS),
    *(f"title = 'x''; {statement}; --" for statement in STATEMENTS),
    *(f"({query})" for query in QUERIES), *(f"depth IN ({query})" for query in QUERIES),
    *(f"depth = ({query})" for query in QUERIES), *(f"EXISTS ({query})" for query in QUERIES),
    *(f"is_done UNION {query}" for query in QUERIES), *(f"coalesce(depth, ({query})) = 1" for query in QUERIES),
    *(f"CASE WHEN ({query}) = 1 THEN is_done END" for query in QUERIES),
    *(f"{call} = 'x'" for call in CALLS), *(f"depth > {call}" for call in CALLS),
    *(f"is_done AND {call} IS NULL" for call in CALLS), *(f"lower({call}) = 'x'" for call in CALLS),
]  # fmt: skip


def test_the_corpus_is_large() -> None:
    assert len(set(FAMILIES)) >= 500


@pytest.mark.parametrize("text", sorted(set(FAMILIES)), ids=ascii)
def test_a_hostile_expression_is_refused_with_a_reason_and_a_place(text: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        condition(text, SCOPE)
    assert refusal.value.reason
    assert 0 <= refusal.value.position <= len(text)
    assert "Traceback" not in refusal.value.describe(text)


def test_wrapping_a_hostile_expression_in_a_good_one_does_not_help() -> None:
    wrappers = [
        "is_done AND ({})",
        "NOT ({})",
        "({}) OR is_done",
        "CASE WHEN {} THEN is_done ELSE is_leaf END",
    ]
    tried = 0
    for text, wrapper in itertools.product(FAMILIES, wrappers):
        # These become complete expressions, or a column inside CASE, only by what stands around them.
        if text in ("NULL", "NOT NULL", "is_done AND NOT") or text.endswith("NOT"):
            continue
        tried += 1
        with pytest.raises(ExpressionError):
            condition(wrapper.format(text), SCOPE)
    assert tried > 2000


def test_a_second_statement_in_each_place_of_a_rule_is_refused() -> None:
    good = {"where": "is_leaf", "flag": "is_done", "measure": "depth", "if": "is_done"}
    for place in good:
        texts = {**good, place: "is_done; DROP TABLE tracker_item"}
        found = parse_rules(
            f"""
- id: x
  title: t
  why: w
  over: item
  where: "{texts["where"]}"
  measure: {{m: "{texts["measure"]}"}}
  flag: "{texts["flag"]}"
  severity: high
  severity_by: [{{if: "{texts["if"]}", then: low}}]
  fingerprint: [item_id]
  evidence: [due]
  message: m
  action: a
""",
            file="x.yaml",
            group="x",
        )
        assert not found.rules
        assert len(found.problems) == 1
        assert (
            "a second statement is not read, at character 8 («; DROP TABLE tracker_ite»)"
            in found.problems[0].text
        )


WORDS = st.sampled_from(
    [*VIEWS["item"].names[:60], *KEYWORDS, *FUNCTIONS, ":limit", ":today", ":now", ":names", "1", "2.5", "'x'", "(", ")", ",",
     "=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", ";", "--", "select", "from", "||", ".", '"', "like", "cast"]
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=14))
def test_any_words_in_any_order_are_refused_or_compile_to_sql_that_runs(words: list[str]) -> None:
    _refused_or_runs(" ".join(words))


@settings(max_examples=600, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_refused_or_compiles_to_sql_that_runs(text: str) -> None:
    _refused_or_runs(text)


def _refused_or_runs(text: str) -> None:
    try:
        term = value(text, SCOPE)
    except ExpressionError:
        return
    out = writer("sqlite", {"limit": 5, "names": ["a"]})
    sql = out.write(term)
    assert ";" not in sql
    assert "--" not in sql
    columns = [f"`{c.name}`" for c in VIEWS["item"].columns] + ["`today_ord`"]
    columns += [f"`{c.name}_ord`" for c in VIEWS["item"].columns if c.has_ordinal]
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t ({', '.join(columns)})")
    bound = {**out.parameters, "today": "2026-11-24", "now": "2026-11-24T12:00:00.000Z"}
    connection.execute(f"SELECT {sql} FROM t", bound)
    connection.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("is_dne", "the view item has no column `is_dne`; did you mean `is_done`?, at character 1 («is_dne»)"),
        ("is_done AND due_dat < :today", "the view item has no column `due_dat`; did you mean `due`?, at character 13 («due_dat < :today»)"),
        ("depth > :limt", "there is no parameter `:limt`; did you mean `:limit`?, at character 9 («:limt»)"),
        ("hour(created_at, :now) > 1", "there is no function `hour`; did you mean `hours`?, at character 1 («hour(created_at, :now) >»)"),
        ("title LIKE 'x'", "patterns are not read; use contains(column, 'text'), at character 7 («LIKE 'x'»)"),
        ("depth IN (SELECT 1)", "a sub-query is not read: a rule is one condition over one view, at character 11 («SELECT 1)»)"),
        ('"due" < :today', "a quoted name is not read; write the column's name without quotes, at character 1 («\"due\" < :today»)"),
        ("item.due < :today", "a qualified name is not read; write the column's name alone, and 0.5 with its zero, at character 5 («.due < :today»)"),
        ("is_done -- x", "a comment is not read here; YAML comments (#) are, at character 9 («-- x»)"),
        ("is_done is_leaf", "two values stand side by side with no operator between them, at character 1 («is_done is_leaf»)"),
        ("is_done AND", "this is not a complete expression, at character 9 («AND»)"),
        ("due = NULL", "NULL stands only in IS NULL and IS NOT NULL, at character 1 («due = NULL»)"),
        ("is_done IS TRUE", "IS is followed by NULL or NOT NULL; for a yes/no column write its name, at character 1 («is_done IS TRUE»)"),
        ("depth = :names", ":names is a list; it stands alone in IN (:names), at character 9 («:names»)"),
        ("", "the expression is empty, at character 1 (the end)"),
        ("  ", "the expression is empty, at character 1 (the end)"),
        ("IS", "IS does not stand here, at character 1 («IS»)"),
        ("depth = 1 and é", "the character '\\xe9' is not read, at character 15 («é»)"),
        ("depth IN depth", "In is not part of the rule language, at character 1 («depth IN depth»)"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_where_and_what_instead(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        condition(text, SCOPE)
    assert refusal.value.describe(text) == message


def test_length_words_and_depth_are_bounded_at_their_limits() -> None:
    condition("is_done" + " " * 1993, SCOPE)
    for text in ("is_done" + " " * 1994, "(" * 17 + "is_done" + ")" * 17, "CASE WHEN " * 17 + "is_done"):
        with pytest.raises(ExpressionError):
            condition(text, SCOPE)
    condition("(" * 16 + "is_done" + ")" * 16, SCOPE)
    condition("lower(" * 15 + "title" + ")" * 15 + " = 'x'", SCOPE)
    condition(" OR ".join(["is_leaf"] * 125), SCOPE)
    with pytest.raises(ExpressionError, match="at most 250 words"):
        condition(" OR ".join(["is_leaf"] * 126), SCOPE)


def test_a_long_chain_of_sums_is_refused_and_a_long_chain_of_ands_is_not() -> None:
    condition(" + ".join(["depth"] * 60) + " > 1", SCOPE)
    with pytest.raises(ExpressionError, match="more than 64 operations inside one another"):
        condition(" + ".join(["depth"] * 70) + " > 1", SCOPE)


def test_measures_of_measures_cannot_explode() -> None:
    lines = ["m1: depth + depth"] + [f"m{n}: m{n - 1} + m{n - 1}" for n in range(2, 40)]
    found = parse_rules(_rule("m39 > 1", lines), file="x.yaml", group="x")
    assert not found.rules
    assert any("more than 2000 operations, those of its measures included" in p.text for p in found.problems)


def test_sql_that_would_grow_beyond_bounds_is_refused_by_the_database_that_needs_it() -> None:
    nested = "due"
    for _ in range(12):
        nested = f"least({nested}, start)"
    for flag in (f"{nested} > :today", f"wd({nested}, :today) > 1"):
        rule = parse_rules(_rule(flag, []), file="x.yaml", group="x").rules[0]
        assert len(compile_rule(rule, "sqlite").where) < 500
        with pytest.raises(Exception, match="becomes too large; split it"):
            compile_rule(rule, "postgresql")


def _rule(flag: str, measures: list[str]) -> str:
    block = "".join(f"\n    {line}" for line in measures) or " {}"
    return f"""
- id: x
  title: t
  why: w
  over: item
  measure:{block}
  flag: {flag}
  severity: high
  fingerprint: [item_id]
  evidence: [due]
  message: m
  action: a
"""
