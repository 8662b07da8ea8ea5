"""Generates the reference pages of the catalogue and the published JSON Schema: `python -m rules.docs`.

A rule's documentation is its own text. A test compares the committed pages with what this module makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from rules.loading import GROUPS, load_catalogue
from rules.message import plain
from rules.rule import Rule, default_comment_on
from rules.values import members

ROOT = Path(__file__).resolve().parent.parent
_NOTE = "<!-- Generated from rules/catalogue by `python -m rules.docs`; do not edit. -->"

# The unit is part of a parameter's name.
_UNITS: Mapping[str, str] = {
    "_wd": "working days",
    "_days": "days",
    "_days_before_creation": "days",
    "_hours": "hours",
    "_years": "years",
    "_minutes_per_day": "minutes",
    "_share": "share, 0 to 1",
    "_confidence": "0 to 1",
    "_exposure": "exposure, 1 to 25",
    "_ratio": "ratio, 1 is equal",
    "_spi": "index, 1 is as planned",
    "_cei": "index, 1 is as forecast",
    "_slope": "days per day",
    "_percent_complete": "per cent",
    "_amount": "in the item's currency",
    "_population": "tasks or links",
    "_items": "items",
    "_in_progress": "items",
    "_count": "items",
    "_pushes": "pushes",
    "_turns": "turns",
    "_snapshots": "reports",
    "_rebaselines": "baselines",
    "_runs": "runs",
    "_forecasts": "forecasts",
}


def generated(rules: Sequence[Rule]) -> dict[str, str]:
    """The text of every generated file, by its path from the root of the project."""
    from rules.file_model import json_schema

    pages = {
        f"docs/rules/{group}.md": _page(group, [r for r in rules if r.group == group]) for group in GROUPS
    }
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    return {**pages, "docs/rules/index.md": _index(rules), "rules/schema.json": schema + "\n"}


def write(root: Path = ROOT) -> list[Path]:
    """Write the generated files below a root; returns those that changed."""
    changed = []
    for name, text in generated(load_catalogue()).items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _index(rules: Sequence[Rule]) -> str:
    lines = [
        "# Rules",
        "",
        _NOTE,
        "",
        "What each rule looks for, group by group. How to change, write, try and roll out one is in",
        "[Rules of your own](own-rules.md), what may stand in it in [The rule language](language.md), which",
        "rules wait for data that no view has yet in [Rules that wait](not-yet.md), and how schedules are",
        "counted, and why another tool's number may differ, in [Schedule checks](../schedule-checks.md).",
        "",
        "| rule | what it finds | severity | over | status |",
        "|---|---|---|---|---|",
    ]
    for rule in rules:
        steps = list(dict.fromkeys([rule.severity, *(step.severity for step in reversed(rule.steps))]))
        link = f"[{rule.id}]({rule.group}.md#{rule.id})"
        lines.append(f"| {link} | {rule.title} | {' → '.join(steps)} | `{rule.over}` | {rule.status} |")
    return "\n".join(lines) + "\n"


def _page(group: str, rules: Sequence[Rule]) -> str:
    lines = [f"# {group.replace('-', ' ').capitalize()}", "", _NOTE, ""]
    for rule in rules:
        lines += _rule(rule)
    return "\n".join(lines).rstrip() + "\n"


def _rule(rule: Rule) -> Iterator[str]:
    yield from (f"## {rule.id}", "", f"**{rule.title}.** {rule.why}", "")
    yield from (f"*What to do:* {rule.action}", "")
    yield from _code(rule)
    if rule.params:
        yield from ("| parameter | default | unit |", "|---|---|---|")
        for name, value in rule.params.items():
            shown = ", ".join(plain(member) for member in members(value))
            yield f"| `{name}` | {shown} | {_unit(name, value)} |"
        yield ""
    yield f"- Severity: {_severity(rule)}. Status: {rule.status}."
    if rule.hold_for or rule.keep_for:
        yield f"- Opens after {_duration(rule.hold_for)}, is resolved after {_duration(rule.keep_for)}."
    if rule.inhibit_by:
        others = ", ".join(f"`{other}`" for other in rule.inhibit_by)
        yield f"- Silent on an item that has a finding of {others}."
    yield f"- Evidence: {', '.join(f'`{name}`' for name in rule.evidence)}."
    comments = ", ".join(f"`{name}`" for name in rule.comment_on)
    yield f"- Comment on: {comments or _no_comment(rule)}."
    yield f"- Says: `{rule.message}`"
    yield from (f"- Tests: {len(rule.tests)}.", "")


def _no_comment(rule: Rule) -> str:
    shown = "nothing; the finding is shown in lists and reports"
    return f"{shown}, `comments: true` changes that" if default_comment_on(rule.over) else shown


def _code(rule: Rule) -> Iterator[str]:
    yield from ("```yaml", f"over: {rule.over}")
    if rule.where:
        yield f"where: {rule.where.text}"
    for name, measure in rule.measures.items():
        yield f"measure.{name}: {measure.text}"
    yield from (f"flag: {rule.flag.text}", "```", "")


def _severity(rule: Rule) -> str:
    steps = [f"{step.severity} if `{step.condition.text}`" for step in rule.steps]
    return ", else ".join([*steps, rule.severity])


def _unit(name: str, value: object) -> str:
    for suffix, unit in sorted(_UNITS.items(), key=lambda pair: -len(pair[0])):
        if f"_{name}".endswith(suffix):
            return unit
    if isinstance(value, bool):
        return "true or false"
    return (
        "list" if isinstance(value, list | tuple) else "number" if isinstance(value, int | float) else "text"
    )


def _duration(span: timedelta) -> str:
    if not span:
        return "no wait"
    hours = span.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours % 24 == 0 else f"{hours:g} hours"


if __name__ == "__main__":  # pragma: no cover - `write` is tested
    write()
