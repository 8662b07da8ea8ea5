"""Which handler answers which operation. Templates are the vendor's, from `_apis` on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from simulators.azure_devops import (
    batches,
    bin,  # noqa: A004 - the recycle bin
    comments,
    discovery,
    items,
    lists,
    nodes,
    patching,
    people,
    queries,
    reporting,
    teams,
)
from simulators.azure_devops.call import Call
from simulators.http import Response

Handler: TypeAlias = Callable[[Call], Response]

# Scope: which of o(rganisation), p(roject), t(eam) may stand before _apis.
# Preview: the resource version that has no released one.
BOARDS: tuple[tuple[str, str, str, Handler, int | None], ...] = (
    ("GET", "o", "connectionData", people.connection_data, 1),
    ("OPTIONS", "o", "wit", discovery.resources, None),
    ("GET", "o", "projects", lists.projects, None),
    ("GET", "o", "projects/{projectId}", lists.project, None),
    ("GET", "o", "projects/{projectId}/teams", teams.project_teams, None),
    ("GET", "o", "projects/{projectId}/teams/{teamId}", teams.team, None),
    ("GET", "o", "projects/{projectId}/teams/{teamId}/members", teams.members, None),
    ("GET", "o", "teams", teams.all_teams, 3),
    ("GET", "o", "process/processes", lists.processes, None),
    ("GET", "o", "process/processes/{processId}", lists.process, None),
    ("GET", "o", "work/processes", lists.work_processes, None),
    ("GET", "o", "work/processes/{processTypeId}", lists.work_process, None),
    ("GET", "pt", "work/teamsettings", teams.settings, None),
    ("GET", "pt", "work/teamsettings/iterations", teams.iterations, None),
    ("GET", "pt", "work/teamsettings/iterations/{id}", teams.iteration, None),
    ("GET", "pt", "work/teamsettings/teamfieldvalues", teams.field_values, None),
    ("GET", "op", "wit/fields", lists.fields, None),
    ("GET", "op", "wit/fields/{fieldNameOrRefName}", lists.field, None),
    ("GET", "p", "wit/workitemtypes", lists.types, None),
    ("GET", "p", "wit/workitemtypes/{type}", lists.type_, None),
    ("GET", "p", "wit/workitemtypes/{type}/states", lists.states, None),
    ("GET", "p", "wit/workitemtypes/{type}/fields", lists.type_fields, None),
    ("GET", "p", "wit/workitemtypes/{type}/fields/{field}", lists.type_field, None),
    ("GET", "p", "wit/workitemtypecategories", lists.categories, None),
    ("GET", "o", "wit/workitemrelationtypes", lists.relation_types, None),
    ("GET", "p", "wit/classificationnodes", nodes.roots, None),
    ("GET", "p", "wit/classificationnodes/{structureGroup}", nodes.read, None),
    ("POST", "p", "wit/classificationnodes/{structureGroup}", nodes.create, None),
    ("GET", "p", "wit/classificationnodes/{structureGroup}/{path}", nodes.read, None),
    ("POST", "p", "wit/classificationnodes/{structureGroup}/{path}", nodes.create, None),
    ("PATCH", "p", "wit/classificationnodes/{structureGroup}/{path}", nodes.edit, None),
    ("DELETE", "p", "wit/classificationnodes/{structureGroup}/{path}", nodes.remove, None),
    ("GET", "op", "wit/reporting/workitemrevisions", reporting.revisions_get, None),
    ("POST", "op", "wit/reporting/workitemrevisions", reporting.revisions_post, None),
    ("GET", "op", "wit/reporting/workitemlinks", reporting.links, None),
    ("POST", "opt", "wit/wiql", queries.wiql, None),
    ("POST", "op", "wit/workitemsbatch", items.batch, None),
    ("PATCH", "o", "wit/$batch", batches.batch, None),
    ("POST", "o", "wit/$batch", batches.batch, None),
    ("GET", "op", "wit/workitems", items.many, None),
    ("POST", "p", "wit/workitems/${type}", patching.create, None),
    ("GET", "op", "wit/workitems/{id}", items.read, None),
    ("PATCH", "op", "wit/workitems/{id}", patching.update, None),
    ("DELETE", "op", "wit/workitems/{id}", bin.delete, None),
    ("GET", "op", "wit/workitems/{id}/revisions", items.revisions, None),
    ("GET", "op", "wit/workitems/{id}/revisions/{revisionNumber}", items.revision, None),
    ("GET", "op", "wit/workitems/{id}/updates", items.updates, None),
    ("GET", "op", "wit/workitems/{id}/updates/{updateNumber}", items.update, None),
    ("GET", "p", "wit/workitems/{workItemId}/comments", comments.listed, 4),
    ("POST", "p", "wit/workitems/{workItemId}/comments", comments.add, 4),
    ("GET", "p", "wit/workitems/{workItemId}/comments/{commentId}", comments.read, 4),
    ("PATCH", "p", "wit/workitems/{workItemId}/comments/{commentId}", comments.edit, 4),
    ("DELETE", "p", "wit/workitems/{workItemId}/comments/{commentId}", comments.delete, 4),
    ("GET", "p", "wit/workitems/{workItemId}/comments/{commentId}/versions", comments.versions, 1),
    ("GET", "p", "wit/recyclebin", bin.listed, None),
    ("GET", "p", "wit/recyclebin/{id}", bin.read, None),
    ("PATCH", "p", "wit/recyclebin/{id}", bin.restore, None),
    ("DELETE", "p", "wit/recyclebin/{id}", bin.destroy, None),
)
IDENTITY: tuple[tuple[str, str, str, Handler, int | None], ...] = (
    ("GET", "o", "graph/users", people.users, 1),
    ("GET", "o", "graph/users/{userDescriptor}", people.user, 1),
    ("GET", "o", "graph/groups", people.groups, 1),
    ("GET", "o", "graph/membershipstates/{subjectDescriptor}", people.membership_state, 1),
    ("GET", "o", "graph/descriptors/{storageKey}", people.descriptor, None),
    ("GET", "o", "graph/storagekeys/{subjectDescriptor}", people.storage_key, None),
    ("POST", "o", "graph/subjectlookup", people.subject_lookup, 1),
    ("GET", "o", "identities", people.identities, None),
)
_LOOSE = {"path"}  # takes the rest of the path


@dataclass(frozen=True, slots=True)
class Route:
    """A matched operation."""

    template: str
    handler: Handler | None  # None: the path exists, the method does not
    preview: int | None
    params: dict[str, str]
    project: str | None
    team: str | None


@dataclass(frozen=True, slots=True)
class _Entry:
    pattern: re.Pattern[str]
    template: str
    scopes: str
    handlers: dict[str, tuple[Handler, int | None]]


class Router:
    """Finds the operation of a path below the organisation; letters' case does not matter."""

    def __init__(self, table: tuple[tuple[str, str, str, Handler, int | None], ...]) -> None:
        entries: dict[str, _Entry] = {}
        for method, scopes, template, handler, preview in table:
            entry = entries.setdefault(template, _Entry(_pattern(template), f"/_apis/{template}", scopes, {}))
            entry.handlers[method] = (handler, preview)
        # A fixed path goes before one with variables.
        self._entries = sorted(entries.values(), key=lambda e: (e.template.count("{"), -len(e.template)))

    def find(self, method: str, path: str) -> Route | None:
        """The route of `/[{project}/[{team}/]]_apis/…`, or None where the service has nothing."""
        before, found, rest = path.partition("/_apis/")
        scope = [part for part in before.split("/") if part]
        if not found or len(scope) > 2:
            return None
        letter = "opt"[len(scope)]
        for entry in self._entries:
            if letter not in entry.scopes:
                continue
            match = entry.pattern.fullmatch(rest.strip("/"))
            if match is None:
                continue
            handler, preview = entry.handlers.get(method, (None, None))
            project = scope[0] if scope else None
            team = scope[1] if len(scope) > 1 else None
            return Route(entry.template, handler, preview, match.groupdict(), project, team)
        return None


def _pattern(template: str) -> re.Pattern[str]:
    def group(match: re.Match[str]) -> str:
        name = match.group(1)
        return f"(?P<{name}>{'.+' if name in _LOOSE else '[^/]+'})"

    return re.compile(re.sub(r"\\\{(\w+)\\\}", group, re.escape(template)), re.IGNORECASE)
