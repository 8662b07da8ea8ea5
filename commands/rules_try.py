"""`dovetail rules explain|diff`: what a rule says of one row, and what a change of rules would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.explain import term_listing
from commands.options import format_option
from commands.output import Format, Listing, emit, portable, print_line, to_json
from commands.rules import rule_named, rules
from commands.session import Session, session_of, utc_now
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from rules.rule import Rule
    from store import Store
    from sync.check import CheckSettings
    from sync.config import Config
    from sync.rule_trial import Difference, RowExplained, Trial

_SIGNS = {"appears": "+", "vanishes": "-", "severity": "~"}


@rules.command("explain")
@click.argument("rule_id", metavar="RULE")
@click.argument("name", metavar="ITEM")
@format_option(formats=("table", "json"))
@session_of
def explain_rule(session: Session, rule_id: str, name: str, output_format: Format) -> int:
    """Show what a rule says of an item and why, whether it is a finding or not.

    Each term of the rule is shown with its value, and each threshold with who set it and in which line of
    which file. ITEM is the key of an item, or the id or name of what the rule is about: a schedule, a
    release, a source, a person.

    \b
      dovetail rules explain due-date-passed CHK-12
      dovetail rules explain dcma-logic "Office move" --format json
    """
    from sync.rule_trial import explain_rows

    config = session.config()
    rule = rule_named(config.rules(), rule_id)
    with session.store(config) as store:
        rows = explain_rows(store, rule, config.overrides.get(rule_id), name, now=utc_now())
        silencing = _silencing(store, rule, rows)
    if output_format == "json":
        print_line(
            to_json([_row_object(rule, one, other) for one, other in zip(rows, silencing, strict=True)])
        )
        return 0
    for number, (row, other) in enumerate(zip(rows, silencing, strict=True)):
        if number:
            print_line()
        print_line(f"{rule.id} about {_shown(row.subject)}: {_verdict(row, other)}", style="bold")
        if not number:
            print_line(f"{rule.title} ({rule.origin})")
        print_line()
        emit(term_listing(row.terms))
    return 0


def _silencing(store: Store, rule: Rule, rows: Sequence[RowExplained]) -> list[str | None]:
    """For each row, the rule whose open finding on the same item makes this one silent."""
    live = {(one.rule, one.item_id) for one in store.findings() if one.state != "resolved"}
    return [
        next((other for other in rule.inhibit_by if (other, row.subject.get("item_id")) in live), None)
        for row in rows
    ]


def _verdict(row: RowExplained, silencing: str | None) -> str:
    if not row.is_enabled:
        return "the rule is switched off here"
    if row.severity is None:
        return "no finding"
    return f"a finding, {row.severity}" + (f", silent because of {silencing}" if silencing else "")


def _shown(subject: Mapping[str, object]) -> str:
    return ", ".join(str(value) for value in subject.values())


def _row_object(rule: Rule, row: RowExplained, silencing: str | None) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "origin": rule.origin,
        "subject": dict(row.subject),
        "is_finding": row.severity is not None and row.is_enabled and silencing is None,
        "severity": row.severity,
        "is_enabled": row.is_enabled,
        "silenced_by": silencing,
        "terms": [
            {"part": one.part, "text": one.text, "value": portable(one.value), "origin": one.origin or None}
            for one in row.terms
        ],
    }


@rules.command("diff")
@click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="[FILE]..."
)
@click.option(
    "--set", "changes", multiple=True, metavar="RULE.NAME=VALUE",
    help="Try a threshold, `severity`, `enabled` or `filter` of a rule; may be repeated.",
)  # fmt: skip
@click.option("--counts", is_flag=True, help="How many findings of each rule, instead of each finding.")
@format_option()
@session_of
def diff_rules(
    session: Session, files: Sequence[Path], changes: Sequence[str], counts: bool, output_format: Format
) -> int:
    """Show which findings would appear and vanish. Nothing is written.

    The data is what the last `derive` stored, and the findings are those of the last check. Without FILE, the
    rules are those of the configuration as it is now: see what an edit will do before the next run. FILE is a
    rule file, whose rules are added or take the place of yours of the same id, or a changed copy of the
    configuration. Exit 4 where a rule cannot be tried.

    \b
      dovetail rules diff
      dovetail rules diff rules/our-new-rule.yaml
      dovetail rules diff changed.yaml --counts
      dovetail rules diff --set due-date-passed.grace_wd=3
    """
    from sync.rule_trial import try_rules

    config = session.config()
    settings, only = _changed(config, files, changes)
    with session.store(config) as store:
        trial = try_rules(store, settings, now=utc_now(), only=only, tell=session.talk.tell)
    for problem in trial.broken.values():
        session.talk.error(problem)
    listing = _counted(trial.differences) if counts else _each(trial.differences)
    if trial.differences or output_format != "table" or not session.talk.quiet:
        emit(listing, output_format)
    _summary(session, trial)
    return 4 if trial.broken else 0


def _changed(
    config: Config, files: Sequence[Path], changes: Sequence[str]
) -> tuple[CheckSettings, frozenset[str] | None]:
    """The settings to try, and the rules that are compared; None is all."""
    from rules.loading import with_files
    from rules.yaml_text import read_yaml
    from sync.config import load_config
    from sync.settings import check_settings

    configurations = [path for path in files if isinstance(read_yaml(_text(path), path.name).content, dict)]
    if len(configurations) > 1:
        raise UsageError(
            "Two configurations cannot be tried at once.", hint="Name one, and rule files beside it."
        )
    tried = load_config(configurations[0]) if configurations else config
    rule_files = [path for path in files if path not in configurations]
    known = with_files(tried.rule_set(), rule_files)
    settings = check_settings(tried, known)
    if not files and not changes:
        return settings, None
    only: set[str] = set()
    for path in rule_files:
        only |= {one.id for one in known.rules if one.file == str(path)}
        only |= {name for name, problem in known.broken.items() if problem.file == str(path)}
    for change in changes:
        settings, rule_id = _set(settings, change)
        only.add(rule_id)
    return settings, None if configurations else frozenset(only)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text.", hint="Save it as UTF-8.") from error


def _set(settings: CheckSettings, change: str) -> tuple[CheckSettings, str]:
    """One `--set RULE.NAME=VALUE`: it holds everywhere, whatever the levels of the configuration say."""
    import msgspec

    from rules.overrides import override_problems
    from rules.rule import Override
    from rules.yaml_text import read_yaml

    place, equals, text = change.partition("=")
    rule_id, dot, key = place.strip().partition(".")
    if not equals or not dot or not key:
        raise UsageError(
            f"--set {change}: the form is RULE.NAME=VALUE.", hint="For example due-date-passed.grace_wd=3."
        )
    rule = rule_named(settings.rules, rule_id)
    value = read_yaml(text, "--set").content
    key = key.removeprefix("params.")

    def put(old: Override) -> Override:
        if key in rule.params:
            return msgspec.structs.replace(old, params={**old.params, key: value})
        return msgspec.structs.replace(old, **{key: str(value) if key in ("severity", "filter") else value})

    if key not in (*rule.params, "severity", "enabled", "filter") or (
        key == "enabled" and not isinstance(value, bool)
    ):
        known = ", ".join([*rule.params, "severity", "enabled (true or false)", "filter"])
        raise UsageError(
            f"--set {change}: what can be set is {known}.", hint=f"`dovetail rules show {rule_id}`"
        )
    old = settings.overrides.get(rule_id, Override())
    new = put(msgspec.structs.replace(old, places={slug: put(one) for slug, one in old.places.items()}))
    if problems := override_problems(rule, new):
        raise UsageError(f"--set {change}: {problems[0]}.", hint=f"`dovetail rules show {rule_id}`")
    return replace(settings, overrides={**settings.overrides, rule_id: new}), rule_id


def _each(differences: Sequence[Difference]) -> Listing:
    rows = [
        {
            "change": one.change,
            "rule": one.rule,
            "key": one.key,
            "project": one.project,
            "before": one.before,
            "after": one.after,
            "message": one.message,
            "finding_id": one.finding_id,
        }
        for one in differences
    ]
    return Listing(
        rows=rows,
        columns=[
            Column(name="change", title=" ", shown=lambda row: _SIGNS[str(row["change"])]),
            Column(name="rule"),
            Column(name="key", title="about", shown=lambda row: row["key"] or ""),
            Column(name="severity", shown=_severities),
            Column(name="message", title="what", wraps=True, optional=1),
        ],
        empty="No finding would appear or vanish.",
        fields=("change", "rule", "key", "project", "before", "after", "message", "finding_id"),
    )


def _severities(row: Mapping[str, object]) -> str:
    return " -> ".join(str(one) for one in (row["before"], row["after"]) if one)


def _counted(differences: Iterable[Difference]) -> Listing:
    counts: dict[str, Counter[str]] = {}
    for one in differences:
        counts.setdefault(one.rule, Counter())[one.change] += 1
    return Listing(
        rows=[
            {"rule": rule, **{change: found[change] for change in _SIGNS}} for rule, found in counts.items()
        ],
        columns=[
            Column(name="rule"),
            Column(name="appears", title="appear"),
            Column(name="vanishes", title="vanish"),
            Column(name="severity", title="change severity"),
        ],
        empty="No finding would appear or vanish.",
        fields=("rule", *_SIGNS),
    )


def _summary(session: Session, trial: Trial) -> None:
    count = Counter(one.change for one in trial.differences)
    session.talk.say(
        f"{plural(count['appears'], 'finding')} would appear, {count['vanishes']} vanish, "
        f"{count['severity']} change severity. Nothing was written."
    )
    if trial.frozen:
        session.talk.say(
            f"Findings about {', '.join(trial.frozen)} are left out: it could not be read, so they stay.",
            level="warning",
        )
