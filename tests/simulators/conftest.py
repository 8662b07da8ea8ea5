"""Small served trackers whose whole traffic is held against the vendors' descriptions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import openapi_azure_devops
import openapi_jira
import pytest
import requests

from simulators import azure_devops
from simulators.azure_devops import AzureDevOps, AzureDevOpsServer
from simulators.jira import Clock, JiraCloud, JiraServer, Options

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Site:
    """A served site with a session that is signed in as the bot."""

    def __init__(self, cloud: JiraCloud, server: JiraServer) -> None:
        self.cloud = cloud
        self.server = server
        self.session = requests.Session()
        self.session.auth = (server.user, server.token)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """One request, redirects not followed; `path` is below `/rest/api/3/` unless it is absolute."""
        url = self.server.url + (path if path.startswith("/") else f"/rest/api/3/{path}")
        return self.session.request(method, url, json=body, params=query, timeout=10, allow_redirects=False)

    def get(self, path: str, **query: Any) -> Any:
        response = self.call("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: Any, **query: Any) -> Any:
        response = self.call("POST", path, body, **query)
        assert response.status_code in {200, 201}, response.text
        return response.json() if response.content else None

    def put(self, path: str, body: Any, **query: Any) -> requests.Response:
        return self.call("PUT", path, body, **query)

    def ids(self, jql: str, **body: Any) -> list[str]:
        """The ids that a search finds, all pages."""
        found: list[str] = []
        asked = {"jql": jql, **body}
        while True:
            page = self.post("search/jql", asked)
            found += [row["id"] for row in page["issues"]]
            if page["isLast"]:
                return found
            asked["nextPageToken"] = page["nextPageToken"]


@pytest.fixture
def cloud() -> JiraCloud:
    """A site at noon of 2 March 2026 with one project, CHK, led by ann."""
    site = JiraCloud(Clock(NOON))
    site.add_user("ann", "Ann Lead", "ann@demo.example")
    site.add_user("bob", "Bob Maker", "bob@demo.example")
    site.add_project("CHK", "Checkout", "ann")
    return site


@pytest.fixture
def serve(cloud: JiraCloud) -> Iterator[Callable[..., Site]]:
    """Serves the site with options; afterwards its traffic must have been as the vendor describes it."""
    with ExitStack() as stack:
        recorders = []

        def start(**options: Any) -> Site:
            server = stack.enter_context(cloud.serve(Options(**options)))
            recorders.append(openapi_jira.recorder(server))
            return Site(cloud, server)

        yield start
        for recorder in recorders:
            recorder.check()


@pytest.fixture
def site(serve: Callable[..., Site]) -> Site:
    """The site served with the defaults."""
    return serve()


def document(text: str) -> dict[str, Any]:
    """An ADF document with one paragraph."""
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }


@pytest.fixture(name="document")
def document_maker() -> Callable[[str], dict[str, Any]]:
    """The maker of ADF documents."""
    return document


class Boards:
    """A served organisation of Azure DevOps with a session that is signed in as the bot."""

    def __init__(self, organisation: AzureDevOps, server: AzureDevOpsServer) -> None:
        self.organisation = organisation
        self.server = server
        self.session = requests.Session()
        self.session.auth = ("", server.token)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str | None = "7.1",
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> requests.Response:
        """One request, redirects not followed.

        `path` is below `_apis/`; `Retail:wit/…` puts a project before it, `identity:graph/…` means the other
        origin. A list as the body is a patch document.
        """
        scope, _, rest = path.rpartition(":")
        base = self.server.identity_url if scope == "identity" else self.server.url
        middle = f"/{scope}" if scope not in {"", "identity"} else ""
        if isinstance(body, list):
            headers = {"Content-Type": "application/json-patch+json"} | (headers or {})
        if version is not None:
            query["api-version"] = version
        return self.session.request(
            method,
            f"{base}{middle}/_apis/{rest}",
            data=json.dumps(body) if body is not None else None,
            headers={"Content-Type": "application/json"} | (headers or {}) if body is not None else headers,
            params={name.replace("_", "$", 1) if name[0] == "_" else name: v for name, v in query.items()},
            timeout=10,
            allow_redirects=False,
        )

    def get(self, path: str, **query: Any) -> Any:
        response = self.call("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: Any, **query: Any) -> Any:
        response = self.call("POST", path, body, **query)
        assert response.status_code in {200, 201}, response.text
        return response.json()

    def patch(self, item_id: int, operations: list[dict[str, Any]], **query: Any) -> requests.Response:
        return self.call("PATCH", f"wit/workitems/{item_id}", operations, **query)

    def set(self, item_id: int, **fields: Any) -> requests.Response:
        """Write System fields."""
        add = [{"op": "add", "path": f"/fields/System.{name}", "value": v} for name, v in fields.items()]
        return self.patch(item_id, add)

    def ids(self, query: str, **options: Any) -> list[int]:
        """What a WIQL query finds."""
        return [row["id"] for row in self.post("wit/wiql", {"query": query}, **options)["workItems"]]

    def revisions(self, token: str | None = None, **query: Any) -> tuple[list[tuple[int, int]], str, bool]:
        """A page of the reporting cursor: (id, rev) of its rows, the token after it, and is it the last?"""
        if token is not None:
            query["continuationToken"] = token
        page = self.get("wit/reporting/workitemrevisions", **query)
        rows = [(row["id"], row["rev"]) for row in page["values"]]
        return rows, page["continuationToken"], page["isLastBatch"]


@pytest.fixture
def organisation() -> AzureDevOps:
    """An organisation at noon of 2 March 2026 with the project Retail and two people."""
    found = AzureDevOps(azure_devops.Clock(NOON))
    found.add_user("Ann Lead", "ann@demo.example")
    found.add_user("Bob Maker", "bob@demo.example")
    found.add_project("Retail")
    return found


@pytest.fixture
def serve_boards(organisation: AzureDevOps) -> Iterator[Callable[..., Boards]]:
    """Serves the organisation with options; its traffic must have been as the vendor describes it."""
    with ExitStack() as stack:
        recorders = []

        def start(**options: Any) -> Boards:
            server = stack.enter_context(organisation.serve(azure_devops.Options(**options)))
            recorders.append(openapi_azure_devops.recorder(server))
            return Boards(organisation, server)

        yield start
        for recorder in recorders:
            recorder.check()


@pytest.fixture
def boards(serve_boards: Callable[..., Boards]) -> Boards:
    """The organisation served with the defaults."""
    return serve_boards()
