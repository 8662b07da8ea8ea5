"""Loads rule files: every problem of every file at once, each with its line and the nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from portfolio.errors import ConfigError
from rules.checking import build_rule
from rules.complaints import note_problems
from rules.packages import RulePackage
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
    """The rules that can be used, and what is wrong with the others.

    Attributes:
        rules: those without a problem.
        problems: everything that is wrong, each with its file and line.
        broken: the ids of rules that are left out, each with its first problem.
        unnamed: the problems of what is left out without its id being known, such as a whole file.
    """

    rules: Sequence[Rule]
    problems: Sequence[Problem]
    broken: Mapping[str, Problem] = {}
    unnamed: Sequence[Problem] = ()

    @property
    def reported(self) -> dict[str, str]:
        """One line for each rule that is left out, by its id, and for each place without one, by its file."""
        named = {name: f"rule {name} is left out: {problem}" for name, problem in self.broken.items()}
        return {**named, **{one.file: f"rules are left out: {one}" for one in self.unnamed}}


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


def read_rules(
    paths: Sequence[Path] = (), *, with_tests: bool = True, packages: Sequence[RulePackage] = ()
) -> RuleSet:
    """The built-in rules, those of packages and those of the user's files.

    A rule with a problem is left out and reported, and so is a package.

    Args:
        paths: rule files of the user, which are always read whole.
        with_tests: False leaves out the tests of the built-in rules.
        packages: `installed_packages()`, where those count.
    """
    sets = list(_built_in(with_tests=with_tests))
    for package in packages:
        if package.problem:
            sets.append(_nothing(Problem(f"package {package.shown}", 1, package.problem)))
        sets += [_read(path, f"{package.name}/{path.name}", package=package.shown) for path in package.files]
    return _joined([*sets, *(_read(path) for path in paths)])


@cache
def _built_in(*, with_tests: bool) -> Sequence[RuleSet]:
    """Read once: a command that checks its overrides needs them twice."""
    paths = sorted(CATALOGUE.glob("*.yaml"), key=lambda path: GROUPS.index(_group(path.stem)))
    return tuple(
        _read(path, f"catalogue/{path.name}", is_built_in=True, with_tests=with_tests) for path in paths
    )


def with_files(known: RuleSet, paths: Sequence[Path]) -> RuleSet:
    """A set with the rules of further files, which take the place of rules of users with the same ids."""
    read = [_read(path) for path in paths]
    ids = {rule.id for one in read for rule in one.rules} | {name for one in read for name in one.broken}
    kept = [rule for rule in known.rules if rule.is_built_in or rule.id not in ids]
    broken = {name: problem for name, problem in known.broken.items() if name not in ids}
    rest = RuleSet(kept, tuple(broken.values()), broken, known.unnamed)
    return _joined([rest, *read])


def _read(
    path: Path, name: str = "", *, is_built_in: bool = False, package: str = "", with_tests: bool = True
) -> RuleSet:
    name = name or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        return _nothing(Problem(name, 1, f"the file cannot be read: {reason}"))
    if is_built_in and not with_tests:
        text = _TESTS.sub(lambda found: "\n" * found[0].count("\n"), text)
    group = _group(path.stem)
    return parse_rules(text, file=name, group=group, is_built_in=is_built_in, package=package)


def parse_rules(text: str, *, file: str, group: str, is_built_in: bool = False, package: str = "") -> RuleSet:
    """The rules of one file's text."""
    from pydantic import ValidationError

    from rules.file_model import RuleText

    document = read_yaml(text, file)
    if document.content is None:
        return _nothing(*document.problems)
    if not isinstance(document.content, list):
        document.add((), "a rule file is a list: each rule starts with `- id:`")
        return _nothing(*document.problems)
    unread = list(document.problems)
    rules: list[Rule] = []
    broken: dict[str, Problem] = {}
    unnamed: list[Problem] = []
    for number, content in enumerate(document.content):
        before = len(document.problems)
        rule: Rule | None = None
        try:
            model = RuleText.model_validate(content)
        except ValidationError as error:
            note_problems(document, number, content, error.errors())
        else:
            rule = build_rule(
                model, document, (number,), group=group, is_built_in=is_built_in, package=package
            )
        first, after = document.line((number,)), document.lines.get((number + 1,), len(text))
        wrong = [problem for problem in unread if first <= problem.line < after]
        wrong += document.problems[before:]
        if rule is not None and not wrong:
            rules.append(rule)
            continue
        name = content.get("id") if isinstance(content, dict) else None
        if isinstance(name, str):
            broken.setdefault(name, wrong[0])
        else:
            unnamed.append(wrong[0])
    return RuleSet(tuple(rules), tuple(sorted(document.problems)), broken, unnamed)


def _nothing(*problems: Problem) -> RuleSet:
    return RuleSet((), tuple(sorted(problems)), unnamed=problems)


def _group(stem: str) -> str:
    return stem.replace("_", "-").lower()


def _joined(sets: Sequence[RuleSet]) -> RuleSet:
    """What only shows across files: an id twice, an inhibitor that does not exist or inhibits in a circle."""
    problems = [problem for one in sets for problem in one.problems]
    broken = {name: problem for one in sets for name, problem in one.broken.items()}
    unnamed = [problem for one in sets for problem in one.unnamed]
    by_id: dict[str, Rule] = {}
    for rule in (rule for one in sets for rule in one.rules):
        if (first := by_id.setdefault(rule.id, rule)) is not rule:
            hint = "; a built-in rule is changed by rules.overrides" if first.is_built_in else ""
            text = f"rule {rule.id} stands in {first.file}:{first.line} already{hint}"
            problems.append(Problem(rule.file, rule.line, text))
            unnamed.append(problems[-1])
    usable: list[Rule] = []
    for rule in by_id.values():
        wrong = [
            Problem(rule.file, rule.line, f"rule {rule.id}, inhibit_by: {_missing(other, by_id, broken)}")
            for other in rule.inhibit_by
            if other not in by_id
        ]
        if _is_in_circle(rule.id, by_id):
            wrong.append(Problem(rule.file, rule.line, f"rule {rule.id} inhibits itself through inhibit_by"))
        problems += wrong
        if wrong:
            broken[rule.id] = wrong[0]
        else:
            usable.append(rule)
    kept = {name: problem for name, problem in broken.items() if all(rule.id != name for rule in usable)}
    return RuleSet(tuple(usable), tuple(sorted(problems)), kept, tuple(unnamed))


def _missing(other: str, by_id: Mapping[str, Rule], broken: Mapping[str, Problem]) -> str:
    if other in broken:
        return f"the rule `{other}` is broken"
    return f"no rule `{other}`{nearest(other, by_id)}"


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
