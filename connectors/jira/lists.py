"""The small lists that no change of an issue announces (projects, versions, sprints, people); the census."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.answers import Refusal
from connectors.jira.mapping_site import identity, iteration, release, schedule
from connectors.jira.pull import in_projects
from connectors.jira.site import Site
from connectors.jira.wire import Sprint
from connectors.jira.wire_site import ListedProject
from portfolio.errors import AccessDenied, AuthError, TargetMissing, Unsupported
from portfolio.records import AnyRecord, Cursor, IdPage, Page, item_id

_VERSION = 1
# What one list of one project may answer without harm to the others. A scoped token without the agile scopes
# is answered 401 on that path, though it is good elsewhere.
_CLOSED = (AccessDenied, AuthError, TargetMissing, Refusal, Unsupported)


def lists(site: Site, since: Cursor | None) -> Iterator[Page]:
    """Projects as schedules, versions, and sprints: one page, read whole on a clock.

    Starting, closing or renaming a sprint, or moving a version's date, touches no issue (facts/jira.md §1.8).
    """
    site.client.myself()
    records: list[AnyRecord] = []
    skipped: list[str] = []
    sprints: dict[int, Sprint] = {}
    for project in site.projects:
        records.append(schedule(site.settings.name, project))
        if project.lead is not None and project.lead.accountId:
            records.append(identity(site.settings.name, project.lead))
            site.accounts.add(project.lead.accountId)
        if project.archived or project.deleted:
            continue
        records.extend(_versions(site, project, skipped))
        sprints.update((one.id, one) for one in _open_sprints(site, project))
    was_open = _numbers(since, "open_sprints")
    for number in sorted(was_open - sprints.keys()):
        # Closed since: the list shows only open ones, because the closed ones pile up for years.
        sprint = site.client.sprint(number)
        if sprint is not None:
            sprints[number] = sprint
    for sprint in sprints.values():
        try:
            records.append(iteration(site.settings.name, sprint, site.zone))
        except ValueError as error:
            skipped.append(f"{site.settings.name}: sprint {sprint.name}: {error}")
    still_open = sorted(number for number, one in sprints.items() if one.state.lower() != "closed")
    cursor = Cursor(version=_VERSION, value={"open_sprints": still_open})
    yield Page(records=records, cursor=cursor, skipped=skipped)


def people(site: Site, since: Cursor | None) -> Iterator[Page]:
    """The accounts that own something, as they are today: disabling an account touches no issue either."""
    known = since.value.get("accounts") if since is not None and since.version == _VERSION else None
    if isinstance(known, list):
        site.accounts.update(str(account) for account in known)
    accounts = sorted(account for account in site.accounts if account != "unknown")
    if not accounts:
        return
    site.client.myself()
    records: list[AnyRecord] = [
        identity(site.settings.name, user) for user in site.client.users(accounts) if user.accountId
    ]
    yield Page(records=records, cursor=Cursor(version=_VERSION, value={"accounts": accounts}))


def census(site: Site) -> Iterator[IdPage]:
    """All ids, project by project, with what has become of the project itself.

    A project that cannot be seen says nothing about its issues.
    """
    site.client.myself()
    listed = {project.key: project for project in site.projects}
    for key in site.settings.projects or sorted(listed):
        project = listed.get(key)
        if project is None:
            yield IdPage(scope=key, ids=(), is_readable=False, reason="its project cannot be seen")
        elif project.deleted:
            yield IdPage(scope=key, ids=(), reason="its project was deleted")
        elif project.archived:
            yield IdPage(scope=key, ids=(), reason="its project was archived")
        else:
            yield _ids(site, key)


def _ids(site: Site, key: str) -> IdPage:
    # By id, because nothing moves an id while the pages are read.
    jql = f"{in_projects([key])} ORDER BY id ASC"
    try:
        found = [issue for page in site.client.search_ids(jql) for issue in page]
    except (AccessDenied, Refusal, TargetMissing):
        return IdPage(scope=key, ids=(), is_readable=False, reason="its project cannot be searched")
    return IdPage(
        scope=key,
        ids=[item_id(site.settings.name, issue) for issue in found],
        reason="deleted, or hidden from the account",
    )


def _versions(site: Site, project: ListedProject, skipped: list[str]) -> Iterator[AnyRecord]:
    name = site.settings.name
    try:
        versions = site.client.versions(project.key)
    except _CLOSED as error:
        skipped.append(f"{name}: the versions of {project.key} cannot be read ({type(error).__name__})")
        return
    for version in versions:
        try:
            yield release(name, version, project.key)
        except ValueError as error:
            skipped.append(f"{name}: version {version.name} of {project.key}: {error}")


def _open_sprints(site: Site, project: ListedProject) -> list[Sprint]:
    try:
        boards = site.client.scrum_boards(project.key)
        return [sprint for board in boards for sprint in site.client.open_sprints(board.id)]
    except _CLOSED as error:
        site.context.say(
            f"{site.settings.name}: the boards of {project.key} cannot be read ({type(error).__name__}); "
            "its sprints are known from its issues only"
        )
        return []


def _numbers(since: Cursor | None, name: str) -> set[int]:
    value: Any = since.value.get(name) if since is not None and since.version == _VERSION else None
    return {one for one in value if isinstance(one, int)} if isinstance(value, list) else set()
