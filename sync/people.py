"""Who owns what: the accounts of one human joined over trackers, and why an owner is no owner.

An account that cannot be matched to anybody is *unknown*, which is not the same as unowned: nothing is said
against it. Accounts are joined by e-mail address, by their id in a directory that stands behind several
trackers (Microsoft Entra), and by the alias list of the configuration, never by name. An address that people
of unlike names have in one tracker is a shared mailbox and joins nobody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from portfolio.records import Identity, SourceId

NO_OWNER = "no owner"
PLACEHOLDER = "placeholder name"
DISABLED = "account disabled"
GROUP = "owner is a group"
SERVICE = "owner is a service account"
OFF_PROJECT = "not on the project"

# facts/rules.md §3.2: names that stand for nobody. Matched on the whole name after NFKC and casefold.
_PLACEHOLDER_NAMES = re.compile(
    r"tb[dca]|n/?a|none|\?+|-+|unknown|unassigned|nobody|no ?one|to be (confirmed|decided|defined)"
    r"|open|vacant|pm|project manager( \d+)?|team( .{1,20})?"
)


@dataclass(slots=True)
class Person:
    """One human and the accounts that are theirs."""

    person_id: str
    name: str
    email: str | None
    accounts: list[tuple[SourceId, str]] = field(default_factory=list)
    problem: str | None = None


class People:
    """Everybody the trackers know, and what is wrong with them as owners."""

    def __init__(
        self,
        identities: Sequence[Identity],
        aliases: Mapping[str, str] | None = None,
        left: Iterable[str] = (),
    ) -> None:
        """Join accounts to persons.

        Args:
            identities: the accounts of all sources.
            aliases: from an e-mail address or `source:account id` to the e-mail address of the person.
            left: e-mail addresses, or `source:account id`, of people who have left.
        """
        folded = _without_chains({_folded(key): _folded(value) for key, value in (aliases or {}).items()})
        self._identities = {(one.source, one.account_id): one for one in identities}
        self._persons: dict[str, Person] = {}
        self._by_account: dict[tuple[SourceId, str], Person] = {}
        self._aliases = folded
        addresses: dict[str, str] = {}
        shared = _shared_addresses(identities)
        for one in sorted(identities, key=lambda one: (one.source, one.account_id)):
            if one.directory_id and (email := _folded(one.email)) and email not in shared:
                addresses.setdefault(one.directory_id.casefold(), email)
        for one in identities:
            account = f"{one.source}:{one.account_id}"
            email = _folded(one.email)
            shown = None if email in shared else one.email
            email = "" if email in shared else email
            # One human of the directory may have another address in another tracker, or none: one counts.
            directory = (one.directory_id or "").casefold()
            joined = addresses.get(directory) or email
            named = (_folded(account), email, joined)
            person_id = next((folded[name] for name in named if name and name in folded), joined)
            person_id = person_id or (f"directory:{directory}" if directory else account)
            person = self._persons.setdefault(person_id, Person(person_id, one.name, shown))
            person.email = person.email or shown
            person.accounts.append((one.source, one.account_id))
            self._by_account[one.source, one.account_id] = person
        self._left = self._persons_of(left, folded)
        for person in self._persons.values():
            person.problem = self._problem_of_person(person)

    @property
    def persons(self) -> Sequence[Person]:
        """All persons, in a stable order."""
        return sorted(self._persons.values(), key=lambda person: person.person_id)

    def identity(self, source: SourceId, account_id: str | None) -> Identity | None:
        """The account, where its source has told us of it."""
        return None if account_id is None else self._identities.get((source, account_id))

    def person(self, source: SourceId, account_id: str | None) -> Person | None:
        """The human behind an account."""
        return None if account_id is None else self._by_account.get((source, account_id))

    def members(self, addresses: Iterable[str]) -> frozenset[str]:
        """The ids of the persons that these addresses or accounts stand for, known or not."""
        return frozenset(self._persons_of(addresses, self._aliases))

    def owner_problem(
        self, source: SourceId, account_id: str | None, team: frozenset[str] | None = None
    ) -> str | None:
        """Why this owner cannot act; None where nothing is wrong or nothing is known.

        The first reason of facts/rules.md §3.2 that holds is the one shown.

        Args:
            source: the tracker that names the owner.
            account_id: the owner there.
            team: the ids of everybody on the item's project (`members`); None where nobody says who is.
        """
        if account_id is None:
            return NO_OWNER
        identity = self.identity(source, account_id)
        if identity is None:
            return PLACEHOLDER if is_placeholder(account_id) else None
        person = self._by_account[source, account_id]
        own = problem_of_account(identity) or (DISABLED if person.person_id in self._left else None)
        if own is None and not identity.is_active:
            # A plan's resource has no account that could be disabled; the same person's tracker account has.
            own = person.problem
        # Somebody whose address no tracker tells may well be on the list: that is unknown, not unowned.
        is_known = person.email is not None or "@" in person.person_id
        if own is None and team is not None and is_known and person.person_id not in team:
            return OFF_PROJECT
        return own

    def _persons_of(self, names: Iterable[str], aliases: Mapping[str, str]) -> set[str]:
        found: set[str] = set()
        for name in names:
            folded = aliases.get(_folded(name), _folded(name))
            source, _, account = name.partition(":")
            person = self._by_account.get((source, account))
            found.add(person.person_id if person is not None else folded)
        return found

    def _problem_of_person(self, person: Person) -> str | None:
        if person.person_id in self._left:
            return DISABLED
        accounts = [self._identities[account] for account in person.accounts]
        if any(one.is_active and problem_of_account(one) is None for one in accounts):
            return None
        problems = [problem_of_account(one) for one in accounts]
        if DISABLED in problems:
            return DISABLED
        return problems[0] if problems and all(problems) else None


def _folded(name: str | None) -> str:
    return (name or "").strip().casefold()


def _without_chains(aliases: Mapping[str, str]) -> dict[str, str]:
    """Each name with the one that stands at the end: the alias of an alias is an alias."""
    found: dict[str, str] = {}
    for name in aliases:
        last, seen = name, {name}
        while (further := aliases.get(last)) is not None and further not in seen:
            last = further
            seen.add(further)
        found[name] = last
    return found


def _shared_addresses(identities: Iterable[Identity]) -> frozenset[str]:
    """The addresses that active accounts of unlike names have in one tracker: those of no one human."""
    names: dict[tuple[SourceId, str], set[str]] = {}
    for one in identities:
        if one.email and one.is_active is not False:
            names.setdefault((one.source, _folded(one.email)), set()).add(_plain(one.name))
    return frozenset(address for (_, address), some in names.items() if len(some) > 1)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def problem_of_account(identity: Identity) -> str | None:
    """What is wrong with one account as an owner, by itself."""
    if identity.kind == "placeholder" or is_placeholder(identity.name):
        return PLACEHOLDER
    if identity.is_active is False:
        return DISABLED
    if identity.kind == "group":
        return GROUP
    return SERVICE if identity.kind == "service" else None


def is_placeholder(name: str) -> bool:
    """True for names that stand for nobody: TBD, n/a, ?, unassigned, Team X."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace(".", "").strip(" ()[]<>*")
    return not folded or _PLACEHOLDER_NAMES.fullmatch(folded) is not None
