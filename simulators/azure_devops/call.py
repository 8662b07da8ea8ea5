"""What a handler gets: the organisation, the caller, the request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from simulators.azure_devops.model import Item, Json, Project, Team, User
from simulators.azure_devops.options import Options
from simulators.azure_devops.refusals import bad_request, no_project, refuse, unreadable
from simulators.azure_devops.render import Renderer
from simulators.clock import to_ms
from simulators.http import Request, Response

if TYPE_CHECKING:
    from simulators.azure_devops.site import AzureDevOps


@dataclass(slots=True)
class Call:
    """One request, matched to its operation. `params` holds the parts of the path below `_apis`."""

    site: AzureDevOps
    options: Options
    caller: User
    base: str
    identity_base: str
    request: Request
    template: str
    version: str
    params: dict[str, str]
    project_text: str | None = None
    team_text: str | None = None
    rows: int = 0  # rows that the answer holds, for the budget

    @property
    def path(self) -> str:
        """The path below the organisation, as some errors quote it."""
        return self.request.path[len(self.site.organisation) + 1 :]

    def renderer(self) -> Renderer:
        """Renders for this request."""
        return Renderer(self.site, self.base, self.identity_base)

    def body(self) -> Json:
        """The request's JSON, or 400."""
        try:
            return json.loads(self.request.body)
        except ValueError:
            raise bad_request("TF400898: The request body is not valid JSON.") from None

    def object(self) -> dict[str, Json]:
        """The request's JSON object, or 400."""
        value = self.body()
        if not isinstance(value, dict):
            raise bad_request("Value cannot be null.\r\nParameter name: body")
        return value

    def flag(self, name: str) -> bool:
        """A boolean query parameter."""
        return self.request.one(name).lower() == "true"

    def number(self, name: str, default: int) -> int:
        """A whole number among the query parameters, or 400."""
        text = self.request.one(name)
        if not text:
            return default
        try:
            return int(text)
        except ValueError:
            raise bad_request(f"The value '{text}' is not valid for Int32. (Parameter '{name}')") from None

    def project(self) -> Project:
        """The project in the path, or 404."""
        found = self.optional_project()
        if found is None:
            raise no_project("")
        return found

    def optional_project(self) -> Project | None:
        """The project in the path if there is one; 404 for one that is not there."""
        if self.project_text is None:
            return None
        return self.project_named(self.project_text)

    def project_named(self, text: str) -> Project:
        """A project by name or id, or 404."""
        found = self.site.find_project(text)
        if found is None or found.name in self.options.denied_projects:
            raise no_project(text)
        return found

    def team(self) -> Team:
        """The team in the path, else the project's default team; or 404."""
        project = self.project()
        if self.team_text is None:
            return self.site.teams_of(project)[0]
        found = self.site.find_team(project, self.team_text)
        if found is None:
            words = f"The team with id '{self.team_text}' does not exist."
            raise refuse(404, "TeamNotFoundException", words)
        return found

    def item(self, text: str) -> Item:
        """A readable item, or the one 404 that says nothing."""
        found = self.site.items.get(int(text)) if text.isdigit() else None
        if found is None or not self.may_read(found):
            raise unreadable(text)
        project = self.optional_project()
        if project is not None and project.id != found.state["System.TeamProject"]:
            raise unreadable(text)
        return found

    def may_read(self, item: Item) -> bool:
        """Is it there for this caller?"""
        return self.site.visible(item) and self.site.project_of(item).name not in self.options.denied_projects

    def instant(self, text: str, name: str) -> int:
        """Epoch milliseconds of an ISO text, or 400."""
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise bad_request(f"The value '{text}' is not valid for DateTime. (Parameter '{name}')") from None
        return to_ms(at) if at.tzinfo else to_ms(at.replace(tzinfo=self.site.clock.now().tzinfo))

    def collection(self, rows: Sequence[Json], headers: dict[str, str] | None = None) -> Response:
        """A list in the vendor's envelope."""
        self.rows = len(rows)
        return Response.json({"count": len(rows), "value": list(rows)}, headers=headers)
