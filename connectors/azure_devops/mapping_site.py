"""What items hang on, as portfolio records: projects, accounts, iterations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from connectors.azure_devops.values import name_and_mail
from connectors.azure_devops.wire import Account, Node, Project, Subject
from portfolio.records import Identity, Iteration, Schedule, TeamArea

_GROUPS = ("vssgp.", "aadgp.", "acsgp.", "bndgp.")
_SERVICES = ("svc.", "s2s.", "aadsp.", "acs.")
_PEOPLE = ("aad.", "msa.", "win.", "bnd.", "imp.")
_ENTRA = "aad"  # where an account's `originId` is its object id in Microsoft Entra
_BUILD_SERVICE = "build service ("
ITERATION, AREA = "iteration", "area"


def schedule_id(source: str, project_id: str) -> str:
    """The identity of a project as a schedule: by id, because projects are renamed."""
    return f"{source}/project-{project_id}"


def schedule(source: str, project: Project, team_areas: Sequence[TeamArea] = ()) -> Schedule:
    """A project as a schedule."""
    return Schedule(
        schedule_id=schedule_id(source, project.id),
        source=source,
        scope=project.name,
        name=project.name,
        kind="project",
        is_active=project.state == "wellFormed",
        team_areas=team_areas,
    )


def identity(source: str, account_id: str, value: Account | str) -> Identity:
    """An account as an item shows it, which does not tell whether it may still sign in."""
    name, mail = name_and_mail(value)
    is_group = isinstance(value, Account) and value.is_container
    return Identity(
        source=source,
        account_id=account_id,
        name=name or account_id,
        email=mail,
        kind="group" if is_group else account_kind(account_id, name),
    )


def directory_identity(source: str, account_id: str, subject: Subject, *, is_active: bool | None) -> Identity:
    """An account as the directory knows it: with its mail address, and whether it may still sign in."""
    principal = subject.principal_name if "@" in (subject.principal_name or "") else None
    name = (subject.display_name or account_id).strip()
    kind = account_kind(account_id, name)
    if (subject.subject_kind or "").casefold() == "group":
        kind = "group"
    elif (subject.subject_kind or "").casefold() == "serviceprincipal" or subject.domain in (
        "Build",
        "AgentPool",
    ):
        kind = "service"
    return Identity(
        source=source,
        account_id=account_id,
        name=name,
        email=subject.mail_address or principal,
        kind=kind,
        is_active=is_active,
        directory_id=subject.origin_id if subject.origin == _ENTRA else None,
    )


def account_kind(account_id: str, name: str) -> str:
    """person, service, group or unknown, by the form of the descriptor; a service's name gives it away."""
    if account_id.startswith(_GROUPS):
        return "group"
    if account_id.startswith(_SERVICES) or _BUILD_SERVICE in name.casefold():
        return "service"
    return "person" if account_id.startswith(_PEOPLE) else "unknown"


def nodes(root: Node) -> Iterator[tuple[str, Node]]:
    r"""A tree's nodes with their paths, as items write them: `Retail\Release 1\Sprint 2`.

    A node's own `path` has the kind of tree as its second part, and some answers leave it out
    (facts/azure_devops.md §3), so the path is put together from the names.
    """
    stack = [(root.name, root)]
    while stack:
        path, node = stack.pop()
        yield path, node
        stack.extend((f"{path}\\{child.name}", child) for child in reversed(node.children))


def iteration_id(source: str, node: int) -> str:
    """The identity of an iteration."""
    return f"{source}/iteration-{node}"


def iteration(source: str, path: str, node: Node, today: date) -> Iteration:
    """An iteration; its state is computed, because a team's view calls an undated one current (facts §3).

    Raises:
        ValueError: its dates are no dates.
    """
    start = _day(node.attributes.start_date if node.attributes else None)
    end = _day(node.attributes.finish_date if node.attributes else None)
    return Iteration(
        iteration_id=iteration_id(source, node.id),
        source=source,
        name=path.rpartition("\\")[2],
        state=_timeframe(start, end, today),
        start=start,
        end=end,
        scope=path.partition("\\")[0],
    )


def _timeframe(start: date | None, end: date | None, today: date) -> str | None:
    if end is not None and end < today:
        return "closed"
    if start is None or end is None:
        return None
    return "future" if start > today else "active"


def _day(text: str | None) -> date | None:
    # An iteration's days are midnights of UTC, whatever zone people are in (facts §3.1).
    return date.fromisoformat(text[:10]) if text else None
