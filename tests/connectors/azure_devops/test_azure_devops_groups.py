"""What the kill switch waits for in Azure DevOps: ten comments at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from writing_world import Trial, epics, new_site, serving

from simulators.azure_devops import AzureDevOps
from sync.plan_file import PlannedWrite
from sync.push_groups import push_groups


@pytest.fixture
def site() -> AzureDevOps:
    return new_site()


@pytest.fixture
def serve(site: AzureDevOps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Trial]]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(serving(site, monkeypatch, **options))


def planned(item: int, slot: str) -> PlannedWrite:
    return PlannedWrite(
        intent_id=f"{item} {slot}", source="boards", item_id=f"boards/{item}", native_id=str(item),
        key=str(item), slot=slot, field=slot,
    )  # fmt: skip


def test_a_run_can_be_stopped_after_every_ten_comments(
    site: AzureDevOps, serve: Callable[..., Trial]
) -> None:
    epics(site, 1)
    able = serve().connector().capabilities
    comments = [planned(item, "comment") for item in range(1, 26)]
    fields = [planned(item, "health") for item in range(20, 200)]
    sizes = [
        (len({one.item_id for one in group}), sum(one.slot == "comment" for one in group))
        for group in push_groups([*comments, *fields], able)
    ]
    assert sizes == [(174, 0), (10, 10), (10, 10), (5, 5)]
