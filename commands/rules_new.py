"""`dovetail rules new|schema`: a commented rule file to begin with, and what editors check it by."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from commands.output import print_line
from commands.rules import catalogue_of, rules
from commands.session import Session, session_of
from portfolio.errors import UsageError
from portfolio.private_files import create_private

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@rules.command("new")
@click.argument("rule_id", metavar="ID")
@click.option("--over", "view", metavar="VIEW", default="item", show_default=True, help="What it is about.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to write it."
)
@session_of
def new_rule(session: Session, rule_id: str, view: str, out: Path | None) -> int:
    """Write a commented rule file whose tests pass as they stand. Nothing is overwritten.

    ID is small letters and hyphens. The file is rules/ID.yaml beside the configuration, or here where there
    is none. VIEW is one of the views of docs/views.md: item, risk, dependency, schedule, schedule_check, …

    \b
      dovetail rules new late-epic
      dovetail rules new too-many-loose-ends --over schedule_check
    """
    from rules.file_model import RULE_VIEWS
    from rules.spelling import nearest
    from rules.starter import SCHEMA_FILE, starter

    if not _ID.fullmatch(rule_id) or len(rule_id) > 60:
        raise UsageError(
            f"`{rule_id}` is not the id of a rule.", hint="Small letters, digits and hyphens: late-epic."
        )
    if view not in RULE_VIEWS:
        raise UsageError(
            f"No rule can be over `{view}`{nearest(view, RULE_VIEWS) or '.'}",
            hint=f"One of {', '.join(RULE_VIEWS)}.",
        )
    found, _ = catalogue_of(session)
    known = next((rule for rule in found.rules if rule.id == rule_id), None)
    if known is not None:
        raise UsageError(
            f"There is a rule {rule_id} already ({known.origin}).",
            hint="Choose another id; a built-in rule is changed by rules.overrides.",
        )
    config = session.config_if_any()
    folder = Path() if config is None else config.folder
    path = out or Path(os.path.relpath(folder / "rules" / f"{rule_id}.yaml"))
    text = starter(rule_id, view, str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(create_private(path), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already.", hint="Name another file with --out.") from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", hint="Name another with --out."
        ) from error
    print_line(str(path))
    _add_schema(session, path.with_name(SCHEMA_FILE))
    session.talk.say(f"Its tests pass as they stand: dovetail rules test {path}")
    if not _is_included(session, path):
        session.talk.say(
            "When it says what you mean, name it in dovetail.yaml: rules: {include: [rules/*.yaml]}"
        )
    return 0


def _add_schema(session: Session, path: Path) -> None:
    """The schema beside the first rule, so that editors complete and check what is typed."""
    try:
        with os.fdopen(create_private(path), "w", encoding="utf-8") as file:
            file.write(_schema())
    except FileExistsError:
        return
    session.talk.say(f"{path} tells editors what a rule looks like.")


def _schema() -> str:
    import json

    from rules.file_model import json_schema

    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


@rules.command("schema")
@session_of
def print_schema(session: Session) -> int:
    """Print the JSON Schema of rule files, for editors.

    `rules new` puts it beside the first rule; after an upgrade, put it there again.

    \b
      dovetail rules schema > rules/rule-schema.json
    """
    del session
    print_line(_schema().rstrip("\n"))
    return 0


def _is_included(session: Session, path: Path) -> bool:
    """Whether the configuration, read again, takes the new file already."""
    config = session.config_if_any()
    return config is not None and path.resolve() in [one.resolve() for one in config.rule_files]
