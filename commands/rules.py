"""`dovetail rules list|show|test`: the catalogue, one rule in full, and the tests that stand beside rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.group import Group
from commands.options import format_option
from commands.output import Format, Listing, emit, print_line, to_json
from commands.paragraphs import print_heading, print_pairs
from commands.session import Session, session_of
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from rules.loading import RuleSet
    from rules.rule import Override, Rule


@click.group(cls=Group)
def rules() -> None:
    """Show what is checked; write, test and try rules of your own.

    For list, show, test, new and lint no configuration is needed; where there is one, its own rules and
    overrides count.

    \b
      dovetail rules list
      dovetail rules show due-date-passed
      dovetail rules new late-epic --over item
      dovetail rules test rules/late-epic.yaml
      dovetail rules diff rules/late-epic.yaml
    """


@rules.command("list")
@format_option()
@session_of
def list_rules(session: Session, output_format: Format) -> int:
    """List the rules: what each looks for, how severe it is, whether it is switched off here.

    \b
      dovetail rules list
      dovetail rules list --format json
    """
    found, overrides = catalogue_of(session)
    rows = [
        {
            "id": rule.id,
            "group": rule.group,
            "severity": _severity(rule, overrides.get(rule.id)),
            "over": rule.over,
            "title": rule.title,
            "enabled": overrides[rule.id].is_enabled_anywhere if rule.id in overrides else True,
            "status": rule.status,
            "file": rule.file,
            "origin": rule.origin,
        }
        for rule in found.rules
    ]
    emit(
        Listing(
            rows=rows,
            columns=[
                Column(name="id", title="rule"),
                Column(name="severity"),
                Column(name="title", title="what it finds", wraps=True),
                Column(name="over", title="about", optional=2),
                Column(
                    name="enabled", shown=lambda row: "" if row["enabled"] else "off", title=" ", optional=1
                ),
                Column(name="origin", shown=_by, title="from", optional=3),
            ],
            empty="There are no rules.",
        ),
        output_format,
    )
    return report_broken(session, found)


@rules.command("show")
@click.argument("rule_id", metavar="RULE")
@format_option(formats=("table", "json"))
@session_of
def show_rule(session: Session, rule_id: str, output_format: Format) -> int:
    """Show one rule: what it looks for, why, its thresholds, and what to do.

    \b
      dovetail rules show due-date-passed
    """
    found, overrides = catalogue_of(session)
    rule, override = rule_named(found.rules, rule_id), overrides.get(rule_id)
    if output_format == "json":
        print_line(to_json(_as_object(rule, override)))
        return 0
    _show(rule, override)
    return 0


@rules.command("test")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[FILE]...")
@format_option()
@session_of
def test_rules(session: Session, paths: Sequence[Path], output_format: Format) -> int:
    """Run the tests that stand beside rules. Exit 1 when one fails.

    With files or folders, the rules in them; without, the built-in ones and those of the configuration.

    \b
      dovetail rules test
      dovetail rules test rules/ my-rules.yaml
    """
    from rules.loading import load_catalogue
    from rules.testing import run_tests

    broken = False
    if paths:
        chosen = [rule for rule in load_catalogue(files_in(paths)) if not rule.is_built_in]
    else:
        found, _ = catalogue_of(session)
        chosen, broken = list(found.rules), bool(report_broken(session, found))
    results = run_tests(chosen)
    rows = [
        {
            "rule": one.rule,
            "test": one.test,
            "passed": one.passed,
            "problems": list(one.problems),
            "file": one.file,
            "line": one.line,
        }
        for one in results
    ]
    failed = [row for row in rows if not row["passed"]]
    count = f"{plural(len(rows), 'test')} of {plural(len(chosen), 'rule')}"
    listing = Listing(
        rows=failed if output_format == "table" else rows,
        columns=[
            Column(name="rule"),
            Column(name="test", wraps=True),
            Column(name="problems", title="what is wrong", wraps=True),
            Column(name="place", shown=lambda row: f"{row['file']}:{row['line']}", optional=1),
        ],
        empty=f"{count} passed.",
        fields=("rule", "test", "passed", "problems", "file", "line"),
    )
    if failed or output_format != "table" or not session.talk.quiet:
        emit(listing, output_format)
    if failed:
        session.talk.say(f"{count}: {len(failed)} failed.", level="error")
    return 1 if failed or broken else 0


def files_in(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and the rule files of folders."""
    return [file for path in paths for file in (sorted(path.glob("*.y*ml")) if path.is_dir() else [path])]


def rule_named(catalogue: Sequence[Rule], rule_id: str) -> Rule:
    """The rule of that id.

    Raises:
        UsageError: there is none; the message names the nearest.
    """
    from rules.spelling import nearest

    by_id = {rule.id: rule for rule in catalogue}
    if rule_id not in by_id:
        raise UsageError(
            f"There is no rule `{rule_id}`{nearest(rule_id, by_id) or '.'}", hint="`dovetail rules list`"
        )
    return by_id[rule_id]


