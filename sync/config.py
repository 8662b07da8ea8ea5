"""The configuration: found, read, checked as a whole, and given to the engine as plain values.

`load_config` lists every problem of a file that parses, each with its line and the nearest valid name.
Secrets stay references; what refers to one is resolved when it is used.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from portfolio.agenda import Committee, Freeze
from portfolio.errors import ConfigError
from schedule.calendars import WorkPattern
from schedule.commitment import PromiseRules
from schedule.health import DEFAULT_THRESHOLDS, HealthThresholds
from sync.absences import PersonCalendar
from sync.canary import Canary
from sync.config_report import ReportConfig
from sync.limits import Limits
from sync.masters import Masters
from sync.mutes import MuteSettings
from sync.placement import TreeNode
from sync.quiet_hours import QuietHours
from sync.waivers import LabelWaiver

if TYPE_CHECKING:
    from pydantic import BaseModel

    from connectors.auth import SecretRef
    from connectors.registry import Kind
    from rules.loading import RuleSet
    from rules.rule import Override, Rule
    from sync.twins import TwinDecision

FILE_NAME = "dovetail.yaml"
VARIABLE = "DOVETAIL_CONFIG"
TWINS_FILE = "twins.yaml"
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One configured tracker: its name, its kind, and its connector's own settings."""

    name: str
    kind: Kind
    settings: BaseModel


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """The database. `shown` may be printed; `url()` may hold a password."""

    shown: str
    folder: Path
    secret_url: SecretRef | None = None
    password: SecretRef | None = None

    def url(self) -> str:
        """The URL to open, with everything that is kept elsewhere put in.

        Raises:
            ConfigError: a reference leads nowhere.
        """
        from sync.config_store import absolute, with_password

        url = self.shown if self.secret_url is None else self.secret_url.resolve(self.folder)
        if self.password is not None:
            url = with_password(url, self.password.resolve(self.folder))
        return absolute(url, self.folder)

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for another database, one in memory, or one whose URL is kept elsewhere."""
        from sync.config_store import sqlite_file

        return sqlite_file(self.shown, self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a configuration says, checked.

    Attributes:
        path: the file; None where Dovetail runs without one.
        folder: where relative paths start.
        tree: the PMO's own tree.
        aliases: from an address or `source:account` to the person's e-mail address.
        left: addresses or accounts of people who have left.
        twins: pairs of `source:key` that stand in the configuration itself.
        twin_decisions: the pairs that people confirmed and rejected, from the file of twins.
        twins_file: where they stand; the file need not exist.
        quiet_hours, canary, write_stop: what holds writing back; see `sync.safety`.
        plan_expires_after: how long a plan file may be applied.
        rule_files: the user's own rules.
        overrides: what is different about rules, by id.
        rule_seconds, rule_rows: what stops a rule.
        health: when a colour turns, where the tree says nothing else.
        mutes: who may mute findings in the trackers.
        waivers: which labels on items mute which rules.
        masters: which tracker is right about a field, where the same work stands in several.
        promises: when a date becomes a promise, where the tree does not say otherwise.
        baseline: the name of the baseline that counts; None is each plan's own.
        person_calendars: when people work and when they are away, by e-mail address.
        committees, freezes: the PMO's own appointments, for reports.
        report: wording and branding of the steering pack.
    """

    path: Path | None
    folder: Path
    store: StoreConfig
    sources: Sequence[SourceConfig] = ()
    timezone: str = "UTC"
    weekdays: Sequence[int] = (1, 2, 3, 4, 5)
    holidays: str | None = None
    extra_holidays: Sequence[date] = ()
    tree: Sequence[TreeNode] = ()
    rule_files: Sequence[Path] = ()
    overrides: Mapping[str, Override] = field(default_factory=dict)
    rule_seconds: float = 60
    rule_rows: int = 100_000
    limits: Limits = field(default_factory=Limits)
    lists_every: timedelta = timedelta(hours=1)
    census_every: timedelta = timedelta(hours=24)
    aliases: Mapping[str, str] = field(default_factory=dict)
    left: Sequence[str] = ()
    twins: Sequence[tuple[str, str]] = ()
    twin_decisions: Sequence[TwinDecision] = ()
    twins_file: Path | None = None
    forecast_step_wd: int = 5
    health: HealthThresholds = DEFAULT_THRESHOLDS
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    canary: Canary = field(default_factory=Canary)
    write_stop: bool = False
    plan_expires_after: timedelta = timedelta(hours=24)
    keep_gone: timedelta | None = None
    promises: PromiseRules = field(default_factory=PromiseRules)
    masters: Masters = field(default_factory=Masters)
    mutes: MuteSettings = field(default_factory=MuteSettings)
    waivers: Sequence[LabelWaiver] = ()
    baseline: str | None = None
    person_calendars: Mapping[str, PersonCalendar] = field(default_factory=dict)
    committees: Sequence[Committee] = ()
    freezes: Sequence[Freeze] = ()
    report: ReportConfig = field(default_factory=ReportConfig)

    @property
    def pattern(self) -> WorkPattern:
        """The portfolio's working days."""
        return WorkPattern(self.weekdays, self.holidays, self.extra_holidays)

    @property
    def zone(self) -> ZoneInfo:
        """The portfolio's zone."""
        return ZoneInfo(self.timezone)

    def day_of(self, moment: datetime) -> date:
        """The day of an instant in the portfolio's zone."""
        return moment.astimezone(self.zone).date()

    def rules(self, *, with_tests: bool = False) -> list[Rule]:
        """The rules that can be used: `rule_set` without what is wrong with others."""
        return list(self.rule_set(with_tests=with_tests).rules)

    def rule_set(self, *, with_tests: bool = False) -> RuleSet:
        """The built-in rules, those of installed packages and the configured ones, and what is broken.

        Args:
            with_tests: also the tests of the built-in ones, which takes three times as long.
        """
        from rules.loading import read_rules
        from rules.packages import installed_packages

        return read_rules(self.rule_files, with_tests=with_tests, packages=installed_packages())


