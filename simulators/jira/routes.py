"""Which handler answers which operation. Templates are the vendor's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from simulators.http import Response
from simulators.jira import agile, comments, issues, links, lists, remote_links, search, writing
from simulators.jira.call import Call

Handler: TypeAlias = Callable[[Call], Response]

API: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "serverInfo", lists.server_info),
    ("GET", "myself", lists.myself),
    ("GET", "mypermissions", lists.my_permissions),
    ("GET", "user", lists.user),
    ("GET", "user/bulk", lists.users),
    ("GET", "field", lists.fields),
    ("GET", "priority", lists.priorities),
    ("GET", "issuetype", lists.issue_types),
    ("GET", "status", lists.statuses),
    ("GET", "statuscategory", lists.categories),
    ("GET", "issueLinkType", links.link_types),
    ("GET", "project/search", lists.projects),
    ("GET", "project/{projectIdOrKey}", lists.project),
    ("GET", "project/{projectIdOrKey}/version", lists.version_page),
    ("GET", "project/{projectIdOrKey}/versions", lists.versions),
    ("GET", "search", search.removed),
    ("POST", "search", search.removed),
    ("GET", "search/jql", search.search_get),
    ("POST", "search/jql", search.search_post),
    ("POST", "search/approximate-count", search.count),
    ("POST", "issue/bulkfetch", issues.bulk_fetch),
    ("POST", "changelog/bulkfetch", issues.bulk_changelog),
    ("GET", "issue/{issueIdOrKey}", issues.get_issue),
    ("PUT", "issue/{issueIdOrKey}", writing.edit_issue),
    ("GET", "issue/{issueIdOrKey}/changelog", issues.changelog),
    ("GET", "issue/{issueIdOrKey}/editmeta", writing.edit_meta),
    ("GET", "issue/{issueIdOrKey}/transitions", writing.transitions),
    ("POST", "issue/{issueIdOrKey}/transitions", writing.transition),
    ("GET", "issue/{issueIdOrKey}/comment", comments.list_comments),
    ("POST", "issue/{issueIdOrKey}/comment", comments.add_comment),
    ("GET", "issue/{issueIdOrKey}/comment/{id}", comments.get_comment),
    ("PUT", "issue/{issueIdOrKey}/comment/{id}", comments.edit_comment),
    ("DELETE", "issue/{issueIdOrKey}/comment/{id}", comments.delete_comment),
    ("POST", "comment/list", comments.list_by_ids),
    ("GET", "comment/{commentId}/properties", comments.list_properties),
    ("GET", "comment/{commentId}/properties/{propertyKey}", comments.get_property),
    ("PUT", "comment/{commentId}/properties/{propertyKey}", comments.put_property),
    ("DELETE", "comment/{commentId}/properties/{propertyKey}", comments.delete_property),
    ("GET", "issue/{issueIdOrKey}/properties", writing.list_properties),
    ("GET", "issue/{issueIdOrKey}/properties/{propertyKey}", writing.get_property),
    ("PUT", "issue/{issueIdOrKey}/properties/{propertyKey}", writing.put_property),
    ("DELETE", "issue/{issueIdOrKey}/properties/{propertyKey}", writing.delete_property),
    ("GET", "issue/{issueIdOrKey}/remotelink", remote_links.list_remote),
    ("POST", "issue/{issueIdOrKey}/remotelink", remote_links.put_remote),
    ("DELETE", "issue/{issueIdOrKey}/remotelink", remote_links.delete_remote),
    ("GET", "issue/{issueIdOrKey}/remotelink/{linkId}", remote_links.get_one),
    ("PUT", "issue/{issueIdOrKey}/remotelink/{linkId}", remote_links.put_one),
    ("DELETE", "issue/{issueIdOrKey}/remotelink/{linkId}", remote_links.delete_one),
    ("POST", "issueLink", links.add_link),
    ("GET", "issueLink/{linkId}", links.get_link),
    ("DELETE", "issueLink/{linkId}", links.delete_link),
)
AGILE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "board", agile.boards),
    ("GET", "board/{boardId}", agile.board),
    ("GET", "board/{boardId}/configuration", agile.configuration),
    ("GET", "board/{boardId}/sprint", agile.sprints),
    ("GET", "sprint/{sprintId}", agile.sprint),
)


@dataclass(frozen=True, slots=True)
class Route:
    """A matched operation."""

    template: str
    version: int
    handler: Handler | None  # None: the path exists, the method does not
    params: dict[str, str]


class Router:
    """Finds the operation of a path; a fixed path goes before one with variables."""

    def __init__(self) -> None:
        self._fixed: dict[str, dict[str, Handler]] = {}
        self._open: list[tuple[re.Pattern[str], str, dict[str, Handler]]] = []
        table = [(m, f"/rest/api/#/{t}", h) for m, t, h in API]
        table += [(m, f"/rest/agile/1.0/{t}", h) for m, t, h in AGILE]
        table.append(("GET", "/_edge/tenant_info", lists.tenant_info))
        for method, template, handler in table:
            self._fixed.setdefault(template, {})[method] = handler
        for template in [t for t in self._fixed if "{" in t]:
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
            self._open.append((re.compile(pattern + "$"), template, self._fixed.pop(template)))

    def find(self, method: str, path: str) -> Route | None:
        """The route, or None where the tracker has nothing."""
        version, plain = 3, path
        if match := re.match(r"/rest/api/(2|3|latest)/", path):
            version = 2 if match.group(1) != "3" else 3
            plain = "/rest/api/#/" + path[match.end() :]
        if plain in self._fixed:
            return Route(plain.replace("#", str(version)), version, self._fixed[plain].get(method), {})
        for pattern, template, handlers in self._open:
            if found := pattern.match(plain):
                return Route(
                    template.replace("#", str(version)), version, handlers.get(method), found.groupdict()
                )
        return None
