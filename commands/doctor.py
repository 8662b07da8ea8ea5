"""`dovetail doctor`: does it work? Every check in one list, and what to do where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from commands.group import Verb
from commands.options import format_option, source_option
from commands.output import Format, Listing, emit
from commands.safety_rows import safety_rows
from commands.session import Session, check_sources, clock_of, session_of, utc_now
from commands.table import Column
from commands.text import plural, redact

if TYPE_CHECKING:
    from store import Store
    from sync.config import Config


@click.command(cls=Verb)
@source_option
@format_option()
@session_of
def doctor(session: Session, sources: Sequence[str], output_format: Format) -> int:
    """Prove that the configuration works: store, lock, rules, and every source.

    Each source is asked whether it accepts the credential, whether fields and projects are there, how its
    clock stands, what can be written silently and what mails watchers. What holds writing back is shown, too:
    kill switch, quiet hours, canary, limits. Nothing is changed. Exit 1 when a
    check fails.

    \b
      dovetail doctor
      dovetail doctor --source shop --format json
    """
    config = session.config()
    check_sources(config, sources)
    rows = [*_ours(session, config), *_theirs(session, config, sources)]
    emit(
        Listing(
            rows=rows,
            columns=[
                Column(name="level", title=" "),
                Column(name="source", title="part"),
                Column(name="check"),
                Column(name="message", title="what was found", wraps=True, shown=_with_hint),
            ],
            empty="Nothing was checked.",
            fields=("level", "source", "check", "message", "hint"),
        ),
        output_format,
    )
    failed = sum(row["level"] == "FAIL" for row in rows)
    warned = sum(row["level"] == "WARN" for row in rows)
    if failed:
        session.talk.say(f"{plural(failed, 'check')} failed.", level="error")
    else:
        more = f", {plural(warned, 'warning')}" if warned else ""
        session.talk.say(f"{plural(len(rows), 'check')}: nothing failed{more}.")
    return 1 if failed else 0


def _ours(session: Session, config: Config) -> Iterator[dict[str, Any]]:
    """The checks of this installation: configuration, rules, store, lock."""
    from portfolio.errors import DovetailError, LockHeld

    yield _line("OK", "dovetail", "configuration", f"{config.path}: {plural(len(config.sources), 'source')}")
    yield _line("OK", "dovetail", "time zone", f"{config.timezone}, {_holidays(config)}")
    yield from _exposed(config)
    found = config.rule_set()
    off = sum(not one.is_enabled_anywhere for one in config.overrides.values())
    count = plural(len(found.rules), "rule")
    yield _line("OK", "rules", "catalogue", f"{count}{f', {off} switched off' if off else ''}")
    for problem in found.reported.values():
        yield _line("FAIL", "rules", "catalogue", problem, "`dovetail rules lint` shows everything.")
    try:
        with session.store(config) as store:
            problems = store.check()
            yield from (_line("FAIL", "store", "soundness", problem) for problem in problems)
            if not problems:
                yield _line("OK", "store", "soundness", f"{store.url}: sound, current, writable")
            try:
                with store.lock():
                    yield _line("OK", "store", "lock", "free")
            except LockHeld as error:
                yield _line("WARN", "store", "lock", error.message, error.hint)
            yield from _safety(config, store)
    except DovetailError as error:
        yield _line("FAIL", "store", "open", error.message, error.hint)
        yield from _safety(config, None)


def _safety(config: Config, store: Store | None) -> Iterator[dict[str, Any]]:
    """What holds writing back."""
    for one in safety_rows(config, store, utc_now()):
        yield _line("WARN" if one.holds else "OK", "writing", one.name, one.message)


def _exposed(config: Config) -> Iterator[dict[str, Any]]:
    """Files of ours that others on this machine may read or change."""
    from sync.exposure import exposed_files, secret_files

    exposed = list(exposed_files(config))
    for one in exposed:
        yield _line("WARN", one.what, "permissions", f"{one.path}: {one.problem}", one.hint)
    if not exposed:
        count = len(secret_files(config))
        more = f", and {plural(count, 'file')} with secrets" if count else ""
        yield _line("OK", "dovetail", "permissions", f"the store is this account's alone{more}")


def _theirs(session: Session, config: Config, sources: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What each source's connector says of it."""
    with session.connectors(config, clock_of(config), only=sources) as (connectors, unopened):
        for name, reason in unopened.items():
            yield _line("FAIL", name, "open", reason.removeprefix(f"{name}: "))
        for connector in connectors:
            session.talk.say(f"Asking {connector.source} ...", level="debug")
            for one in connector.diagnose():
                yield _line(one.level, connector.source, one.check, one.message, one.hint)


def _line(level: str, source: str, check: str, message: str, hint: str = "") -> dict[str, Any]:
    return {
        "level": level,
        "source": source,
        "check": check,
        "message": redact(message),
        "hint": redact(hint) or None,
    }


def _with_hint(row: Any) -> str:
    message = str(row["message"])
    if not row["hint"]:
        return message
    return f"{message}{'' if message.endswith(('.', '?', '!')) else '.'} {row['hint']}"


def _holidays(config: Config) -> str:
    days = f"{len(config.weekdays)} working days a week"
    return f"{days}, holidays of {config.holidays}" if config.holidays else f"{days}, no public holidays"
