"""The small lists that no revision announces (projects, trees, states, people), and the census."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.answers import Refusal
from connectors.azure_devops.client import quoted
from connectors.azure_devops.mapping_site import (
    AREA,
    ITERATION,
    directory_identity,
    iteration,
    nodes,
    schedule,
)
from connectors.azure_devops.reading import IN_THE_BIN, ItemReader
from connectors.azure_devops.site import chunks
from connectors.azure_devops.teams import read_teams
from connectors.azure_devops.wire import Project, Subject
from connectors.parallel import completed
from portfolio.errors import AccessDenied, AuthError, BadAnswer, TargetMissing, Unsupported
from portfolio.records import AnyRecord, Cursor, Identity, IdPage, ItemId, Page, item_id

if TYPE_CHECKING:
    from connectors.azure_devops.site import Site

_VERSION = 1
_SUBJECTS_AT_ONCE = 100
# What one list of one project may answer without harm to the others.
_CLOSED = (AccessDenied, TargetMissing, Refusal, Unsupported)
# The directory is another host, with a scope of its own.
_NO_DIRECTORY = (*_CLOSED, AuthError, BadAnswer)


def lists(site: Site, since: Cursor | None) -> Iterator[Page]:
    """Projects with their teams, iterations, and items that a renamed area or a changed process touches.

    Dates of an iteration vanish when it is moved, an area is renamed, a state gets another category: none of
    it makes a revision (facts/azure_devops.md §3). So the trees are read whole, and the cursor keeps what
    they looked like.
    """
    name = site.settings.name
    before = since.value if since is not None and since.version == _VERSION else {}
    site.former_names = site.former_names or dict(_texts(before, "projects"))
    records: list[AnyRecord] = []
    skipped: list[str] = []
    areas: dict[str, str] = {}
    states: dict[str, str] = {}
    for teams in read_teams(site, site.visible_projects()):
        project = teams.project
        records.append(schedule(name, project, teams.areas))
        skipped.extend(f"{name}: {project.name}: {problem}" for problem in teams.problems)
        records.extend(_iterations(site, project, areas, skipped))
        for (type_, state), category in site.process.states(project.name).items():
            states[f"{project.id}/{type_}/{state}"] = category
    known_areas, known_states = _texts(before, "areas"), _texts(before, "states")
    wanted = _renamed(known_areas, areas) + _redefined(site, known_states, states)
    wanted += _first_understood(site, _texts(before, "projects"), known_states, states)
    # What could not be read this time is as it was, or a change of it would never be noticed.
    read = {key.partition("/")[0] for key in states}
    states.update((key, text) for key, text in known_states.items() if key.partition("/")[0] not in read)
    value: dict[str, object] = {
        "areas": {**known_areas, **areas},
        "states": states,
        "projects": site.first_names(),
    }
    yield Page(
        records=records, skipped=skipped, cursor=Cursor(version=_VERSION, value=value) if not wanted else None
    )
    if not wanted:
        return
    reader = ItemReader(site)
    numbers = {one for where in wanted for ids in site.client.query_ids(where) for one in ids}
    for batch in chunks(sorted(numbers), site.settings.items_per_page):
        yield reader.read(batch).page(None)
    # Only now: a run that is killed before reads them again.
    yield Page(cursor=Cursor(version=_VERSION, value=value))


def people(site: Site, since: Cursor | None) -> Iterator[Page]:
    """The accounts that own something, as the directory knows them: leaving touches no item either."""
    known: Any = since.value.get("accounts") if since is not None and since.version == _VERSION else None
    if isinstance(known, list):
        site.owners.update(str(account) for account in known)
    accounts = sorted(site.owners)
    descriptors = [one for one in accounts if "." in one and "@" not in one and " " not in one]
    if not descriptors:
        return
    name = site.settings.name
    records: list[AnyRecord] = []
    try:
        for batch in chunks(descriptors, _SUBJECTS_AT_ONCE):
            calls = [partial(_account, site, *found) for found in site.client.subjects(batch).items()]
            latency = site.client.graph.latency_seconds
            accounts_found = list(completed(calls, latency_seconds=latency))
            accounts_found.sort(key=lambda one: one.account_id)
            records.extend(accounts_found)
    except _NO_DIRECTORY as error:
        site.context.say(
            f"{name}: the directory cannot be read ({type(error).__name__}); who has left is not known. "
            "The token needs the scope Graph (read)."
        )
    yield Page(records=records, cursor=Cursor(version=_VERSION, value={"accounts": accounts}))


def _account(site: Site, descriptor: str, subject: Subject) -> Identity:
    is_group = (subject.subject_kind or "").casefold() == "group"
    active = None if is_group else site.client.is_active(descriptor)
    return directory_identity(site.settings.name, descriptor, subject, is_active=active)


def census(site: Site) -> Iterator[IdPage]:
    """All ids, project by project, with what the recycle bin says of the others.

    A project that cannot be seen says nothing about its items. Deleted items answer like hidden and destroyed
    ones (TF401232), so only the recycle bin tells them apart.
    """
    yield from site.hidden_pages()
    for project in site.projects:
        yield _ids(site, project)


def _ids(site: Site, project: Project) -> IdPage:
    name = site.settings.name
    try:
        where = f"[System.TeamProject] = {quoted(project.name)}"
        found = [item_id(name, number) for ids in site.client.query_ids(where) for number in ids]
    except _CLOSED:
        reason = "its project cannot be searched"
        return IdPage(scope=project.name, ids=(), is_readable=False, covers_below=True, reason=reason)
    return IdPage(
        scope=project.name,
        ids=found,
        covers_below=True,
        reason="destroyed, or hidden from the account",
        reasons=_binned(site, project),
    )


def _binned(site: Site, project: Project) -> Mapping[ItemId, str]:
    try:
        numbers = site.client.recycle_bin(project.id)
    except _CLOSED:  # also where more than 20,000 items are in it
        return {}
    return {item_id(site.settings.name, number): IN_THE_BIN for number in numbers}


def _iterations(
    site: Site, project: Project, areas: dict[str, str], skipped: list[str]
) -> Iterator[AnyRecord]:
    name = site.settings.name
    try:
        roots = site.process.trees(project.name)
    except _CLOSED as error:
        skipped.append(f"{name}: the trees of {project.name} cannot be read ({type(error).__name__})")
        return
    today = site.context.clock().astimezone(site.zone).date()
    for root in roots:
        for path, node in nodes(root):
            if root.structure_type == AREA:
                areas[str(node.id)] = path
            elif root.structure_type == ITERATION:
                try:
                    yield iteration(name, path, node, today)
                except ValueError:
                    skipped.append(f"{name}: the dates of the iteration {path} are not understood")


def _renamed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Which items to read again, because their area is called something else: all under the topmost."""
    moved = sorted(path for node, path in now.items() if before.get(node, path) != path)
    top = [path for path in moved if not any(path.startswith(f"{other}\\") for other in moved)]
    return [f"[System.AreaPath] UNDER {quoted(path)}" for path in top]


def _redefined(site: Site, before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Which items to read again, because their state means something else than before."""
    names = {one.id: one.name for one in site.projects}
    clauses: list[str] = []
    for key, category in now.items():
        if before.get(key, category) != category:
            project, type_, state = key.split("/", 1)[0], *key.split("/", 1)[1].rsplit("/", 1)
            clauses.append(
                f"[System.TeamProject] = {quoted(names[project])} AND [System.WorkItemType] = {quoted(type_)}"
                f" AND [System.State] = {quoted(state)}"
            )
    return clauses


def _first_understood(
    site: Site, projects: Mapping[str, str], before: Mapping[str, str], now: Mapping[str, str]
) -> list[str]:
    """Which items to read again, because their project's states could not be read when they were."""
    blind = projects.keys() - {key.partition("/")[0] for key in before}
    seeing = {key.partition("/")[0] for key in now}
    return [
        f"[System.TeamProject] = {quoted(one.name)}"
        for one in site.projects
        if one.id in blind and one.id in seeing
    ]


def _texts(value: Mapping[str, object], name: str) -> dict[str, str]:
    found = value.get(name)
    if not isinstance(found, dict):
        return {}
    return {str(key): str(text) for key, text in found.items()}
