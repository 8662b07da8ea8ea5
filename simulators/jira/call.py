"""What a handler gets: the site, the caller, the request; and how it refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from simulators.http import Request, Response
from simulators.jira.limits import Limiter
from simulators.jira.model import Issue, Json, User
from simulators.jira.options import Options
from simulators.jira.render import Renderer

if TYPE_CHECKING:
    from simulators.jira.site import JiraCloud

STALE_PAGE = "The provided next page token is invalid or has expired."
UNSEEN = "Issue does not exist or you do not have permission to see it."


class Refusal(Exception):
    """The request ends with an error answer."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: dict[str, str] | None = None,
        response: Response | None = None,
    ) -> None:
        super().__init__(status, messages, errors)
        body = {"errorMessages": list(messages), "errors": errors or {}}
        self.response = response or Response.json(body, status)


@dataclass(slots=True)
class Call:
    """One request, matched to its operation."""

    site: JiraCloud
    options: Options
    caller: User | None
    version: int
    base: str  # what `self` URLs start with
    home: str  # where people browse
    request: Request
    template: str
    params: dict[str, str]
    limiter: Limiter | None = None
    rendered: dict[Any, bytes] = field(default_factory=dict)

    def renderer(self) -> Renderer:
        """Renders as this caller sees things."""
        return Renderer(
            self.site,
            self.caller,
            version=self.version,
            base=self.base,
            emails=self.options.emails,
            histories=self.options.history_cap,
        )

    def body(self) -> dict[str, Json]:
        """The request's JSON object, or 400."""
        value = self.value()
        if not isinstance(value, dict):
            raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        return value

    def value(self) -> Json:
        """The request's JSON value of any kind, or 400."""
        try:
            return json.loads(self.request.body)
        except ValueError:
            raise Refusal(
                400, "There was an error parsing JSON. Check that your request body is valid."
            ) from None

    def number(self, name: str, default: int) -> int:
        """An integer of the query, or 400."""
        text = self.request.one(name)
        if not text:
            return default
        try:
            return max(int(text), 0)
        except ValueError:
            raise Refusal(400, f"Failed to convert '{text}' to a number for '{name}'.") from None

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean of the query."""
        text = self.request.one(name)
        return text.lower() == "true" if text else default

    def issue(self, *, write: bool = False) -> Issue:
        """The issue of the path, by id or any key it ever had, or 404.

        A write needs an account, an issue that is not archived, and room in the per-issue limit.
        """
        issue = self.site.find_issue(self.params["issueIdOrKey"])
        if issue is None or not self.site.readable(issue, self.caller):
            raise Refusal(404, UNSEEN)
        if write:
            if self.caller is None:
                raise Refusal(
                    401, "You are not authenticated. Authentication required to perform this operation."
                )
            if issue.archived or self.site.projects[issue.project_id].state == "archived":
                raise Refusal(400, f"Issue {self.site.key_of(issue)} is archived and cannot be edited.")
            if self.limiter is not None and (refused := self.limiter.admit_write(issue.id)):
                raise Refusal(429, response=refused)
        return issue

    def me(self) -> User:
        """The calling account, or 401."""
        if self.caller is None:
            raise Refusal(401, "Client must be authenticated to access this resource.")
        return self.caller

    def may(self, permission: str) -> bool:
        """Has the account this permission?"""
        if permission in self.options.denied_permissions or self.caller is None:
            return False
        return self.options.is_admin or not permission.startswith("ADMINISTER")

    def page(
        self, rows: Sequence[Json], *, default: int, ceiling: int, member: str = "values"
    ) -> dict[str, Json]:
        """One startAt page with the vendor's envelope."""
        start = self.number("startAt", 0)
        size = self.options.capped(self.number("maxResults", default), ceiling)
        values = list(rows[start : start + size])
        is_last = start + len(values) >= len(rows)
        page: dict[str, Json] = {
            "self": self._page_url(start, size),
            "maxResults": size,
            "startAt": start,
            "total": len(rows),
            "isLast": is_last,
            member: values,
        }
        if not is_last:
            page["nextPage"] = self._page_url(start + len(values), size)
        return page

    def _page_url(self, start: int, size: int) -> str:
        query = {k: v for k, v in self.request.query.items() if k not in {"startAt", "maxResults"}}
        pairs = urlencode({**query, "startAt": start, "maxResults": size}, doseq=True)
        return f"{self.base}{self.request.path}?{pairs}"
