"""One `sources:` entry of kind jira: where the site is, what its fields mean, what may be written."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from connectors.auth import Auth
from connectors.network import NetworkSettings
from connectors.settings import Address, KindMap, Settings, SourceName, WriteSettings, written_fields
from connectors.source_safety import SourceSafety
from portfolio.intents import FieldName


class FieldMap(Settings):
    """Which of the site's fields mean what: each by name or id; names must be unique on the site.

    The defaults are found by the fields' type keys, which are the same on every site; ids and names are not.
    """

    start: str | None = Field(
        default=None, description="start date; by default Target start, then Start date"
    )
    finish: str | None = Field(
        default=None, description="finish date before the due date; by default Target end"
    )
    points: str | None = Field(default=None, description="story points")
    sprint: str | None = None
    flagged: str | None = Field(default=None, description="the impediment flag")
    team: str | None = None
    severity: str | None = Field(default=None, description="how bad a bug is; Jira has no such field itself")
    twin: str | None = Field(default=None, description="keys of the same work in another tracker")
    health: str | None = Field(default=None, description="the health people declare: green, amber, red")
    probability: str | None = Field(default=None, description="risk probability, 1-5 or words")
    impact: str | None = Field(default=None, description="risk impact, 1-5 or words")
    response: str | None = Field(default=None, description="risk response")
    response_due: str | None = None
    review_due: str | None = None
    proximity_from: str | None = None
    proximity_to: str | None = None
    approver: str | None = None
    budget: str | None = None
    actual_cost: str | None = None
    forecast_cost: str | None = None


class LinkMap(Settings):
    """Which links are dependencies, and whether links to other trackers are read."""

    waits_on: list[str] = Field(
        default=["is blocked by", "depends on", "is dependent on"],
        description="phrases of the end that waits, or names of link types whose inward end waits",
    )
    remote: bool = Field(
        default=True,
        description="read links to pages elsewhere: one request for each issue that has some and changed",
    )


class StateMap(Settings):
    """What the status categories cannot say: which ends are no completion."""

    removed_statuses: list[str] = Field(
        default=["Cancelled", "Canceled", "Won't Do", "Withdrawn", "Rejected", "Abandoned", "Obsolete"]
    )
    removed_resolutions: list[str] = Field(
        default=[
            "Won't Do", "Won't Fix", "Duplicate", "Cannot Reproduce", "Declined", "Cancelled", "Canceled",
            "Rejected", "Incomplete", "Obsolete", "Abandoned", "Withdrawn",
        ]
    )  # fmt: skip


class WriteMap(WriteSettings):
    """What Dovetail may write. Without this block nothing is ever written."""

    fields: dict[FieldName, str] = Field(
        default={}, description="rollup field, start or due → the site's field, by name or id"
    )
    values: dict[FieldName, dict[str, str]] = Field(
        default={}, description="labels of options, such as health: {green: On track, red: Off track}"
    )
    silent: bool = Field(
        default=True,
        description="edit fields without mail to watchers; needs Administer Jira or Administer Projects",
    )
    service_projects: bool = Field(
        default=False, description="comment in service projects too, where customers read comments"
    )


class JiraSettings(SourceSafety, NetworkSettings):
    """A Jira Cloud site."""

    name: SourceName
    kind: Literal["jira"]
    url: Address = Field(description="where people see it, such as https://shop.atlassian.net")
    api_url: Address | None = Field(
        default=None,
        description="where the API is for scoped tokens: https://api.atlassian.com/ex/jira/<cloud id>",
    )
    auth: Auth
    projects: list[str] = Field(default=[], description="project keys; empty means all the account can see")
    fields: FieldMap = FieldMap()
    kinds: KindMap = Field(default={}, description="issue type (name or id) → kind of work item")
    priorities: dict[str, int] = Field(default={}, description="priority (name) → rank, 1 highest to 5")
    links: LinkMap = LinkMap()
    states: StateMap = StateMap()
    write: WriteMap | None = None
    details_per_request: int = Field(
        default=100, ge=1, le=1000, description="issues per bulk read; over 100 is new"
    )
    items_per_page: int = Field(default=1000, ge=1, le=1000, description="issues stored in one transaction")

    @field_validator("projects")
    @classmethod
    def _keys(cls, value: list[str]) -> list[str]:
        for key in value:
            if not key.replace("_", "").isalnum() or not key.isascii():
                raise ValueError(f"{key!r} is not a project key; keys look like CHK")
        return [key.upper() for key in value]

    @property
    def base_url(self) -> str:
        """Where requests go: `api_url` where it is set, else `url`."""
        return self.api_url or self.url

    @property
    def write_fields(self) -> dict[FieldName, str]:
        """Our field → the site's field; empty when nothing may be written."""
        return written_fields(self.write)
