"""People and teams: who carries how much, whose work is late, and what belongs to nobody who can act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from reports.reading import Item, Views
from reports.rows import LONGEST

NEXT_DAYS = 28


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """One person with open work in scope.

    Attributes:
        problem: why they cannot act: left, disabled; None where nothing is known to be wrong.
        open_items, in_progress: their work in scope; risks included.
        overdue: how much of it has passed its date.
        due_soon: how much is due within four weeks.
        undated: how much has no date.
        load_4w: planned hours over available hours in the next four weeks, over all their work; None where no
            tracker tells.
        projects: where their work is, most first.
    """

    person_id: str
    name: str
    problem: str | None
    open_items: int
    in_progress: int
    overdue: int
    due_soon: int
    undated: int
    load_4w: float | None
    projects: Sequence[tuple[str, int]]


class TeamRow(msgspec.Struct, frozen=True, kw_only=True):
    """One team with open work in scope; what the view `team` does not know is None."""

    team: str
    open_items: int
    in_progress: int
    overdue: int
    due_soon: int
    throughput_4w: float | None
    p10_26w: float | None
    wip: float | None
    wip_median_8w: float | None


class Unowned(msgspec.Struct, frozen=True, kw_only=True):
    """Open work with an owner problem of one kind."""

    problem: str
    items: Sequence[Item]


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Who carries what. Work that stands in two trackers counts once.

    Attributes:
        rows: people by open work, most first.
        left: those of them who cannot act.
        teams: teams by open work, most first; work without a team is in none.
        without_team: open work without a team.
        unowned: open work by what is wrong with its owner, most first.
        open_items, covered: open work that counts (committed, or a risk), and how much of it has an owner who
            can act.
    """

    rows: Sequence[PersonRow]
    left: Sequence[PersonRow]
    teams: Sequence[TeamRow]
    without_team: int
    unowned: Sequence[Unowned]
    open_items: int
    covered: int


def people(views: Views) -> People:
    """Gather who carries what."""
    soon = views.scope.today + timedelta(days=NEXT_DAYS)
    work = [one for one in views.open_items if one.is_leaf or one.kind == "risk"]
    by_owner: dict[str, list[Item]] = {}
    by_team: dict[str, list[Item]] = {}
    unowned: dict[str, list[Item]] = {}
    for item in work:
        if item.owner_id is not None:
            by_owner.setdefault(f"{item.source}:{item.owner_id}", []).append(item)
        if item.team is not None:
            by_team.setdefault(item.team, []).append(item)
        if item.owner_problem is not None:
            unowned.setdefault(item.owner_problem, []).append(item)

    def counts(items: Sequence[Item]) -> dict[str, int]:
        return {
            "open_items": views.pieces(items),
            "in_progress": views.pieces(one for one in items if one.state == "in_progress"),
            "overdue": views.pieces(one for one in items if one.is_overdue),
            "due_soon": views.pieces(
                one for one in items if one.due is not None and views.scope.today <= one.due <= soon
            ),
        }

    rows = []
    for row in views.rows("person"):
        items = [one for account in _accounts(row) for one in by_owner.get(account, ())]
        if not items:
            continue
        places = Counter(one.project for one in items if one.project is not None)
        rows.append(
            PersonRow(
                person_id=row["person_id"],
                name=row["name"] or row["email"] or row["person_id"],
                problem=row["problem"],
                **counts(items),
                undated=views.pieces(one for one in items if one.due is None),
                load_4w=row["load_4w"],
                projects=places.most_common(),
            )
        )
    rows.sort(key=lambda one: (-one.open_items, one.name.casefold()))
    flow = {str(row["team"])[:LONGEST]: row for row in views.rows("team")}
    names = ("throughput_4w", "p10_26w", "wip", "wip_median_8w")
    teams = [
        TeamRow(team=team, **counts(items), **{name: flow.get(team, {}).get(name) for name in names})  # type: ignore[arg-type]
        for team, items in by_team.items()
    ]
    counted = [one for one in work if one.is_committed or one.kind == "risk"]
    return People(
        rows=rows,
        left=[one for one in rows if one.problem is not None],
        teams=sorted(teams, key=lambda one: (-one.open_items, one.team.casefold())),
        without_team=views.pieces(one for one in work if one.team is None),
        unowned=sorted(
            (Unowned(problem=problem, items=items) for problem, items in unowned.items()),
            key=lambda one: (-len(one.items), one.problem),
        ),
        open_items=views.pieces(counted),
        # Twins of which one side has nobody are not covered: nobody acts there.
        covered=views.pieces(counted) - views.pieces(one for one in counted if one.owner_problem is not None),
    )


def _accounts(row: dict[str, object]) -> set[str]:
    """The accounts of a person, as `source:account`."""
    accounts = row["accounts"]
    return {str(one) for one in accounts} if isinstance(accounts, list) else set()
