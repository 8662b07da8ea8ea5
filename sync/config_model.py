"""The shape of `dovetail.yaml`: what each key means, for pydantic and for the JSON Schema.

What one entry of `sources:` may hold is its connector's business; it is found through `connectors.registry`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from connectors.auth import SecretRef
from rules.file_model import ParamValue, RuleId, SeverityName
from sync.config_report import ReportText
from sync.config_values import (
    Absence,
    Day,
    Duration,
    Moment,
    QuietHoursText,
    Slug,
    Words,
    WorkedDays,
    place,
    time_zone,
)
from sync.quiet_hours import QuietHours

DEFAULT_STORE = "sqlite:///dovetail.db"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CalendarText(_Model):
    """The portfolio's working days. A Project plan that has a calendar of its own keeps it."""

    weekdays: WorkedDays = Field(
        default=[1, 2, 3, 4, 5],
        description="Days that are worked: mon-fri, sun-thu, or a list such as [mon, tue, wed].",
        json_schema_extra={"default": "mon-fri"},
    )
    holidays: Annotated[str | None, BeforeValidator(place)] = Field(
        default=None, description="Whose public holidays are days off: a country (CH) or a region (CH-ZH)."
    )
    extra_holidays: list[Day] = Field(default=[], description="Further days off.")


class StoreText(_Model):
    """A database whose URL, or the password in it, is kept elsewhere."""

    url: Words | SecretRef = Field(description="The URL without a password, or where the whole URL is kept.")
    password: SecretRef | None = Field(default=None, description="Where the password is kept.")


class HealthText(_Model):
    """When the health of an item turns amber or red. What is absent is as it is above, else as built in."""

    amber_slip_wd: int | None = Field(
        default=None, ge=0, le=250, description="Working days of slip above which an item is amber (2)."
    )
    red_slip_wd: int | None = Field(
        default=None, ge=0, le=250, description="Working days of slip above which it is red (5)."
    )
    amber_slip_share: float | None = Field(
        default=None, ge=0, le=1, description="The same as a share of its planned span, if more (0.05)."
    )
    red_slip_share: float | None = Field(
        default=None, ge=0, le=1, description="The same as a share of its planned span, if more (0.1)."
    )
    member_share: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Share of the open work below it that must be red (amber) to turn a container (0.1).",
    )
    return_wd: int | None = Field(
        default=None,
        ge=0,
        le=60,
        description="A colour goes when the slip is this far below the limit that it passed (1).",
    )
    return_share: float | None = Field(
        default=None, ge=0, le=1, description="The same for the share of work below (0.02)."
    )


class PromisesText(_Model):
    """When a date becomes a promise. A programme or project may say otherwise for what is below it."""

    committed_by: list[Moment] = Field(
        default=["leaves_todo", "active_iteration", "release"],
        min_length=1,
        description="The moments of which the first counts: leaves_todo, active_iteration, release, "
        "`label:NAME` (it gets that label), `status:NAME` (it enters that status).",
    )
    dates: list[Literal["own", "iteration", "release"]] = Field(
        default=["own"],
        min_length=1,
        description="Which dates can be promised: the item's own; where it has none, its iteration's end or "
        "its release's date.",
    )
    settle_days: int = Field(
        default=5, ge=0, le=60, description="An edit within so many days is a correction and no push."
    )


class OverrideText(_Model):
    """What is different about a rule here. Its predicate never is."""

    enabled: bool | None = Field(default=None, description="Whether it is checked; as above it if absent.")
    severity: SeverityName | None = Field(default=None, description="In place of the rule's, with its steps.")
    params: dict[str, ParamValue] = Field(default={}, description="Thresholds of the rule, by name.")
    filter: Annotated[str, Field(min_length=1, max_length=2000)] | None = Field(
        default=None, description="One more condition, joined with AND."
    )
    comments: bool | None = Field(
        default=None, description="Whether its findings stand in comments; as the rule says if absent."
    )


class PlaceRulesText(_Model):
    """What is different about rules in one part of the tree."""

    overrides: dict[RuleId, OverrideText] = Field(
        default={}, description="By the rule's id. For each key, the nearest level wins."
    )


class LabelText(_Model):
    """What a label on an item means for the findings about it."""

    reason: Words = Field(description="Why they are muted; shown with each of them.")
    until: Day = Field(description="The first day on which the label means nothing any more.")
    rules: list[RuleId] = Field(default=[], description="The rules that are silent; all if absent.")
    approver: Words | None = Field(
        default=None, description="Who answers for it; without one critical findings are not muted."
    )


