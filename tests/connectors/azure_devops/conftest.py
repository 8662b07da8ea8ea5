"""Fixtures of the Azure DevOps connector's tests of reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from reading_world import Serve, Trial, new_site, serving

from simulators.azure_devops import AzureDevOps


@pytest.fixture
def site() -> AzureDevOps:
    return new_site()


@pytest.fixture
def serve(site: AzureDevOps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(on: AzureDevOps | None = None, **options: Any) -> Trial:
            return stack.enter_context(serving(on or site, monkeypatch, **options))

        yield start
