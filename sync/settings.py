"""From the configuration to what each step needs, and to the open connectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from connectors.base import Connector, Context
from portfolio.errors import ConfigError, SourceError
from rules.loading import RuleSet
from schedule.calendars import WorkCalendar
from sync.check import CheckSettings
from sync.pipeline import SyncSettings
from sync.plan import PlanSettings
from sync.progress import defect, failure
from sync.pull import PullSettings
from sync.safety import STOP_FILE, Safety
from sync.wanted import WriteSettings
from sync.workspace import DeriveSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rules.rule import Rule
    from sync.config import Config, SourceConfig


def portfolio_calendar(config: Config) -> WorkCalendar:
    """The working calendar of everything that has none of its own."""
    return config.pattern.calendar()


def write_settings(source: SourceConfig, *, forecast_step_wd: int) -> WriteSettings:
    """What may be written to one source; nothing without its `write:` block."""
    block = getattr(source.settings, "write", None)
    place = str(getattr(source.settings, "url", None) or getattr(source.settings, "place", ""))
    if block is None:
        return WriteSettings(place=place)
    return WriteSettings(
        comments=getattr(block, "comments", False),
        fields=dict(getattr(block, "fields", None) or {}),
        armed=getattr(block, "armed", False),
        comment_backlog=getattr(block, "backlog", "skip") == "comment",
        comment_severity=getattr(block, "comment_severity", "high"),
        forecast_step_wd=forecast_step_wd,
        place=place,
        conflicts=dict(getattr(block, "conflicts", None) or {}),
    )


def safety_of(config: Config, *, ignores_quiet_hours: bool = False) -> Safety:
    """What holds writing back, as the configuration says and as a file beside it may."""
    stopped = {
        one.name: f"write_stop of {one.name} is true in the configuration, so nothing is written there"
        for one in config.sources
        if getattr(one.settings, "write_stop", False)
    }
    if config.write_stop:
        reason = "write_stop is true in the configuration, so nothing is written"
        stopped = dict.fromkeys((one.name for one in config.sources), reason)
    return Safety(
        stop_file=None if config.path is None else config.folder / STOP_FILE,
        stopped=stopped,
        quiet_hours=config.quiet_hours,
        zone=config.zone,
        canary=config.canary,
        ignores_quiet_hours=ignores_quiet_hours,
    )


def check_settings(config: Config, known: RuleSet) -> CheckSettings:
    """What a check needs, with these rules."""
    return CheckSettings(
        rules=known.rules,
        broken=known.reported,
        knows_all_rules=not known.unnamed,
        overrides=config.overrides,
        timeout_seconds=config.rule_seconds,
        row_limit=config.rule_rows,
        working_days=portfolio_calendar(config).working_days_between,
        forecast_step_wd=config.forecast_step_wd,
        waivers=config.waivers,
    )


def sync_settings(
    config: Config,
    rules: Sequence[Rule] | None = None,
    *,
    full: bool = False,
    accept_vanished: Iterable[str] = (),
    ignores_quiet_hours: bool = False,
) -> SyncSettings:
    """What the five steps need.

    Args:
        config: the configuration.
        rules: the catalogue, where it is loaded already.
        full: read everything again, and look everywhere for what people changed.
        accept_vanished: sources whose shrinking a person has confirmed for this run.
        ignores_quiet_hours: a person has asked to write at this hour.
    """
    safety = safety_of(config, ignores_quiet_hours=ignores_quiet_hours)
    calendar = portfolio_calendar(config)
    step = config.forecast_step_wd
    known = config.rule_set() if rules is None else RuleSet(rules, ())
    return SyncSettings(
        pull=PullSettings(
            full=full,
            lists_every=config.lists_every,
            census_every=config.census_every,
            limits=config.limits,
            accept_vanished=frozenset(accept_vanished),
            keep_gone=config.keep_gone,
        ),
        derive=DeriveSettings(
            timezone=config.timezone,
            weekdays=config.weekdays,
            holidays=config.holidays,
            days_off=config.extra_holidays,
            tree=config.tree,
            aliases=config.aliases,
            left=config.left,
            twins=config.twins,
            twin_decisions=config.twin_decisions,
            promises=config.promises,
            baseline=config.baseline,
            person_calendars=config.person_calendars,
            forecast_step_wd=step,
        ),
        check=check_settings(config, known),
        plan=PlanSettings(
            writes={one.name: write_settings(one, forecast_step_wd=step) for one in config.sources},
            zone=config.zone,
            working_days=calendar.working_days_between,
            expires_after=config.plan_expires_after,
            look_everywhere=full,
            limits=config.limits,
            safety=safety,
            listens=config.mutes.comments,
        ),
        calendar=calendar,
        health=config.health,
        safety=safety,
        mutes=config.mutes,
    )


def open_connectors(
    config: Config,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    say: Callable[[str], None],
    only: Iterable[str] | None = None,
) -> tuple[list[Connector], dict[str, str]]:
    """The connectors in the order of the configuration, and the sources that could not be opened, with why.

    A source whose secret is missing harms no other: it is in the second answer and fails like any other.

    Args:
        config: the configuration.
        clock: aware UTC.
        sleep: how connectors wait.
        say: takes one line for people.
        only: these sources; None is all of them.
    """
    wanted = None if only is None else set(only)
    context = Context(timezone=config.timezone, folder=config.folder, clock=clock, sleep=sleep, say=say)
    opened: list[Connector] = []
    unopened: dict[str, str] = {}
    for source in config.sources:
        if wanted is not None and source.name not in wanted:
            continue
        try:
            opened.append(source.kind.build(source.settings, context))
        except (SourceError, ConfigError) as error:
            unopened[source.name] = failure(source.name, error)
        except Exception as error:  # noqa: BLE001 - a defect in one connector must not stop the other sources
            unopened[source.name] = f"{source.name}: {defect(error)}"
    return opened, unopened
