"""Derivation of whose an item is: its owner, why they cannot act, its team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from store.frames import Coded, coded
from sync.pairs import pairs_of
from sync.people import People
from sync.teams import Teams
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

_NAMES = ("owner", "owner_email", "owner_kind", "owner_problem")


def derive_owners(work: Workspace, _store: Store) -> int:
    """What is known of each owner: worked out once for each account and project."""
    teams = {
        node.slug: work.people.members(node.people) for node in work.settings.tree if node.people is not None
    }
    accounts = pairs_of(accounts_of(work), work.derived.codes("project"))
    known = [_owner(work.people, account, teams.get(project)) for account, project in accounts.words]
    for place, name in enumerate(_NAMES):
        work.derived.put(name, Coded(accounts.codes, [one[place] for one in known]).compact())
    return 0


def accounts_of(work: Workspace) -> Coded:
    """Whose each item is: (source, account or None)."""
    return pairs_of(work.items.codes("source"), work.items.codes("owner_id"))


def _owner(people: People, owner: tuple[str, str | None], team: frozenset[str] | None) -> tuple[Any, ...]:
    source, account = owner
    identity, person = people.identity(source, account), people.person(source, account)
    return (
        identity.name if identity else account,
        person.email if person else None,
        identity.kind if identity else (None if account is None else "unknown"),
        people.owner_problem(source, account, team),
    )


def derive_teams(work: Workspace, store: Store) -> int:
    """The team that an item names, else the one that is responsible for its scope."""
    schedules = store.read("tracker_schedule", ("schedule_id", "team_areas"))
    teams = {one: Teams(areas) for one, areas in zip(*schedules.values(), strict=True) if areas}
    items = work.items
    own = items.codes("team")
    if not teams:
        work.derived.put("team", own.compact())
        return 0
    responsible = pairs_of(items.codes("schedule_id"), items.codes("scope"))
    of_scope = coded([teams[one].of(scope) if one in teams else None for one, scope in responsible.words])
    # Words of both, the item's own first.
    inherited = np.append(of_scope.codes, -1)[responsible.codes]
    inherited = np.where(inherited >= 0, inherited + len(own.words), -1)
    codes = np.where(own.codes >= 0, own.codes, inherited).astype(np.int32)
    work.derived.put("team", Coded(codes, [*own.words, *of_scope.words]).compact())
    return 0
