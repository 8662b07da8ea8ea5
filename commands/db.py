"""`dovetail db`: the store itself."""

from __future__ import annotations

import click

from commands.db_erase import erase_person
from commands.group import Group
from commands.options import format_option
from commands.output import Format, Listing, emit, print_line
from commands.session import Session, session_of
from commands.table import Column


@click.group(cls=Group)
def db() -> None:
    """Look after the store: where it is, what is in it, whether it is sound.

    \b
      dovetail db status
      dovetail db check
      dovetail db upgrade
      dovetail db erase-person ann@shop.example
    """


db.add_command(erase_person)


@db.command()
@session_of
def path(session: Session) -> int:
    """Print where the store is: the path of the SQLite file, or the URL without its password."""
    from store import open_store

    config = session.config()
    url = config.store.url()
    if url.startswith("sqlite"):
        print_line(url.removeprefix("sqlite:///") if url != "sqlite://" else "(in memory)")
        return 0
    with open_store(url) as store:
        print_line(store.url)
    return 0


@db.command()
@format_option()
@session_of
def status(session: Session, output_format: Format) -> int:
    """Show how many records of each kind the store holds."""
    config = session.config()
    with session.store(config) as store:
        rows = [{"what": name, "count": count} for name, count in sorted(store.counts().items())]
        session.talk.say(f"Store: {store.url}")
    emit(
        Listing(
            rows=rows,
            columns=[
                Column(name="what", shown=lambda row: str(row["what"]).replace("_", " ")),
                Column(name="count", is_number=True),
            ],
            empty="The store is empty.",
        ),
        output_format,
    )
    return 0


@db.command()
@session_of
def check(session: Session) -> int:
    """Look for damage, a strange schema, and missing rights. Exit 7 when something is wrong."""
    config = session.config()
    with session.store(config) as store:
        problems = store.check()
        url = store.url
    for problem in problems:
        session.talk.error(f"{url}: {problem}")
    if problems:
        return 7
    if not session.talk.quiet:
        print_line("The store is sound, at the newest schema, and can be written to.")
    return 0


@db.command()
@session_of
def upgrade(session: Session) -> int:
    """Bring the store to the newest schema. Make a copy first; a store that is current stays as it is."""
    config = session.config()
    with session.store(config, migrate=True) as store, store.lock():
        if not session.talk.quiet:
            print_line(f"{store.url} is at the newest schema.")
    return 0