class MuteText(_Model):
    """Who may mute findings in the trackers themselves."""

    comments: bool = Field(
        default=False,
        description="Whether `dovetail: mute RULE until DATE because REASON` in a comment of a person mutes.",
    )
    people: list[Words] | None = Field(
        default=None,
        description="Who may, by e-mail address or `source:account`; every person who may comment if absent.",
    )
    approvers: list[Words] = Field(
        default=[], description="Who may mute critical findings, by e-mail address or `source:account`."
    )
    max_days: int = Field(default=90, ge=1, le=180, description="How long a mute in a comment lasts at most.")
    labels: dict[Words, LabelText] = Field(
        default={}, description="By label or tag of an item: the waiver that it stands for."
    )


class ReconcileText(_Model):
    """Which tracker is right where the same work stands in several."""

    master: dict[Literal["due", "start", "state", "owner", "title"], Words] = Field(
        default={},
        description="Field → the source that is right about it. `reconcile --fix` plans to write its due and "
        "start where write.fields of the other source names a field for them; the others are only told.",
    )


class ProjectText(_Model):
    """A project of the portfolio, and the tracker scopes that feed it."""

    name: Words
    slug: Slug | None = Field(
        default=None, description="Its short name in exports; made of `name` if absent."
    )
    lead: Words | None = Field(default=None, description="The e-mail address of whoever answers for it.")
    health: HealthText | None = Field(default=None, description="When its colours turn, if not as above it.")
    people: list[Words] | None = Field(
        default=None,
        description="Who is on the project, by e-mail address or `source:account`. Others own nothing here.",
    )
    scopes: list[Words] = Field(
        default=[],
        description="`source:scope`: a Jira project key, an Azure DevOps area, the name of a plan's file.",
    )
    calendar: CalendarText | None = Field(
        default=None, description="Its own working days; what it does not say is as above it."
    )
    promises: PromisesText | None = Field(
        default=None, description="When its dates become promises; what it does not say is as above it."
    )
    rules: PlaceRulesText | None = Field(default=None, description="What is different about rules here.")
    reconcile: ReconcileText | None = Field(
        default=None, description="Which tracker is right here; what it does not say is as above it."
    )


class ProgramText(_Model):
    """A programme: projects that belong together."""

    name: Words
    slug: Slug | None = None
    lead: Words | None = None
    health: HealthText | None = Field(default=None, description="When its colours turn, if not as above it.")
    projects: list[ProjectText] = Field(default=[], description="Its projects.")
    calendar: CalendarText | None = Field(
        default=None, description="Working days of its projects; what it does not say is as above it."
    )
    promises: PromisesText | None = Field(
        default=None, description="When their dates become promises; what it does not say is as above it."
    )
    rules: PlaceRulesText | None = Field(default=None, description="What is different about rules here.")
    reconcile: ReconcileText | None = Field(
        default=None, description="Which tracker is right here; what it does not say is as above it."
    )


class PortfolioText(_Model):
    """The PMO's own tree: portfolio, programmes, projects."""

    name: Words
    slug: Slug | None = None
    lead: Words | None = None
    programs: list[ProgramText] = Field(default=[], description="Its programmes.")
    projects: list[ProjectText] = Field(default=[], description="Projects that belong to no programme.")
    rules: PlaceRulesText | None = Field(default=None, description="What is different about rules here.")


class RulesText(_Model):
    """Rules of your own, and what is different about the built-in ones."""

    include: list[Words] = Field(default=[], description="Rule files, or patterns such as rules/*.yaml.")
    overrides: dict[RuleId, OverrideText] = Field(
        default={}, description="By the rule's id. A portfolio, programme or project may have its own."
    )
    time_limit_seconds: float = Field(
        default=60, gt=0, le=3600, description="A rule that takes longer is stopped and reported."
    )
    row_limit: int = Field(
        default=100_000, ge=1, le=10_000_000, description="A rule with more findings is reported, not stored."
    )


