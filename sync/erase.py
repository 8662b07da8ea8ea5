"""Erasing a person: who is meant, what mentions them, and everything of ours without them.

What the trackers still have is theirs to erase. Their accounts do not come back with the next pull
(store/erased.py); their name in the title of an item does when that item changes.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from portfolio.errors import UsageError
from portfolio.private_files import replace_private
from portfolio.records import Identity
from store.erasure import Person
from store.mentions import Mentions
from sync.derive import stored_identities

if TYPE_CHECKING:
    from pathlib import Path

    from store import Store

_SHORTEST = 4  # shorter words are in too many other words
_TOKEN_BYTES = 4
_PSEUDONYM = re.compile(
    rf"erased person [0-9a-f]{{{2 * _TOKEN_BYTES}}}|erased-[0-9a-f]{{{2 * _TOKEN_BYTES}}}"
)


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A place that mentions the person, and how often. `is_ours` is false where a person has to edit it."""

    place: str
    count: int
    is_ours: bool = True


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an erasure is about, and where they are mentioned."""

    person: Person
    accounts: Sequence[str]
    mentions: Sequence[Mention]
    namesakes: int = 0


def find_person(store: Store, who: str, aliases: Mapping[str, str]) -> tuple[Person, list[str], int]:
    """The person behind a name, an e-mail address, an account id or `source:account`.

    Returns:
        The person; their accounts as `source:account`; how many others have the same name, whose texts are
        left alone then.

    Raises:
        UsageError: several people are meant, or the text is too short to mean anybody.
    """
    who = who.strip()
    if len(who) < _SHORTEST:
        raise UsageError(
            f"`{who}` is too short to mean one person.", hint="Give an address or source:account."
        )
    identities = stored_identities(store)
    groups = _people(identities, aliases)
    chosen = {group for one, group in zip(identities, groups, strict=True) if _is_meant(one, who)}
    folded = who.casefold()
    chosen |= {person.casefold() for address, person in aliases.items() if address.casefold() == folded}
    if len(chosen) > 1:
        shown = sorted(
            f"{one.source}:{one.account_id}"
            for one, group in zip(identities, groups, strict=True)
            if group in chosen
        )
        raise UsageError(f"`{who}` are {len(chosen)} people.", hint=f"Name one of {', '.join(shown[:10])}.")
    theirs = [one for one, group in zip(identities, groups, strict=True) if group in chosen]
    others = [one for one in identities if one not in theirs]
    token = secrets.token_hex(_TOKEN_BYTES)
    return _person(theirs, others, who, aliases, token)


def erase(
    store: Store, person: Person, twins: Path | None, *, now: datetime, by: str, dry_run: bool
) -> list[Mention]:
    """Take the person out of the store and of the file of twins; `dry_run` only counts."""
    counts = store.erase_person(person, now=now, by=by, dry_run=dry_run)
    found = [Mention(place=table, count=count) for table, count in sorted(counts.items())]
    if twins is not None and (count := _in_text_file(twins, person, dry_run=dry_run)):
        found.append(Mention(place=str(twins), count=count))
    return found


def mentions_in_configuration(path: Path | None, person: Person) -> list[Mention]:
    """The lines of the configuration that mention the person: aliases, leads. People edit those."""
    if path is None or not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    pattern = Mentions(person).pattern
    return [
        Mention(place=f"{path}, line {number}", count=1, is_ours=False)
        for number, line in enumerate(lines, 1)
        if pattern is not None and pattern.search(line)
    ]


def is_pseudonymous(value: object) -> bool:
    """Whether an erasure has put a pseudonym into a text: it is no longer what stood anywhere."""
    return isinstance(value, str) and _PSEUDONYM.search(value) is not None


def vague_names(person: Person) -> list[str]:
    """The person's names that are too short to be taken out of sentences."""
    return Mentions(person).vague


def _is_meant(one: Identity, who: str) -> bool:
    names = {one.account_id, f"{one.source}:{one.account_id}", one.name, one.email or ""}
    return who.casefold() in {name.strip().casefold() for name in names if name}


def _people(identities: Sequence[Identity], aliases: Mapping[str, str]) -> list[str]:
    from sync.people import People

    people = People(identities, aliases)
    return [
        found.person_id if (found := people.person(one.source, one.account_id)) else one.account_id
        for one in identities
    ]


def _person(
    theirs: Sequence[Identity], others: Sequence[Identity], who: str, aliases: Mapping[str, str], token: str
) -> tuple[Person, list[str], int]:
    accounts = {
        (one.source, one.account_id): f"erased-{token}-{number}" for number, one in enumerate(theirs, 1)
    }
    addresses = {one.email.casefold() for one in theirs if one.email}
    if "@" in who:
        addresses.add(who.casefold())
    addresses |= {
        address.casefold()
        for address, person in aliases.items()
        if "@" in address and person.casefold() in addresses
    }
    names = {one.name.strip() for one in theirs if one.name.strip()}
    if not theirs and "@" not in who:
        names.add(who)
    taken = {one.name.strip().casefold() for one in others}
    shared = {name for name in names if name.casefold() in taken}
    name = f"erased person {token}"
    directory = {one.directory_id.casefold() for one in theirs if one.directory_id}
    person = Person(
        accounts=accounts,
        addresses=dict.fromkeys(sorted(addresses), f"erased-{token}@erased.invalid")
        | dict.fromkeys(sorted(directory), f"erased-{token}"),
        texts=dict.fromkeys(sorted(names - shared), name),
        name=name,
    )
    namesakes = sum(one.name.strip().casefold() in {s.casefold() for s in shared} for one in others)
    return person, [f"{source}:{account}" for source, account in accounts], namesakes


def _in_text_file(path: Path, person: Person, *, dry_run: bool) -> int:
    pattern = Mentions(person).pattern
    if pattern is None or not path.is_file():
        return 0
    target = path.resolve()
    text, count = pattern.subn(person.name, target.read_text(encoding="utf-8"))
    if count and not dry_run:
        replace_private(target, text.encode())
    return count
