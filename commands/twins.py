"""`dovetail twins`: which items of two trackers are one piece of work, and what people decided about it."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from commands.group import Group
from commands.options import format_option, source_option
from commands.output import Format, emit
from commands.session import Session, check_sources, session_of, utc_now
from commands.text import plural
from commands.twin_rows import STATES, add_titles, counted, is_suggestion, known_pairs, twin_listing
from portfolio.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from store import Store
    from sync.config import Config
    from sync.twins_file import TwinEntry, TwinsFile

_by_option = click.option("--by", metavar="NAME", help="Who says so; the user of this machine if absent.")
_note_option = click.option("--note", metavar="TEXT", help="Why, for whoever reads the file.")
_NEXT = "`dovetail derive`, or the next `sync`, takes it in."


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
def twins(ctx: click.Context) -> None:
    """Say which items of two trackers are the same piece of work.

    `dovetail twins` alone is `twins list`. Decisions are written to `twins.yaml` beside the configuration:
    confirmed pairs count as one piece of work, rejected ones are never shown again.

    \b
      dovetail twins
      dovetail twins suggest
      dovetail twins confirm CHK-12 boards:1234
      dovetail twins reject CHK-13 boards:1240 --note "same title, another shop"
    """
    if ctx.invoked_subcommand is None:
        ctx.exit(ctx.invoke(list_twins))


@twins.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(list(STATES)),
    help="Only pairs in this state; may be repeated. By default all but titles that are merely alike.",
)
@source_option
@format_option()
@session_of
def list_twins(
    session: Session,
    states: Sequence[str] = (),
    sources: Sequence[str] = (),
    output_format: Format = "table",
) -> int:
    """List the pairs that are known, with what speaks for them and who decided.

    \b
      dovetail twins list
      dovetail twins list --state missing
      dovetail twins list --state rejected --format csv
    """
    config = session.config()
    check_sources(config, sources)
    with session.store(config) as store:
        rows = known_pairs(store, _file(config).entries())
        rows = [
            row
            for row in rows
            if (row["state"] in states if states else not is_suggestion(row)) and _is_of(row, sources)
        ]
        add_titles(store, rows)
    emit(
        twin_listing(rows, "No pairs are known. `dovetail twins suggest` shows what looks alike."),
        output_format,
    )
    if rows:
        session.talk.say(counted(rows))
    return 0


@twins.command("suggest")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="No more than these.")
@source_option
@format_option()
@session_of
def suggest(session: Session, limit: int, sources: Sequence[str], output_format: Format) -> int:
    """Show pairs that someone should confirm or reject, likeliest first.

    Mentions in titles and links of one side speak for a pair, similar titles only suggest it. Until someone
    confirms it, such a pair counts nowhere as one piece of work.

    \b
      dovetail twins suggest
      dovetail twins suggest --limit 100 --format csv > to-review.csv
    """
    config = session.config()
    check_sources(config, sources)
    with session.store(config) as store:
        rows = [
            row
            for row in known_pairs(store, _file(config).entries())
            if row["state"] == "unconfirmed" and _is_of(row, sources)
        ]
        rows.sort(key=lambda row: (-row["confidence"], row["a"], row["b"]))
        shown = rows[:limit]
        add_titles(store, shown)
    emit(twin_listing(shown, "Nothing to confirm.", is_for_review=True), output_format)
    if shown:
        more = f" {len(rows) - len(shown):,} more: --limit." if len(rows) > len(shown) else ""
        session.talk.say(
            f"{plural(len(shown), 'pair')} to confirm or reject: `dovetail twins confirm ONE OTHER`.{more}"
        )
    return 0


@twins.command("confirm")
@click.argument("one", metavar="ONE")
@click.argument("other", metavar="OTHER")
@_by_option
@_note_option
@session_of
def confirm(session: Session, one: str, other: str, by: str | None, note: str | None) -> int:
    """Confirm that two items are the same piece of work.

    Each is named by its key, by `source:key`, or by its item id.

    \b
      dovetail twins confirm CHK-12 boards:1234
      dovetail twins confirm CHK-12 "plans:checkout#7" --by "Ana Berg" --note "agreed on 24 November"
    """
    return _decide(session, one, other, by=by, note=note, is_confirmed=True)


@twins.command("reject")
@click.argument("one", metavar="ONE")
@click.argument("other", metavar="OTHER")
@_by_option
@_note_option
@session_of
def reject(session: Session, one: str, other: str, by: str | None, note: str | None) -> int:
    """Say that two items are not the same piece of work: the pair never comes back, whatever speaks for it.

    \b
      dovetail twins reject CHK-13 boards:1240 --note "same title, another shop"
    """
    return _decide(session, one, other, by=by, note=note, is_confirmed=False)


@twins.command("forget")
@click.argument("one", metavar="ONE")
@click.argument("other", metavar="OTHER")
@session_of
def forget(session: Session, one: str, other: str) -> int:
    """Take back what was decided about a pair: evidence alone speaks again.

    \b
      dovetail twins forget CHK-13 boards:1240
    """
    config = session.config()
    file = _file(config)
    with session.store(config) as store:
        entry = _entry_named(file.entries(), store, one, other)
    if entry is None:
        raise UsageError(
            f"Nothing was decided about {one} and {other}.",
            hint=f"{file.path.name} lists what was; so does `dovetail twins list --state rejected`.",
        )
    file.forget(entry.keys, entry.ids)
    what = "confirmed" if entry.is_confirmed else "rejected"
    session.talk.say(f"{entry.keys[0]} and {entry.keys[1]} are no longer {what}. {_NEXT}")
    return 0


def _decide(
    session: Session, one: str, other: str, *, by: str | None, note: str | None, is_confirmed: bool
) -> int:
    from sync.twins_file import TwinEntry

    config = session.config()
    file = _file(config)
    with session.store(config) as store:
        first, second = (_item_named(store, config, name) for name in (one, other))
        if first["source"] == second["source"]:
            raise UsageError(
                f"{first['key']} and {second['key']} both stand in {first['source']}.",
                hint="Twins stand in two trackers; within one, use the tracker's own links.",
            )
        ids = (first["item_id"], second["item_id"])
        evidence = _evidence(store, ids)
    keys = (_name(first), _name(second))
    if not is_confirmed and _is_configured(config, keys, ids):
        raise UsageError(
            f"The configuration says that {keys[0]} and {keys[1]} are the same work.",
            hint="Take the pair out of `twins:` there first.",
        )
    what = "confirmed" if is_confirmed else "rejected"
    known = next((entry for entry in file.entries() if entry.is_about(keys, ids)), None)
    if known is not None and known.is_confirmed == is_confirmed and note is None:
        session.talk.say(f"{keys[0]} and {keys[1]} are {what} already. Nothing was changed.")
        return 0
    file.decide(
        TwinEntry(
            keys=keys,
            ids=ids,
            is_confirmed=is_confirmed,
            evidence=evidence,
            by=by or getpass.getuser(),
            at=utc_now(),
            note=note,
        )
    )
    session.talk.say(f"{keys[0]} and {keys[1]} are {what}, in {file.path.name}. {_NEXT}")
    return 0


def _is_of(row: Mapping[str, Any], sources: Sequence[str]) -> bool:
    return not sources or any(str(row[side]).partition(":")[0] in sources for side in ("a", "b"))


def _file(config: Config) -> TwinsFile:
    from sync.twins_file import TwinsFile

    path: Path | None = config.twins_file
    if path is None:
        raise ConfigError("Decisions about pairs need a configuration to stand beside.")
    return TwinsFile(path, [one.name for one in config.sources])


def _item_named(store: Store, config: Config, name: str) -> Mapping[str, Any]:
    """The one item that a person means.

    Raises:
        UsageError: there is none, there are several, or its source is not configured.
    """
    from sync.reconcile import items_named

    found = items_named(store, name)
    if len(found) > 1:
        names = ", ".join(sorted(_name(one) for one in found))
        raise UsageError(f"{name} stands in {len(found)} trackers: {names}.", hint="Name one of these.")
    check_sources(config, [found[0]["source"]])
    return found[0]


def _entry_named(entries: Sequence[TwinEntry], store: Store, one: str, other: str) -> TwinEntry | None:
    """The decision about two items, which may be gone from the store."""
    from sync.reconcile import items_named

    ends: list[set[str]] = []
    for name in (one, other):
        names = {name.casefold()}
        with suppress(UsageError):  # the file alone may know it
            for item in items_named(store, name):
                names |= {item["item_id"].casefold(), _name(item).casefold()}
        ends.append(names)
    for entry in entries:
        sides = [
            {name.casefold() for name in pair}
            for pair in zip(entry.keys, entry.ids or entry.keys, strict=True)
        ]
        for first, second in (sides, reversed(sides)):
            if first & ends[0] and second & ends[1]:
                return entry
    return None


def _evidence(store: Store, ids: tuple[str, str]) -> str | None:
    from sync.twins import pair_of, twin_id

    row = next(iter(store.rows("twin", where={"twin_id": twin_id(*pair_of(*ids))})), None)
    return None if row is None else str(row["evidence"])


def _is_configured(config: Config, keys: tuple[str, str], ids: tuple[str, str]) -> bool:
    ends = [{key, item} for key, item in zip(keys, ids, strict=True)]
    return any(
        (pair[0] in ends[0] and pair[1] in ends[1]) or (pair[0] in ends[1] and pair[1] in ends[0])
        for pair in config.twins
    )


def _name(item: Mapping[str, Any]) -> str:
    return f"{item['source']}:{item['key']}"