def search_path(folder: Path | None = None) -> list[Path]:
    """Where a configuration is looked for when neither --config nor the environment names one."""
    from platformdirs import PlatformDirs

    places = PlatformDirs("dovetail", appauthor=False, multipath=True)
    return [
        (folder or Path()) / FILE_NAME,
        places.user_config_path / FILE_NAME,
        *(Path(place) / FILE_NAME for place in places.site_config_dir.split(os.pathsep)),
    ]


def find_config(option: Path | None = None, *, environment: Mapping[str, str] = os.environ) -> Path:
    """The configuration file to use: --config, $DOVETAIL_CONFIG, ./dovetail.yaml, the user's, the system's.

    Raises:
        ConfigError: there is none; the message says where it was looked for.
    """
    if option is not None:
        return option
    if environment.get(VARIABLE):
        return Path(environment[VARIABLE]).expanduser()
    places = search_path()
    for place in places:
        if place.is_file():
            return place
    raise ConfigError(
        "There is no configuration.",
        problems=[f"looked for {place}" for place in places],
        hint=f"Name one with --config or ${VARIABLE}; docs/configuration.md shows one to start from. "
        "`dovetail check FILE.xml` needs none.",
    )


def load_config(path: Path) -> Config:
    """Read and check a configuration.

    Raises:
        ConfigError: it cannot be used; `problems` lists everything that is wrong with it.
    """
    from sync.config_reading import read_config

    return read_config(path, _text_of(path))


def default_config(sources: Sequence[Mapping[str, Any]], *, folder: Path) -> Config:
    """Runs without a configuration: these sources, a store in memory, everything else by default."""
    from connectors.registry import KINDS

    return Config(
        path=None,
        folder=folder,
        store=StoreConfig("sqlite://", folder),
        sources=[
            SourceConfig(
                str(one["name"]),
                KINDS[str(one["kind"])],
                KINDS[str(one["kind"])].settings_model().model_validate(one),
            )
            for one in sources
        ],
    )


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path} is larger than {MAX_BYTES:,} bytes.", hint="Is it the right file?")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"{path} cannot be read: {reason}.", hint="Check the path.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text.", hint="Save it as UTF-8.") from error
