"""Fixtures of the Jira connector's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from jira_site import Serve, Trial, new_site, serving

from simulators.jira import JiraCloud


@pytest.fixture
def site() -> JiraCloud:
    return new_site()


@pytest.fixture
def serve(site: JiraCloud) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(**options: Any) -> Trial:
            return stack.enter_context(serving(site, **options))

        yield start
