"""The resources of a plan: who can own work, who does, and who leads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from connectors.ms_project import units
from connectors.ms_project.wire import AssignmentRow, PlanRows, ResourceRow
from portfolio.records import Identity

_GROUP_UNITS = 2.0  # 200 % available is more than one person


class Crew:
    """The people of one plan.

    Accounts are `<file>:<resource UID>`: UIDs are stable inside a file and mean nothing outside it. The same
    human in two plans is joined by e-mail address or alias file, as everywhere.
    """

    def __init__(self, rows: PlanRows, source: str, scope: str) -> None:
        self._source = source
        self._scope = scope
        self._manager = rows.header.get("Manager")
        self._resources = {row.uid: row for row in rows.resources if row.uid is not None}
        self.owners, self.assignment_counts = self._assigned(rows.assignments)

    def identities(self) -> list[Identity]:
        """Everyone who can be assigned work, and the plan's manager where that is someone else."""
        found = [
            Identity(
                source=self._source,
                account_id=self._account(uid),
                name=row.name or "",
                email=row.email,
                kind=_kind(row),
                is_active=False if units.flag(row.is_inactive) else None,
            )
            for uid, row in self._resources.items()
            if _is_work(row)
        ]
        if self._manager and self._named(self._manager) is None:
            found.append(
                Identity(
                    source=self._source,
                    account_id=self._account("manager"),
                    name=self._manager,
                    kind="person",
                )
            )
        return found

    def lead_id(self) -> str | None:
        """The account that leads the plan: assigned to the project summary, else the file's Manager."""
        if "0" in self.owners:
            return self.owners["0"]
        if not self._manager:
            return None
        return self._account(self._named(self._manager) or "manager")

    def _assigned(self, assignments: Sequence[AssignmentRow]) -> tuple[Mapping[str, str], Mapping[str, int]]:
        """The first person assigned to each task, and how many resources of any type are.

        "Nobody" is an assignment too: real Project writes one to resource -65535 for each unassigned task.
        """
        owners: dict[str, str] = {}
        counts: Counter[str] = Counter()
        for task_uid, resource in self._pairs(assignments):
            counts[task_uid] += 1
            if task_uid not in owners and _can_own(resource):
                owners[task_uid] = self._account(resource.uid or "")
        return owners, counts

    def _pairs(self, assignments: Sequence[AssignmentRow]) -> Iterator[tuple[str, ResourceRow]]:
        for assignment in assignments:
            resource = self._resources.get(assignment.resource_uid or "")
            if assignment.task_uid is not None and resource is not None and _is_real(resource):
                yield assignment.task_uid, resource

    def _named(self, name: str) -> str | None:
        wanted = name.casefold()
        return next(
            (
                uid
                for uid, row in self._resources.items()
                if _can_own(row) and row.name is not None and row.name.casefold() == wanted
            ),
            None,
        )

    def _account(self, uid: str) -> str:
        return f"{self._scope}:{uid}"


def _is_real(row: ResourceRow) -> bool:
    """Resource 0 is an unnamed row that every file has."""
    return bool(row.name) and not units.flag(row.is_null)


def _is_work(row: ResourceRow) -> bool:
    """Type 0 is material; a cost resource is written as material, too, with a flag of its own."""
    return (
        _is_real(row)
        and row.type in ("1", None)
        and not units.flag(row.is_cost)
        and not units.flag(row.is_budget)
    )


def _can_own(row: ResourceRow) -> bool:
    """A generic resource is a role that nobody fills yet."""
    return _is_work(row) and not units.flag(row.is_generic)


def _kind(row: ResourceRow) -> str:
    if units.flag(row.is_generic):
        return "placeholder"
    try:
        available = units.number(row.max_units)
    except ValueError:
        return "person"
    return "group" if available is not None and available >= _GROUP_UNITS else "person"
