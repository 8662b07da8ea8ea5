"""What a command works with: talk, configuration, store, connectors. Each is opened when it is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.talk import Talk
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from connectors.base import Connector
    from store import Store
    from sync.config import Config


@dataclass(slots=True)
class Session:
    """One call of the command line."""

    talk: Talk = field(default_factory=Talk)
    config_option: Path | None = None

    def config(self) -> Config:
        """The configuration.

        Raises:
            ConfigError: there is none, or something is wrong with it.
        """
        from sync.config import find_config, load_config

        path = find_config(self.config_option)
        self.talk.say(f"Configuration: {path}", level="debug")
        return load_config(path)

    def config_if_any(self) -> Config | None:
        """The configuration, where one is named or found; None where there is none at all."""
        from portfolio.errors import ConfigError
        from sync.config import find_config, load_config

        try:
            path = find_config(self.config_option)
        except ConfigError:
            return None
        return load_config(path)

    @contextmanager
    def store(self, config: Config, *, migrate: bool = False) -> Iterator[Store]:
        """The configured store, open.

        Raises:
            StoreError: it cannot be used.
        """
        from store import open_store

        with open_store(config.store.url(), migrate=migrate) as opened:
            yield opened

    @contextmanager
    def connectors(
        self, config: Config, clock: Callable[[], datetime], *, only: Sequence[str] = ()
    ) -> Iterator[tuple[list[Connector], dict[str, str]]]:
        """The connectors of the sources, and why some could not be opened.

        Raises:
            UsageError: `only` names a source that is not configured.
        """
        from sync.settings import open_connectors

        check_sources(config, only)
        opened, unopened = open_connectors(
            config, clock=clock, sleep=time.sleep, say=self.talk.note, only=only or None
        )
        try:
            yield opened, unopened
        finally:
            for one in opened:
                one.close()


def clock_of(config: Config, today: date | None = None) -> Callable[[], datetime]:
    """The one clock of a run; `today` moves it."""
    from sync.runs import run_clock

    return run_clock(config.zone, today=today)


def is_another_day(config: Config, today: date | None) -> bool:
    """Whether `--today` names another day than it is: a look at what would be true then."""
    return today is not None and today != config.day_of(utc_now())


def check_sources(config: Config, names: Sequence[str]) -> None:
    """Refuse the name of a source that is not configured.

    Raises:
        UsageError: with the nearest name.
    """
    from rules.spelling import nearest

    known = [one.name for one in config.sources]
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no source `{name}`{nearest(name, known) or '.'}",
                hint=f"Configured: {', '.join(known)}.",
            )


def utc_now() -> datetime:
    """Now, aware UTC."""
    return datetime.now(UTC)


session_of = click.make_pass_decorator(Session, ensure=True)
