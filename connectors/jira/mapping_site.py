"""What issues hang on, as portfolio records: projects, people, sprints, versions."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from connectors.jira import wire, wire_site
from connectors.jira.values import day
from portfolio.records import Identity, Iteration, Release, Schedule, item_id

_NOBODY = ("former user", "deleted user", "unknown user", "anonymous")


def schedule_id(source: str, project_id: str) -> str:
    """The identity of a Jira project as a schedule: by id, because keys of projects change."""
    return f"{source}/project-{project_id}"


def schedule(source: str, project: wire_site.ListedProject) -> Schedule:
    """A project as a schedule."""
    return Schedule(
        schedule_id=schedule_id(source, project.id),
        source=source,
        scope=project.key,
        name=project.name or project.key,
        kind="project",
        lead_id=project.lead.accountId or None if project.lead else None,
        is_active=not (project.archived or project.deleted),
    )


def identity(source: str, user: wire.User) -> Identity:
    """An account. What is left of a deleted one is a placeholder; an app is no owner."""
    name = user.displayName.strip()
    if user.accountId == "unknown" or not name or name.casefold() in _NOBODY:
        kind = "placeholder"
    else:
        kind = {"atlassian": "person", "customer": "person", "app": "service"}.get(
            user.accountType, "unknown"
        )
    return Identity(
        source=source,
        account_id=user.accountId,
        name=name or user.accountId,
        email=user.emailAddress or None,
        kind=kind,
        is_active=user.active,
    )


def iteration(source: str, sprint: wire.Sprint, zone: ZoneInfo) -> Iteration:
    """A sprint; its days are those of the portfolio's zone. A sprint may hold issues of many projects.

    Raises:
        ValueError: its dates are no dates.
    """
    return Iteration(
        iteration_id=item_id(source, sprint.id),
        source=source,
        name=sprint.name,
        state=sprint.state.lower() or None,
        start=day(sprint.startDate, zone),
        end=day(sprint.endDate, zone),
    )


def release(source: str, version: wire.Version, scope: str) -> Release:
    """A version.

    Raises:
        ValueError: its dates are no dates.
    """
    return Release(
        release_id=item_id(source, version.id),
        source=source,
        name=version.name,
        start=day(version.startDate),
        date=day(version.releaseDate),
        is_released=version.released,
        is_archived=version.archived,
        scope=scope,
    )
