"""Loads rule files: every problem of every file at once, each with its line and the nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from portfolio.errors import ConfigError
from rules.checking import build_rule
from rules.complaints import note_problems
from rules.rule import Rule
from rules.spelling import nearest
from rules.yaml_text import Problem, read_yaml

CATALOGUE = Path(__file__).parent / "catalogue"
# In the catalogue the tests are the last key of a rule. They are most of its text and of the time to read it
# (0.9 s of processor time with them, 0.3 s without), and only the verbs about rules ask for them.
_TESTS = re.compile(r"^  tests:\n(?:    .*\n|\n)*", re.MULTILINE)

# The order of the docs and of `rules list`.
GROUPS: tuple[str, ...] = (
    "schedule-slip", "schedule-quality", "risk", "ownership", "dependency", "governance", "data-quality",
    "delivery",
)  # fmt: skip


class RuleSet(msgspec.Struct, frozen=True):
    """The rules that can be used, and what is wrong with the others."""

    rules: Sequence[Rule]
    problems: Sequence[Problem]


def load_catalogue(paths: Sequence[Path] = (), *, with_tests: bool = True) -> list[Rule]:
    """The built-in rules and those of the user's files.

    Args:
        paths: rule files of the user, which are always read whole.
        with_tests: False leaves out the tests of the built-in rules.

    Raises:
        ConfigError: something is wrong with a file; `problems` lists everything that is.
    """
    found = read_rules(paths, with_tests=with_tests)
    if found.problems:
        raise ConfigError(
            f"{len(found.problems)} problem{'s' if len(found.problems) > 1 else ''} in the rule files.",
            problems=[str(problem) for problem in found.problems],
            hint="`dovetail rules lint` shows them again.",
        )
    return list(found.rules)


def read_rules(paths: Sequence[Path] = (), *, with_tests: bool = True) -> RuleSet:
    """The built-in rules and those of the user's files; a rule with a problem is left out and reported.

    Args:
        paths: rule files of the user, which are always read whole.
        with_tests: False leaves out the tests of the built-in rules.
    """
    built_in = sorted(CATALOGUE.glob("*.yaml"), key=lambda path: GROUPS.index(_group(path.stem)))
    texts: list[tuple[str, str, str, bool]] = []
    problems: list[Problem] = []
    for path in [*built_in, *paths]:
        is_built_in = path in built_in
        name = f"catalogue/{path.name}" if is_built_in else str(path)
        try:
            text = path.read_text(encoding="utf-8")
            if is_built_in and not with_tests:
                text = _TESTS.sub(lambda found: "\n" * found[0].count("\n"), text)
            texts.append((text, name, _group(path.stem), is_built_in))
        except (OSError, UnicodeDecodeError) as error:
            reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
            problems.append(Problem(name, 1, f"the file cannot be read: {reason}"))
    rules: list[Rule] = []
    for text, name, group, is_built_in in texts:
        found = parse_rules(text, file=name, group=group, is_built_in=is_built_in)
        rules += found.rules
        problems += found.problems
    return _joined(rules, problems)


def parse_rules(text: str, *, file: str, group: str, is_built_in: bool = False) -> RuleSet:
    """The rules of one file's text."""
    from pydantic import ValidationError

    from rules.file_model import RuleText

    document = read_yaml(text, file)
    if document.content is None:
        return RuleSet((), tuple(document.problems))
    if not isinstance(document.content, list):
        document.add((), "a rule file is a list: each rule starts with `- id:`")
        return RuleSet((), tuple(document.problems))
    broken = [problem.line for problem in document.problems]
    rules: list[Rule] = []
    for number, content in enumerate(document.content):
        before = len(document.problems)
        try:
            model = RuleText.model_validate(content)
        except ValidationError as error:
            note_problems(document, number, content, error.errors())
            continue
        rule = build_rule(model, document, (number,), group=group, is_built_in=is_built_in)
        first, after = document.line((number,)), document.lines.get((number + 1,), len(text))
        is_whole = not any(first <= line < after for line in broken)
        if rule is not None and is_whole and len(document.problems) == before:
            rules.append(rule)
    return RuleSet(tuple(rules), tuple(sorted(document.problems)))


def _group(stem: str) -> str:
    return stem.replace("_", "-").lower()


def _joined(rules: Sequence[Rule], problems: list[Problem]) -> RuleSet:
    """What only shows across files: an id twice, an inhibitor that does not exist or inhibits in a circle."""
    by_id: dict[str, Rule] = {}
    for rule in rules:
        if (first := by_id.setdefault(rule.id, rule)) is not rule:
            hint = "; a built-in rule is changed by rules.overrides" if first.is_built_in else ""
            text = f"rule {rule.id} stands in {first.file}:{first.line} already{hint}"
            problems.append(Problem(rule.file, rule.line, text))
    usable: list[Rule] = []
    for rule in by_id.values():
        unknown = [other for other in rule.inhibit_by if other not in by_id]
        problems += [
            Problem(
                rule.file, rule.line, f"rule {rule.id}, inhibit_by: no rule `{other}`{nearest(other, by_id)}"
            )
            for other in unknown
        ]
        circle = _is_in_circle(rule.id, by_id)
        if circle:
            problems.append(
                Problem(rule.file, rule.line, f"rule {rule.id} inhibits itself through inhibit_by")
            )
        if not unknown and not circle:
            usable.append(rule)
    return RuleSet(tuple(usable), tuple(sorted(problems)))


def _is_in_circle(start: str, by_id: Mapping[str, Rule]) -> bool:
    seen: set[str] = set()
    pending = list(by_id[start].inhibit_by)
    while pending:
        current = pending.pop()
        if current == start:
            return True
        if current not in seen and current in by_id:
            seen.add(current)
            pending += by_id[current].inhibit_by
    return False
