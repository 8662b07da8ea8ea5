"""The command group: which verbs there are, loaded when they are used, and the options all of them share."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import click

from commands.session import Session
from commands.talk import LogFormat

# Section of the help → verb → where it is. A verb's module is imported when the verb is used.
SECTIONS: Mapping[str, Mapping[str, str]] = {
    "The road": {
        "sync": "commands.sync:sync",
        "pull": "commands.pull:pull",
        "derive": "commands.derive:derive",
        "check": "commands.check:check",
        "plan": "commands.plan:plan",
        "apply": "commands.apply:apply",
        "undo": "commands.undo:undo",
    },
    "Looking": {
        "status": "commands.status:status",
        "findings": "commands.findings_mute:findings",
        "explain": "commands.explain:explain",
        "reconcile": "commands.reconcile:reconcile",
        "twins": "commands.twins:twins",
        "diff": "commands.diff:diff",
        "baseline": "commands.baseline:baseline",
        "errors": "commands.errors:errors",
        "audit": "commands.audit:audit",
        "report": "commands.report:report",
        "export": "commands.export:export",
    },
    "Setting up": {
        "doctor": "commands.doctor:doctor",
        "rules": "commands.rules_all:rules",
        "db": "commands.db:db",
    },
    "Trying out": {
        "demo": "commands.demo:demo",
        "simulate": "commands.simulate:simulate",
    },
}
_PLACES = {name: place for verbs in SECTIONS.values() for name, place in verbs.items()}


class Verb(click.Command):
    """A command. It takes the options of `dovetail` after its name, too, where people type them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += shared_options(is_hidden=True)


class Group(click.Group):
    """A group of commands of ours, such as `rules`."""

    command_class = Verb


class NobodyReads(Exception):
    """Whoever read the result has had enough. click would end the process with 1 on a BrokenPipeError."""


class LazyGroup(Group):
    """`dovetail` itself."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise NobodyReads from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order of the help."""
        del ctx
        return list(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        del ctx
        if cmd_name not in _PLACES:
            return None
        module, _, attribute = _PLACES[cmd_name].partition(":")
        return cast("click.Command", getattr(import_module(module), attribute))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that was typed; of one that does not exist, the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], _PLACES, n=1) if args else []
            raise click.UsageError(
                f"There is no command `{args[0]}`{f'; did you mean `{near[0]}`?' if near else '.'}", ctx
            ) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs by section."""
        for section, verbs in SECTIONS.items():
            rows = [(name, _short_help(self.get_command(ctx, name))) for name in verbs]
            with formatter.section(section):
                formatter.write_dl(rows)


def _short_help(command: click.Command | None) -> str:
    return "" if command is None else command.get_short_help_str(limit=90)


def shared_options(*, is_hidden: bool = False) -> list[click.Parameter]:
    """The options that every command takes."""

    def option(*names: str, **kwargs: Any) -> click.Option:
        return click.Option(names, expose_value=False, callback=_remember, hidden=is_hidden, **kwargs)

    return [
        option(
            "--config",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="The configuration; else $DOVETAIL_CONFIG, ./dovetail.yaml, the user's, the system's.",
        ),
        option("--quiet", "-q", is_flag=True, default=None, help="Say nothing unless something is wrong."),
        option("--verbose", "-v", is_flag=True, default=None, help="Say more; show tracebacks of defects."),
        option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default=None,
            help="How talk on stderr is written: text, or one JSON object per line.",
        ),
    ]


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value is None or ctx.resilient_parsing:
        return
    session = ctx.ensure_object(Session)
    if param.name == "config":
        session.config_option = value
    elif param.name == "quiet":
        session.talk.quiet = True
    elif param.name == "verbose":
        session.talk.verbose = True
    else:
        session.talk.log_format = cast("LogFormat", value)


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("dovetail")
    except PackageNotFoundError:
        number = "(not installed)"
    click.echo(f"dovetail {number}")
    ctx.exit()


_HELP = """\
Join Jira, Azure DevOps and Microsoft Project into one portfolio; find what slipped, what will slip and what
nobody owns; write the answer back where people work.

\b
  dovetail check plan.xml      look at Microsoft Project plans; no configuration needed
  dovetail demo                see the whole flow against simulated trackers
  dovetail doctor              does this configuration work?
  dovetail sync --dry-run      what would be written? Nothing is
"""
_EPILOG = """\
\b
Exit codes: 0 fine, 1 findings at or above --fail-on or a failed test, 2 usage, 3 configuration,
4 a source, file, rule or write failed, 5 safety stop, 6 another run is at work, 7 the store, 70 a defect.

\b
Completion, in ~/.bashrc (or zsh_source, fish_source): eval "$(_DOVETAIL_COMPLETE=bash_source dovetail)"
"""


def build() -> click.Group:
    """The group `dovetail`."""
    return LazyGroup(
        "dovetail",
        help=_HELP,
        epilog=_EPILOG,
        params=[
            *shared_options(),
            click.Option(
                ("--version",), is_flag=True, is_eager=True, expose_value=False, callback=_version,
                help="Show the version and exit.",
            ),
        ],
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _help_width()},
        no_args_is_help=True,
    )  # fmt: skip


def _help_width() -> int:
    given = os.environ.get("COLUMNS", "")
    return int(given) if given.isdigit() else 110


def verb_names() -> Sequence[str]:
    """Every verb."""
    return list(_PLACES)
