"""One `sources:` entry of kind azure_devops: where it is, what its fields mean, what may be written."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from connectors.auth import MicrosoftAuth
from connectors.network import NetworkSettings
from connectors.settings import Address, KindMap, Settings, SourceName, Texts, WriteSettings, written_fields
from connectors.source_safety import SourceSafety
from portfolio.intents import FieldName

_OLD_HOST = ".visualstudio.com"
_HOST = "dev.azure.com"
_SCHEDULING = "Microsoft.VSTS.Scheduling."


class FieldMap(Settings):
    """Which fields mean what: each by reference name, or by a name that is unique in the organisation.

    Of a list, the first field in which something stands counts. Most are empty by default.
    """

    start: Texts = Field(default=(f"{_SCHEDULING}StartDate",), description="start date")
    due: Texts = Field(
        default=(f"{_SCHEDULING}TargetDate", f"{_SCHEDULING}DueDate", f"{_SCHEDULING}FinishDate"),
        description="due date, the first that is there",
    )
    points: Texts = Field(
        default=(f"{_SCHEDULING}StoryPoints", f"{_SCHEDULING}Effort", f"{_SCHEDULING}Size"),
        description="story points, effort or size",
    )
    estimate: str = Field(default=f"{_SCHEDULING}OriginalEstimate", description="hours")
    remaining: str = Field(default=f"{_SCHEDULING}RemainingWork", description="hours")
    spent: str = Field(default=f"{_SCHEDULING}CompletedWork", description="hours")
    blocked: str = Field(default="Microsoft.VSTS.CMMI.Blocked", description="Yes, or a Boolean field")
    team: str | None = None
    twin: str | None = Field(default=None, description="keys of the same work in another tracker")
    health: str | None = Field(default=None, description="the health people declare: green, amber, red")
    probability: str | None = Field(
        default="Microsoft.VSTS.CMMI.Probability", description="1-5, words, or a percentage"
    )
    impact: str | None = Field(default=None, description="risk impact, 1-5 or words; else the severity")
    response: str | None = Field(
        default="Microsoft.VSTS.CMMI.MitigationPlan", description="risk response or mitigation plan"
    )
    response_due: str | None = "Microsoft.VSTS.Scheduling.DueDate"
    review_due: str | None = None
    proximity_from: str | None = None
    proximity_to: str | None = None
    approver: str | None = None
    budget: str | None = None
    actual_cost: str | None = None
    forecast_cost: str | None = None


class FieldOverride(Settings):
    """Other date fields for some items: those of these projects and of these types."""

    projects: Texts = Field(default=(), description="names of projects; empty means all")
    types: Texts = Field(default=(), description="work item types; empty means all")
    start: Texts | None = None
    due: Texts | None = None
    points: Texts | None = None


class StateMap(Settings):
    """What the state categories cannot say."""

    resolved: Literal["in_progress", "done"] = Field(
        default="in_progress", description="what the category Resolved means: done, but not yet checked"
    )
    removed_reasons: list[str] = Field(
        default=[
            "Removed from the backlog", "Removed from the Backlog", "Cut", "Deferred", "Obsolete",
            "Abandoned", "Rejected", "Duplicate", "Not a bug", "As Designed", "Cannot Reproduce",
            "Overtaken by Events",
        ],
        description="reasons of a completed state that are no completion",
    )  # fmt: skip


class MarkMap(Settings):
    """What tags and types say."""

    milestone_tags: list[str] = Field(default=["Milestone"])
    milestone_types: list[str] = Field(default=["Milestone"])
    blocked_tags: list[str] = Field(default=["Blocked"])
    risk_types: list[str] = Field(default=["Risk"], description="types that are risks, of any process")
    risk_tags: list[str] = Field(default=[], description="tags that make any item a risk")


class WriteMap(WriteSettings):
    """What Dovetail may write. Without this block nothing is ever written."""

    fields: dict[FieldName, str] = Field(
        default={},
        description="rollup field, start or due → the organisation's field, by name or reference name",
    )
    values: dict[FieldName, dict[str, str]] = Field(
        default={}, description="labels of a picklist, such as health: {green: On track, red: Off track}"
    )
    comment_format: Literal["html", "markdown"] = Field(
        default="html", description="of new comments; one that stands keeps its own"
    )
    silent: bool = Field(
        default=True,
        description="edit fields without notifications; needs “Suppress notifications for work item updates”",
    )
    mail_if_needed: bool = Field(
        default=False,
        description="edit fields with notifications where the account may not suppress them, instead of not",
    )


class AzureDevOpsSettings(SourceSafety, NetworkSettings):
    """An organisation of Azure DevOps Services."""

    name: SourceName
    kind: Literal["azure_devops"]
    url: Address = Field(description="the organisation, such as https://dev.azure.com/shop")
    identity_url: Address | None = Field(
        default=None,
        description="where its accounts are; by default https://vssps.dev.azure.com/<organisation>",
    )
    auth: MicrosoftAuth
    projects: list[str] = Field(
        default=[], description="names or ids of projects; empty means all the account can see"
    )
    fields: FieldMap = FieldMap()
    fields_for: list[FieldOverride] = Field(
        default=[], description="other date fields for some projects and types; the first that fits counts"
    )
    date_zones: list[str] = Field(
        default=[],
        description="time zones whose midnight means a date, besides the portfolio's and UTC's",
    )
    kinds: KindMap = Field(default={}, description="work item type → kind of work item")
    priorities: dict[str, int] = Field(default={}, description="priority → rank, 1 highest to 5")
    states: StateMap = StateMap()
    marks: MarkMap = MarkMap()
    write: WriteMap | None = None
    items_per_page: int = Field(
        default=1000,
        ge=1,
        le=1000,
        description="revisions a request; 200 where the organisation refuses more",
    )

    @field_validator("url")
    @classmethod
    def _organisation(cls, value: str) -> str:
        return organisation_url(value)

    @field_validator("date_zones")
    @classmethod
    def _known_zones(cls, value: list[str]) -> list[str]:
        for name in value:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(f"there is no time zone {name!r}; write it like Europe/Zurich") from None
        return value

    @property
    def organisation(self) -> str:
        """The organisation's name, the last part of its address."""
        return self.url.rpartition("/")[2]

    @property
    def accounts_url(self) -> str:
        """Where accounts are looked up: `identity_url`, or the vendor's host beside dev.azure.com."""
        if self.identity_url:
            return self.identity_url
        if urlsplit(self.url).hostname == _HOST:
            return f"https://vssps.{_HOST}/{self.organisation}"
        return self.url

    @property
    def write_fields(self) -> dict[FieldName, str]:
        """Our field → the organisation's field; empty when nothing may be written."""
        return written_fields(self.write)


def organisation_url(url: str) -> str:
    """The one spelling of an organisation's address: https://dev.azure.com/shop.

    People paste `https://shop.visualstudio.com`, where some paths answer 404, and addresses of pages deep
    inside (facts/azure_devops.md §1).

    Raises:
        ValueError: no organisation is named.
    """
    parts = urlsplit(url.rstrip("/"))
    host = (parts.hostname or "").lower()
    folders = [one for one in parts.path.split("/") if one]
    if host.endswith(_OLD_HOST):
        return f"https://{_HOST}/{host.removesuffix(_OLD_HOST)}"
    if not folders:
        raise ValueError("the organisation is missing; write it like https://dev.azure.com/shop")
    if host == _HOST:
        return f"https://{_HOST}/{folders[0]}"
    return f"{parts.scheme}://{parts.netloc}/{'/'.join(folders)}"
