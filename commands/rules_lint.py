"""`dovetail rules lint`: refuses rules that are slow or unsafe, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.options import format_option
from commands.output import Format, Listing, emit
from commands.rules import catalogue_of, files_in, rules
from commands.session import Session, session_of
from commands.table import Column
from commands.text import plural

if TYPE_CHECKING:
    from rules.compiler import CompiledRule
    from rules.loading import RuleSet
    from store import Store


@rules.command("lint")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[FILE]...")
@format_option()
@session_of
def lint_rules(session: Session, paths: Sequence[Path], output_format: Format) -> int:
    """Refuse rules that are slow or unsafe, with the reason. Exit 1 when one is refused.

    With files or folders, the rules in them; without, all rules. Refused is what cannot be read, and a rule

    \b
      - without tests, with a test that fails, or with a limit at which no test stands;
      - that can never be true, or asks for a column that nothing fills;
      - that does not ask whether an item is done, a schedule active, a check assessable;
      - that shows lists of any length, or whose identity may be unknown;
      - that would read a whole table for each row, or costs too much for each row.

    \b
      dovetail rules lint rules/
    """
    found, _ = catalogue_of(session)
    if paths:
        from rules.loading import with_files

        files = files_in(paths)
        found = with_files(found, files)
        places = {str(file) for file in files}
        chosen = [rule for rule in found.rules if rule.file in places]
        problems = [one for one in found.problems if one.file in places]
    else:
        chosen, problems = list(found.rules), list(found.problems)
    rows: list[dict[str, object]] = [
        {
            "rule": _rule_at(found, one.file, one.line),
            "check": "cannot be read",
            "problem": one.text,
            "hint": "docs/rules/language.md",
            "file": one.file,
            "line": one.line,
        }
        for one in problems
    ]
    rows += _complaints([rule.id for rule in chosen], found)
    count = plural(len(chosen), "rule")
    listing = Listing(
        rows=rows,
        columns=[
            Column(name="rule", shown=lambda row: row["rule"] or "", optional=1),
            Column(name="check"),
            Column(name="problem", title="why it is refused", wraps=True),
            Column(name="hint", title="what to do", wraps=True, optional=2),
            Column(name="place", shown=lambda row: f"{row['file']}:{row['line']}", optional=3),
        ],
        empty=f"{count}: none is refused.",
        fields=("rule", "check", "problem", "hint", "file", "line"),
    )
    if rows or output_format != "table" or not session.talk.quiet:
        emit(listing, output_format)
    if rows:
        refused = len({row["rule"] or row["file"] for row in rows})
        are = "is" if refused == 1 else "are"
        reasons = plural(len(rows), "reason")
        session.talk.say(f"{plural(refused, 'rule')} {are} refused, for {reasons}.", level="error")
    return 1 if rows else 0


def _complaints(ids: Sequence[str], found: RuleSet) -> list[dict[str, object]]:
    import msgspec

    from rules.linting import lint
    from store import open_store

    rows: list[dict[str, object]] = []
    wanted = set(ids)
    with open_store("sqlite://") as store:
        for rule in (one for one in found.rules if one.id in wanted):
            rows += [msgspec.structs.asdict(one) for one in lint(rule, lambda one: _plan(store, one))]
    return rows


def _plan(store: Store, compiled: CompiledRule) -> list[str]:
    from rules.testing import clock

    return store.plan_of(
        compiled.view,
        columns=compiled.columns,
        where=compiled.where,
        parameters=compiled.bind(*clock(None)),
    )


def _rule_at(found: RuleSet, file: str, line: int) -> str | None:
    named = [name for name, one in found.broken.items() if (one.file, one.line) == (file, line)]
    return named[0] if named else None
