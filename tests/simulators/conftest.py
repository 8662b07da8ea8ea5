"""A small served Jira site whose whole traffic is held against the vendor's description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import openapi_jira
import pytest
import requests

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
