"""From the configuration to what each step needs."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from connectors.base import Context
from connectors.memory import MemoryConnector, MemoryTracker
from connectors.registry import Kind
from portfolio.errors import ConfigError
from sync.config import Config, SourceConfig, StoreConfig
from sync.limits import Limits
from sync.settings import open_connectors, sync_settings


def build(settings: Any, context: Context) -> MemoryConnector:
    """What the configured kind names as its factory."""
    assert context.timezone == "Europe/Zurich"
    if settings.name == "locked":
        raise ConfigError("the token in JIRA_TOKEN is empty.")
    if settings.name == "broken":
        raise KeyError("s3cret")
    return MemoryConnector(MemoryTracker(), settings.name)


def config(*sources: Any, **values: Any) -> Config:
    kind = Kind("memory", "test_settings_of_config:none", "test_settings_of_config:build")
    return Config(
        path=None,
        folder=Path(),
        store=StoreConfig("sqlite://", Path()),
        timezone="Europe/Zurich",
        sources=[SourceConfig(one.name, kind, one) for one in sources],
        **values,
    )


def test_a_source_without_a_write_block_is_never_written_to() -> None:
    settings = sync_settings(
        config(SimpleNamespace(name="plans"), SimpleNamespace(name="shop", write=None)), []
    )
    assert not settings.plan.writes["plans"].writes_anything
    assert not settings.plan.writes["shop"].writes_anything


def test_a_plan_belongs_to_the_address_of_its_source_whether_or_not_it_is_written_to() -> None:
    block = SimpleNamespace(comments=True)
    settings = sync_settings(
        config(
            SimpleNamespace(name="shop", url="https://shop.example", write=block),
            SimpleNamespace(name="read", url="https://read.example", write=None),
            SimpleNamespace(name="plans"),
        ),
        [],
    )
    assert {name: one.place for name, one in settings.plan.writes.items()} == {
        "shop": "https://shop.example",
        "read": "https://read.example",
        "plans": "",
    }


def test_a_write_block_says_what_may_be_written() -> None:
    block = SimpleNamespace(
        comments=True,
        fields={"health": "Portfolio health"},
        armed=True,
        backlog="comment",
        comment_severity="medium",
    )
    settings = sync_settings(config(SimpleNamespace(name="shop", write=block), forecast_step_wd=3), [])
    writes = settings.plan.writes["shop"]
    assert (writes.comments, writes.armed, writes.comment_backlog) == (True, True, True)
    assert (writes.fields, writes.comment_severity) == ({"health": "Portfolio health"}, "medium")
    assert (writes.forecast_step_wd, settings.check.forecast_step_wd) == (3, 3)


def test_the_steps_get_their_part_of_the_configuration() -> None:
    settings = sync_settings(
        config(
            holidays="CH-ZH",
            extra_holidays=[date(2026, 12, 24)],
            limits=Limits(max_writes=7),
            lists_every=timedelta(hours=2),
            census_every=timedelta(hours=48),
        ),
        [],
        full=True,
        accept_vanished=["shop"],
    )
    assert settings.pull.full
    assert settings.plan.look_everywhere
    assert settings.pull.accept_vanished == frozenset({"shop"})
    assert (settings.pull.lists_every, settings.pull.census_every) == (
        timedelta(hours=2),
        timedelta(hours=48),
    )
    assert settings.pull.limits.max_writes == 7
    # 24 December is a day off, 25 and 26 December are public holidays, 27 December is a Sunday.
    assert settings.calendar.working_days_between(date(2026, 12, 23), date(2026, 12, 28)) == 1
    assert settings.derive.days_off == [date(2026, 12, 24)]


def test_a_source_that_cannot_be_opened_harms_no_other() -> None:
    names = ("shop", "locked", "broken", "boards")
    opened, unopened = open_connectors(
        config(*(SimpleNamespace(name=name) for name in names)),
        clock=lambda: None,  # type: ignore[arg-type,return-value]
        sleep=lambda _: None,
        say=lambda _: None,
    )
    assert [one.source for one in opened] == ["shop", "boards"]
    assert unopened["locked"] == "locked: the token in JIRA_TOKEN is empty."
    assert unopened["broken"].startswith("broken: a defect in Dovetail (KeyError at")
    assert "s3cret" not in unopened["broken"]
    some, _ = open_connectors(
        config(*(SimpleNamespace(name=name) for name in names)),
        clock=lambda: None,  # type: ignore[arg-type,return-value]
        sleep=lambda _: None,
        say=lambda _: None,
        only=["boards"],
    )
    assert [one.source for one in some] == ["boards"]