def report_broken(session: Session, found: RuleSet) -> int:
    """Say which rules are left out. Returns the exit code: 4 where there are any."""
    for problem in found.reported.values():
        session.talk.error(problem)
    return 4 if found.reported else 0


def catalogue_of(session: Session) -> tuple[RuleSet, dict[str, Override]]:
    """The rules, with their tests, and what the configuration changes about them; it may be absent."""
    from rules.loading import read_rules
    from rules.packages import installed_packages

    config = session.config_if_any()
    if config is None:
        return read_rules(packages=installed_packages()), {}
    return config.rule_set(with_tests=True), dict(config.overrides)


def _by(row: Mapping[str, object]) -> str:
    return str(row["origin"]).partition(",")[0]


def _severity(rule: Rule, override: Override | None) -> str:
    return override.severity if override is not None and override.severity else rule.severity


def _show(rule: Rule, override: Override | None) -> None:
    print_line(f"{rule.id}: {rule.title}", style="bold")
    is_off = override is not None and not override.is_enabled_anywhere
    print_line(
        f"{_severity(rule, override)}, {rule.group}, {rule.status}{', switched off here' if is_off else ''}"
    )
    print_line()
    lines: list[tuple[str, object]] = [("why", rule.why), ("to do", rule.action), ("says", rule.message)]
    lines += [("read more", rule.docs)] if rule.docs else []
    print_pairs(lines)
    print_heading("When it speaks")
    parts: list[tuple[str, object]] = [("about", f"every {rule.over}")]
    parts += [("where", rule.where.text)] if rule.where else []
    parts += [(f"{name} is", term.text) for name, term in rule.measures.items()]
    parts += [("flag", rule.flag.text)]
    parts += [("and only", override.filter)] if override is not None and override.filter else []
    parts += [(f"{step.severity} if", step.condition.text) for step in rule.steps]
    parts += [("held for", rule.hold_for)] if rule.hold_for else []
    parts += [("silent if", ", ".join(rule.inhibit_by))] if rule.inhibit_by else []
    print_pairs(parts, indent=2)
    if rule.params:
        print_heading("Thresholds (rules.overrides changes them)")
        changed = override.params if override is not None else {}
        print_pairs(
            [
                (f":{name}", f"{changed[name]} (instead of {value})" if name in changed else value)
                for name, value in rule.params.items()
            ],
            indent=2,
        )
    if override is not None and override.places:
        print_heading("Different in parts of your tree")
        print_pairs([(slug, _differences(override, one)) for slug, one in override.places.items()], indent=2)
    print_heading("Evidence")
    comments = _comment_columns(rule, override)
    print_pairs(
        [
            ("columns", ", ".join(rule.evidence)),
            ("comment on", ", ".join(comments) or "nothing"),
            ("tests", len(rule.tests)),
        ],
        indent=2,
    )


def _settings(override: Override) -> dict[str, object]:
    names = ("params", "severity", "enabled", "filter", "comments")
    return {name: getattr(override, name) for name in names}


def _differences(everywhere: Override, here: Override) -> str:
    """What holds at one place and not everywhere, in words."""
    found = [f"{name} {value}" for name, value in here.params.items() if everywhere.params.get(name) != value]
    for key in ("severity", "enabled", "filter", "comments"):
        value = getattr(here, key)
        if value != getattr(everywhere, key):
            found.append(f"{key} {str(value).lower() if isinstance(value, bool) else value}")
    return ", ".join(found) or "as everywhere"


def _comment_columns(rule: Rule, override: Override | None) -> list[str]:
    from rules.compiler import compile_rule

    return list(compile_rule(rule, "sqlite", override).comment_on)


def _as_object(rule: Rule, override: Override | None) -> dict[str, object]:
    return {
        "id": rule.id,
        "group": rule.group,
        "title": rule.title,
        "why": rule.why,
        "over": rule.over,
        "where": rule.where.text if rule.where else None,
        "measure": {name: term.text for name, term in rule.measures.items()},
        "flag": rule.flag.text,
        "severity": _severity(rule, override),
        "severity_by": [{"if": step.condition.text, "then": step.severity} for step in rule.steps],
        "params": {**rule.params, **(override.params if override is not None else {})},
        "enabled": override.enabled if override is not None else True,
        "places": {} if override is None else {slug: _settings(one) for slug, one in override.places.items()},
        "filter": override.filter if override is not None else None,
        "evidence": list(rule.evidence),
        "comment_on": _comment_columns(rule, override),
        "message": rule.message,
        "action": rule.action,
        "docs": rule.docs,
        "tests": len(rule.tests),
        "file": rule.file,
        "line": rule.line,
    }
