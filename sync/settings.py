"""From the configuration to what each of the five steps is given, and to the connectors of its sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from portfolio.errors import DovetailError, UsageError
from sync.wanted import WriteSettings

if TYPE_CHECKING:
    from connectors.base import Connector, Context
    from schedule.calendars import WorkCalendar
    from sync.config import Config, SourceConfig
    from sync.pipeline import SyncSettings
    from sync.workspace import DeriveSettings


def sync_settings(config: Config, *, full: bool = False, accept_vanished: Sequence[str] = ()) -> SyncSettings:
    """Everything the five steps need.

    Args:
        config: the configuration.
        full: read everything again, and look at every place that may be written to.
        accept_vanished: sources whose shrinking a person has confirmed for this run.

    Raises:
        ConfigError: something is wrong with a rule file.
    """
    from sync.check import CheckSettings
    from sync.pipeline import SyncSettings
    from sync.plan import PlanSettings
    from sync.pull import PullSettings

    calendar = portfolio_calendar(config)
    return SyncSettings(
        pull=PullSettings(
            full=full,
            lists_every=config.lists_every,
            census_every=config.census_every,
            limits=config.limits,
            accept_vanished=frozenset(accept_vanished),
        ),
        derive=derive_settings(config),
        check=CheckSettings(
            rules=config.rules(),
            overrides=config.overrides,
            working_days=calendar.working_days_between,
            forecast_step_wd=config.forecast_step_wd,
        ),
        plan=PlanSettings(
            writes={one.name: write_settings(config, one) for one in config.sources},
            zone=config.zone,
            working_days=calendar.working_days_between,
            look_everywhere=full,
        ),
        calendar=calendar,
    )


def derive_settings(config: Config) -> DeriveSettings:
    """Calendar, tree, people and twins."""
    from sync.workspace import DeriveSettings

    return DeriveSettings(
        timezone=config.timezone,
        weekdays=config.weekdays,
        holidays=config.holidays,
        days_off=config.extra_holidays,
        tree=config.tree,
        aliases=config.aliases,
        twins=config.twins,
    )


def portfolio_calendar(config: Config) -> WorkCalendar:
    """The calendar of everything that has none of its own."""
    from schedule.calendars import public_holidays, work_calendar

    days_off = [*public_holidays(config.holidays), *config.extra_holidays]
    return work_calendar(config.weekdays, days_off=days_off)


def write_settings(config: Config, source: SourceConfig) -> WriteSettings:
    """What may be written into one source: nothing, unless its `write` names it."""
    write = getattr(source.settings, "write", None)  # a kind that is read only has none
    if write is None:
        return WriteSettings()
    return WriteSettings(
        comments=write.comments,
        fields=dict(write.fields),
        armed=write.armed,
        comment_backlog=write.backlog == "comment",
        comment_severity=write.comment_severity,
        forecast_step_wd=config.forecast_step_wd,
    )


@dataclass(slots=True)
class OpenSources:
    """The connectors of a configuration, and why some could not be made."""

    connectors: list[Connector] = field(default_factory=list)
    unopened: dict[str, str] = field(default_factory=dict)

    def by_name(self) -> dict[str, Connector]:
        """The connectors by the name of their source."""
        return {one.source: one for one in self.connectors}

    def close(self) -> None:
        """Release their connections."""
        for one in self.connectors:
            one.close()


def open_sources(config: Config, context: Context, *, only: Sequence[str] = ()) -> OpenSources:
    """The connectors of the configured sources, in its order. No request is made yet.

    A source that cannot be made (its secret is missing, say) harms no other.

    Args:
        config: the configuration.
        context: what connectors are given besides their settings.
        only: names of sources; empty for all.

    Raises:
        UsageError: `only` names a source that is not configured.
    """
    check_sources_exist(config, only)
    found = OpenSources()
    for source in config.sources:
        if only and source.name not in only:
            continue
        try:
            found.connectors.append(source.kind.build(source.settings, context))
        except DovetailError as error:
            found.unopened[source.name] = f"{source.name}: {str(error).removeprefix(f'{source.name}: ')}"
    return found


def check_sources_exist(config: Config, names: Sequence[str]) -> None:
    """Refuse the name of a source that is not configured.

    Raises:
        UsageError: with the nearest name.
    """
    from rules.spelling import nearest

    known = [one.name for one in config.sources]
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no source `{name}`{nearest(name, known)}.".replace("?.", "?"),
                hint=f"Configured: {', '.join(known)}.",
            )


def context_of(
    config: Config,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    say: Callable[[str], None],
) -> Context:
    """What connectors are given besides their settings."""
    from connectors.base import Context

    return Context(timezone=config.timezone, folder=config.folder, clock=clock, sleep=sleep, say=say)
