"""`dovetail db erase-person`: what mentions a person, and everything of ours without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from commands.group import Verb
from commands.options import format_option
from commands.output import Format, Listing, emit
from commands.session import Session, clock_of, session_of
from commands.table import Column
from commands.text import plural

if TYPE_CHECKING:
    from sync.erase import Mention


@click.command(name="erase-person", cls=Verb)
@click.argument("who")
@click.option("--yes", "is_agreed", is_flag=True, help="Do it. Without this nothing is changed.")
@click.option("--by", default="", help="Who asked for it; the user of this machine if absent.")
@format_option()
@session_of
def erase_person(session: Session, who: str, is_agreed: bool, by: str, output_format: Format) -> int:
    """Erase a person: name, addresses and accounts, in the store and in the file of twins.

    WHO is an e-mail address, `source:account`, an account id or a whole name. Shows what mentions the person;
    does it with --yes, which cannot be undone. Rows stay, so that counts stay: an erased person goes on as a
    pseudonym. The trackers are not touched: erase the person there first.

    \b
      dovetail db erase-person ann@shop.example
      dovetail db erase-person ann@shop.example --yes
    """
    from sync.audit import actor
    from sync.erase import erase, find_person, mentions_in_configuration, vague_names

    config = session.config()
    now = clock_of(config)()
    with session.store(config) as store, store.lock():
        person, accounts, namesakes = find_person(store, who, config.aliases)
        found = erase(store, person, config.twins_file, now=now, by=by or actor(), dry_run=not is_agreed)
    by_hand = mentions_in_configuration(config.path, person)
    emit(_listing([*found, *by_hand], is_agreed), output_format)
    _say(session, found, accounts, is_agreed)
    if namesakes:
        session.talk.warn(
            f"{plural(namesakes, 'other account')} of the same name: the name stays where it stands in texts."
        )
    if found and (vague := vague_names(person)):
        session.talk.warn(
            f"{', '.join(vague)}: one short word, which stays inside of sentences: it may mean anything."
        )
    if by_hand:
        session.talk.warn("The configuration mentions the person; its lines are yours to change.")
    return 0


def _listing(mentions: list[Mention], is_done: bool) -> Listing:
    done = "erased" if is_done else "would be erased"
    rows = [
        {"place": one.place, "count": one.count, "what": done if one.is_ours else "to be changed by hand"}
        for one in mentions
    ]
    return Listing(
        rows=rows,
        columns=[
            Column(name="place", shown=_place),
            Column(name="count", is_number=True),
            Column(name="what", title=" "),
        ],
        empty="Nothing that is kept mentions this person.",
        fields=("place", "count", "what"),
    )


def _place(row: Any) -> str:
    words = str(row["place"])
    for layer in ("tracker_", "derived_", "engine_"):
        if words.startswith(layer):
            return words.removeprefix(layer).replace("_", " ")
    return words


def _say(session: Session, found: list[Mention], accounts: list[str], is_agreed: bool) -> None:
    if not found:
        return
    known = f" (accounts: {', '.join(accounts)})" if accounts else ""
    if is_agreed:
        session.talk.say(
            f"The person is erased{known}. Delete plan files and database backups older than now."
        )
    else:
        session.talk.say(f"Nothing was changed{known}. With --yes it is, and cannot be undone.")
