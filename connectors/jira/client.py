"""The endpoints of Jira Cloud that Dovetail uses, one typed method each, with page loops that end.

The `jira` package builds and authenticates the session. It retries POSTs, follows self links and knows none
of the bulk endpoints (facts/jira.md §3), so requests go through `connectors.http` on its session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from connectors.answers import Refusal
from connectors.auth import ApiToken, Bearer
from connectors.base import Context
from connectors.http import Http
from connectors.jira import wire, wire_site
from connectors.jira.settings import JiraSettings
from connectors.network import route_of
from portfolio.errors import AuthError, BadAnswer, TargetMissing

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

API = "/rest/api/3"
AGILE = "/rest/agile/1.0"
MARKER_PROPERTY = "dovetail"

CHANGELOG_ISSUES = 1000
CHANGELOG_PAGE = 10_000
COMMENTS_AT_ONCE = 1000
USERS_AT_ONCE = 90  # account ids are up to 128 characters, and they stand in the address
SEARCH_PAGE = 5000
_IDLE_PAGES_ALLOWED = 3
_OLD_DETAILS_LIMIT = 100


def _decoder(type_: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(type_)


_SEARCH = _decoder(wire.SearchPage)
_ISSUES = _decoder(wire.Issues)
_CHANGELOG = _decoder(wire.ChangelogPage)
_MYSELF = _decoder(wire_site.Myself)
_FIELDS = _decoder(list[wire_site.FieldInfo])
_STATUSES = _decoder(list[wire.Status])
_PROJECTS = _decoder(wire_site.ProjectPage)
_VERSIONS = _decoder(wire_site.VersionPage)
_BOARDS = _decoder(wire_site.BoardPage)
_SPRINTS = _decoder(wire_site.SprintPage)
_SPRINT = _decoder(wire.Sprint)
_USERS = _decoder(wire_site.UserPage)
_COMMENT_LIST = _decoder(wire.CommentList)
_COMMENTS = _decoder(wire.CommentPage)
_REMARKS = _decoder(wire.RemarkPage)
_PERMISSIONS = _decoder(wire_site.Permissions)
_EDITMETA = _decoder(wire_site.EditMeta)
_REMOTE_LINKS = _decoder(list[wire.RemoteLink])
_COUNT = _decoder(wire_site.Count)


class JiraClient:
    """One site through one account. Nothing is sent, and no secret is read, before the first request."""

    def __init__(self, settings: JiraSettings, context: Context, http: Http | None = None) -> None:
        self._settings = settings
        self._context = context
        self._http = http
        self._library: Any = None
        self._myself: wire_site.Myself | None = None
        self._details_limit = settings.details_per_request

    @property
    def http(self) -> Http:
        """The session, authenticated at first use."""
        if self._http is None:
            self._http = Http(
                self._settings.name,
                self._session(),
                base_url=self._settings.base_url,
                clock=self._context.clock,
                sleep=self._context.sleep,
                route=route_of(self._settings, self._context.folder),
            )
        return self._http

    def close(self) -> None:
        """Release connections. Safe to call twice."""
        if self._http is not None:
            self._http.close()

    def _session(self) -> requests.Session:
        from jira import JIRA

        arguments = _credentials(self._settings, self._context.folder)
        # get_server_info=False saves a request, but leaves deploymentType empty, and then every Cloud method
        # returns None; max_retries and logging would repeat POSTs and print bodies. facts/jira.md §3.
        self._library = JIRA(
            self._settings.base_url,
            options={"rest_api_version": "3", "check_update": False},
            timeout=(5, 60),
            max_retries=0,
            get_server_info=False,
            logging=False,
            **arguments,
        )
        self._library.deploymentType = "Cloud"
        session: requests.Session = self._library._session  # noqa: SLF001 - the package offers no public name
        session.headers["User-Agent"] = "dovetail"
        if session.auth is None:
            session.auth = _as_it_is  # else requests would look for a credential in ~/.netrc
        return session

    # Who we are and what the site consists of.

    def myself(self) -> wire_site.Myself:
        """The calling account, asked once.

        Raises:
            AuthError: also where the site answers as it answers strangers.
        """
        if self._myself is None:
            # A bad header may be answered like an anonymous caller, with 200 and fewer rows: no search is
            # believed before the site has said who we are. facts/jira.md §1.11.
            me = self.http.call("GET", f"{API}/myself", decoder=_MYSELF)
            if not me.accountId:
                raise AuthError(
                    self._settings.name,
                    "the site does not know who we are.",
                    hint="Check user and token under auth.",
                )
            self._myself = me
        return self._myself

    def fields(self) -> list[wire_site.FieldInfo]:
        """All fields of the site that the account can see."""
        return self.http.call("GET", f"{API}/field", decoder=_FIELDS)

    def statuses(self) -> list[wire.Status]:
        """All statuses with their categories."""
        return self.http.call("GET", f"{API}/status", decoder=_STATUSES)

    def projects(self, keys: Sequence[str]) -> list[wire_site.ListedProject]:
        """Live, archived and deleted projects: those with these keys, or all where none is named."""
        found: list[wire_site.ListedProject] = []
        # Fifty keys an address: keys are up to ten characters long, but an administrator may raise that.
        for batch in _batches(list(keys), 50) if keys else [[]]:
            params: dict[str, Any] = {
                "status": ["live", "archived", "deleted"],
                "expand": "lead",
                "maxResults": 100,
            }
            if batch:
                params["keys"] = batch
            try:
                found.extend(self._offset_pages(f"{API}/project/search", _PROJECTS, params))
            except TargetMissing:  # "404: no projects matching the search criteria are found"
                continue
        return found

    def versions(self, project: str) -> list[wire.Version]:
        """The versions of a project."""
        path, template = f"{API}/project/{project}/version", f"{API}/project/{{key}}/version"
        return list(self._offset_pages(path, _VERSIONS, {"maxResults": 100}, template))

    def scrum_boards(self, project: str) -> list[wire_site.Board]:
        """The boards of a project that have sprints."""
        params = {"projectKeyOrId": project, "type": "scrum", "maxResults": 50}
        return list(self._offset_pages(f"{AGILE}/board", _BOARDS, params))

    def open_sprints(self, board: int) -> list[wire.Sprint]:
        """The active and future sprints of a board; none where the board has no sprints."""
        path, template = f"{AGILE}/board/{board}/sprint", f"{AGILE}/board/{{id}}/sprint"
        try:
            params = {"state": "active,future", "maxResults": 50}
            return list(self._offset_pages(path, _SPRINTS, params, template))
        except (Refusal, TargetMissing):  # a Kanban board answers 400
            return []

    def sprint(self, sprint_id: int) -> wire.Sprint | None:
        """One sprint, or None when it is gone."""
        try:
            template = f"{AGILE}/sprint/{{id}}"
            return self.http.call("GET", f"{AGILE}/sprint/{sprint_id}", template=template, decoder=_SPRINT)
        except TargetMissing:
            return None

    def users(self, account_ids: Sequence[str]) -> list[wire.User]:
        """These accounts, as far as they still exist."""
        found: list[wire.User] = []
        for batch in _batches(account_ids, USERS_AT_ONCE):
            params: dict[str, Any] = {"accountId": batch, "maxResults": len(batch)}
            found.extend(self.http.call("GET", f"{API}/user/bulk", decoder=_USERS, params=params).values)
        return found

    # Searching and reading issues.

    def search(self, jql: str, fields: Sequence[str], token: str | None = None) -> wire.SearchPage:
        """One page of a search.

        Raises:
            BadAnswer: the page says both that it is not the last and how not to go on.
        """
        body: dict[str, Any] = {"jql": jql, "fields": list(fields), "maxResults": SEARCH_PAGE}
        if token:
            body["nextPageToken"] = token
        page = self.http.call("POST", f"{API}/search/jql", decoder=_SEARCH, json=body, repeatable=True)
        if page.isLast is False and not page.nextPageToken:
            raise BadAnswer(self._settings.name, "search/jql: a page that is not the last one leads nowhere.")
        return page

    def search_ids(self, jql: str) -> Iterator[list[str]]:
        """The ids of all issues that match, each once, page by page in the order of the query.

        Only pages of bare ids are large: the vendor caps a page that shows one more field at 100.

        Raises:
            BadAnswer: the pages go round in circles. There is no total to check against.
        """
        token: str | None = None
        seen: set[str] = set()
        useful = idle = 0
        while True:
            page = self.search(jql, ["id"], token)
            fresh = [row.id for row in page.issues if row.id not in seen]
            seen.update(fresh)
            if fresh:
                useful, idle = useful + 1, 0
                yield fresh
            else:
                idle += 1
            token = page.nextPageToken
            if page.isLast or not token:
                return
            # A page may come twice, and an odd token may lead back to the start: walking once more over what
            # is known is harmless. Walking longer than that is a loop.
            if idle > useful + _IDLE_PAGES_ALLOWED:
                raise BadAnswer(
                    self._settings.name, "search/jql: the page tokens go round in circles.", hint=_TRY_AGAIN
                )

    def count(self, jql: str) -> int:
        """About how many issues match; an estimate that lags behind."""
        path = f"{API}/search/approximate-count"
        return self.http.call("POST", path, decoder=_COUNT, json={"jql": jql}, repeatable=True).count

    @property
    def details_limit(self) -> int:
        """How many issues one bulk read may ask for."""
        return self._details_limit

    def details(self, ids: Sequence[str], fields: Sequence[str]) -> wire.Issues:
        """At most `details_limit` issues with these fields. What is gone or hidden is silently absent."""
        body = {"issueIdsOrKeys": list(ids), "fields": list(fields)}
        path = f"{API}/issue/bulkfetch"
        try:
            return self.http.call("POST", path, decoder=_ISSUES, json=body, repeatable=True)
        except Refusal as error:
            # 1000 at once came in autumn 2026 and not everywhere: 400 otherwise (facts/jira.md §1.2).
            if error.status != 400 or len(ids) <= _OLD_DETAILS_LIMIT:
                raise
            self._details_limit = _OLD_DETAILS_LIMIT
            parts = [self.details(batch, fields) for batch in _batches(ids, _OLD_DETAILS_LIMIT)]
            return wire.Issues(
                issues=[one for part in parts for one in part.issues],
                issueErrors=[one for part in parts for one in part.issueErrors],
            )

    def histories(self, ids: Sequence[str]) -> dict[str, list[wire.History]]:
        """The complete histories of up to 1000 issues, oldest first, put together over the pages.

        Without a filter on fields: parents, links and moves have no field id to filter by.
        """
        merged: dict[str, dict[str, wire.History]] = {}
        body: dict[str, Any] = {"issueIdsOrKeys": list(ids), "maxResults": CHANGELOG_PAGE}
        seen: set[str] = set()
        while True:
            path = f"{API}/changelog/bulkfetch"
            page = self.http.call("POST", path, decoder=_CHANGELOG, json=body, repeatable=True)
            for issue in page.issueChangeLogs:
                merged.setdefault(issue.issueId, {}).update((one.id, one) for one in issue.changeHistories)
            token = page.nextPageToken
            if not token:
                return {issue: list(entries.values()) for issue, entries in merged.items()}
            if token in seen:
                raise BadAnswer(
                    self._settings.name, "changelog/bulkfetch: the page tokens go round.", hint=_TRY_AGAIN
                )
            seen.add(token)
            body["nextPageToken"] = token

    def remote_links(self, issue: str) -> list[wire.RemoteLink]:
        """The links of an issue to pages elsewhere, all of them: the list has no pages."""
        path, template = f"{API}/issue/{issue}/remotelink", f"{API}/issue/{{id}}/remotelink"
        return self.http.call("GET", path, template=template, decoder=_REMOTE_LINKS)

    # Comments, screens, permissions.

    def comments(self, comment_ids: Sequence[str]) -> list[wire.Comment]:
        """These comments with their properties; those that are gone are absent."""
        found: list[wire.Comment] = []
        for batch in _batches(comment_ids, COMMENTS_AT_ONCE):
            body = {"ids": [int(one) for one in batch]}
            params = {"expand": "properties"}
            path = f"{API}/comment/list"
            page = self.http.call(
                "POST", path, decoder=_COMMENT_LIST, params=params, json=body, repeatable=True
            )
            found.extend(page.values)
        return found

    def comments_of(self, issue: str) -> Iterator[wire.CommentBrief]:
        """All comments of an issue, for issues with more than are embedded."""
        start = 0
        while True:
            page = self.http.call(
                "GET",
                f"{API}/issue/{issue}/comment",
                template=f"{API}/issue/{{id}}/comment",
                decoder=_COMMENTS,
                params={"startAt": start, "maxResults": 100, "orderBy": "created"},
            )
            yield from page.comments
            start += len(page.comments)
            if not page.comments or start >= page.total:
                return

    def newest_comments(self, issue: str) -> list[wire.RemarkComment]:
        """The newest hundred comments of an issue, with what they say."""
        path, template = f"{API}/issue/{issue}/comment", f"{API}/issue/{{id}}/comment"
        params: dict[str, str | int] = {"startAt": 0, "maxResults": 100, "orderBy": "-created"}
        page = self.http.call("GET", path, template=template, decoder=_REMARKS, params=params)
        return list(page.comments)

    def editmeta(self, issue: str) -> wire_site.EditMeta:
        """The fields on the edit screen of an issue."""
        template = f"{API}/issue/{{id}}/editmeta"
        return self.http.call("GET", f"{API}/issue/{issue}/editmeta", template=template, decoder=_EDITMETA)

    def permissions(self, keys: Sequence[str], project: str | None = None) -> dict[str, bool]:
        """Which of these permissions the account has, in a project or anywhere."""
        params = {"permissions": ",".join(keys)} | ({"projectKey": project} if project else {})
        answer = self.http.call("GET", f"{API}/mypermissions", decoder=_PERMISSIONS, params=params)
        return {key: one.havePermission for key, one in answer.permissions.items()}

    def _offset_pages(
        self, path: str, decoder: Any, params: Mapping[str, Any], template: str | None = None
    ) -> Iterator[Any]:
        """The rows of a `startAt` list. Steps by what came, because a server may give less than asked."""
        start = 0
        while True:
            page = self.http.call(
                "GET", path, template=template, decoder=decoder, params={**params, "startAt": start}
            )
            yield from page.values
            start += len(page.values)
            if page.isLast or not page.values or (page.total is not None and start >= page.total):
                return


_TRY_AGAIN = "Nothing of it was believed; the next run continues from the last checkpoint."


def _credentials(settings: JiraSettings, folder: Path) -> dict[str, Any]:
    match settings.auth:
        case ApiToken(user=user, token=token):
            return {"basic_auth": (user, token.resolve(folder))}
        case Bearer(token=token):
            return {"token_auth": token.resolve(folder)}
    return {}


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _batches(values: Sequence[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])