class LimitsText(_Model):
    """What stops a run before it deletes or writes too much, and what is written when and where first."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    max_writes: int = Field(default=200, ge=0, description="Writes in one run, all sources together.")
    max_writes_per_project: int | None = Field(
        default=None,
        ge=0,
        description="Writes in one run to the items of one project; as max_writes if absent.",
    )
    max_writes_per_item: int | None = Field(
        default=None, ge=0, description="Writes in one run to one item, comment and fields together."
    )
    max_comment_edits_per_day: int | None = Field(
        default=20,
        ge=1,
        description="How often one comment may be written in 24 hours; what changes after that waits.",
    )
    max_share: float = Field(
        default=0.5, ge=0, le=1, description="Share of a source's items that one run may write to."
    )
    max_vanished: float = Field(
        default=0.2, ge=0, le=1, description="Share of a source's items that may vanish in one run."
    )
    quiet_hours: QuietHoursText = Field(
        default=QuietHours(),
        description="When nothing is written, in the portfolio's zone: 22:00-06:00, or some days only: "
        "fri-sun 18:00-08:00; or a list of such hours.",
        json_schema_extra={"default": []},
    )
    canary: list[Words] = Field(
        default=[],
        description="Only these places are written to at first: `source:scope` or `source:key`.",
    )
    canary_for: Duration | None = Field(
        default=None,
        description="How long after its first write the canary ends; if absent, when it is taken out.",
    )


class PersonCalendarText(CalendarText):
    """When one person works. What it does not say is as in `calendar`."""

    absences: list[Absence] = Field(
        default=[], description="Days away: 2026-12-24, or from the first to the last 2026-12-21..2027-01-08."
    )


class PeopleText(_Model):
    """Accounts that are one person and cannot be joined by their e-mail address; when people are away."""

    aliases: dict[Words, list[Words]] = Field(
        default={},
        description="By the person's e-mail address: other addresses, and accounts as `source:account`.",
    )
    left: list[Words] = Field(
        default=[],
        description="Who has left, by e-mail address or `source:account`, whatever the accounts say.",
    )
    calendars: dict[Words, PersonCalendarText] = Field(
        default={}, description="By the person's e-mail address: other working days, holidays, absences."
    )


class WriteText(_Model):
    """What holds for writing to every source. What is written where stands in each source's `write`."""

    forecast_step_wd: int = Field(
        default=5,
        ge=1,
        le=60,
        description="A forecast that moved by fewer working days than this is not written again.",
    )
    plan_expires_after: Duration = Field(
        default=timedelta(hours=24),
        description="How long a plan file may be applied.",
        json_schema_extra={"default": "24h"},
    )


class CommitteeText(_Model):
    """A committee and the days on which it meets: named one by one, as a series, or both."""

    name: Words
    dates: list[Day] = Field(default=[], description="Days on which it meets.")
    first: Day | None = Field(default=None, description="The first day of a series; with every_weeks.")
    every_weeks: int | None = Field(
        default=None, ge=1, le=52, description="How many weeks lie between the meetings of the series."
    )
    until: Day | None = Field(default=None, description="The last day of the series; without it, it goes on.")
    project: Slug | None = Field(
        default=None,
        description="The slug of the portfolio, programme or project it decides about; all of it if absent.",
    )


class FreezeText(_Model):
    """A time in which nothing goes live."""

    name: Words
    days: Absence = Field(description="From the first to the last: 2026-12-18..2027-01-04; or one day.")
    project: Slug | None = Field(
        default=None,
        description="The slug of the portfolio, programme or project it holds for; everything if absent.",
    )


class PrivacyText(_Model):
    """How long is kept what the trackers no longer have."""

    keep_gone: Duration | None = Field(
        default=None,
        description="Items that are gone from their tracker for longer are forgotten, with their timelines, "
        "resolved findings and writes: 400d. If absent they are kept.",
    )


class ConfigText(_Model):
    """The configuration of Dovetail."""

    version: Literal[1] = Field(description="The version of this format.")
    timezone: Annotated[str, BeforeValidator(time_zone)] = Field(
        default="UTC", description="The portfolio's zone, in which an instant has a day: an IANA name."
    )
    store: Words | StoreText = Field(
        default=DEFAULT_STORE, description="The database. A relative path starts at this file's folder."
    )
    calendar: CalendarText = CalendarText()
    sources: list[dict[str, Any]] = Field(
        min_length=1, description="The trackers, in the order they are read."
    )
    portfolio: PortfolioText | None = None
    health: HealthText = Field(default=HealthText(), description="When a colour turns, everywhere.")
    promises: PromisesText = PromisesText()
    baseline: Words | None = Field(
        default=None,
        description="The baseline that counts, by name; if absent, the one that each plan brings itself.",
    )
    rules: RulesText = RulesText()
    limits: LimitsText = LimitsText()
    lists_every: Duration = Field(
        default=timedelta(hours=1),
        description="How often small lists that no delta covers are read: versions, sprints, people.",
        json_schema_extra={"default": "1h"},
    )
    census_every: Duration = Field(
        default=timedelta(hours=24),
        description="How often the complete list of ids is compared, to notice what has vanished.",
        json_schema_extra={"default": "24h"},
    )
    people: PeopleText = PeopleText()
    twins: list[Annotated[list[Words], Field(min_length=2, max_length=2)]] = Field(
        default=[], description="Pairs of `source:key` that are the same piece of work."
    )
    twins_file: Words | None = Field(
        default=None, description="A file with further pairs; twins.yaml beside this file if it is there."
    )
    reconcile: ReconcileText = ReconcileText()
    mute: MuteText = MuteText()
    write: WriteText = WriteText()
    write_stop: bool = Field(
        default=False,
        description="true: nothing is written anywhere. A file dovetail.stop beside this one does the same.",
    )
    privacy: PrivacyText = PrivacyText()
    committees: list[CommitteeText] = Field(
        default=[], description="When committees meet: reports say what changed since the last meeting."
    )
    freezes: list[FreezeText] = Field(
        default=[], description="When nothing goes live: reports show these times and what falls into them."
    )
    report: ReportText = ReportText()
