"""What is known of one site during a run, each thing asked for once and only when it is needed."""

from __future__ import annotations

from functools import cached_property
from zoneinfo import ZoneInfo

from connectors.base import Context
from connectors.jira import wire, wire_site
from connectors.jira.client import JiraClient
from connectors.jira.fields import Resolved, resolve
from connectors.jira.mapping import IssueMapper
from connectors.jira.settings import JiraSettings
from connectors.jira.wire import SYSTEM_FIELDS
from portfolio.errors import AccessDenied


class Site:
    """One site through one account: its fields, statuses and projects, and who owns something there."""

    def __init__(self, settings: JiraSettings, context: Context, client: JiraClient | None = None) -> None:
        self.settings = settings
        self.context = context
        self.client = client or JiraClient(settings, context)
        self.zone = ZoneInfo(context.timezone)
        self.accounts: set[str] = set()
        self._said: set[str] = set()

    def say_once(self, what: str, line: str) -> None:
        """Tell people about a matter that would else be told for each issue."""
        if what not in self._said:
            self._said.add(what)
            self.context.say(line)

    @cached_property
    def fields(self) -> list[wire_site.FieldInfo]:
        """All fields of the site."""
        return self.client.fields()

    @cached_property
    def resolved(self) -> Resolved:
        """The fields whose meaning is known.

        Raises:
            FieldUnresolved: one of the configuration's cannot be found, or not uniquely.
        """
        return resolve(self.settings, self.fields)

    @cached_property
    def statuses(self) -> list[wire.Status]:
        """All statuses with their categories."""
        return self.client.statuses()

    @cached_property
    def mapper(self) -> IssueMapper:
        """Turns issues of this site into records."""
        own = self.client.myself().accountId
        mapper = IssueMapper(self.settings, self.resolved, self.statuses, self.zone, own)
        mapper.accounts = self.accounts
        return mapper

    @cached_property
    def issue_fields(self) -> list[str]:
        """The fields to ask for when issues are read: never `*all`, which is four times the bytes."""
        return [*SYSTEM_FIELDS, *self.resolved.read_ids]

    @cached_property
    def projects(self) -> list[wire_site.ListedProject]:
        """The configured projects, or all that the account can see, live or not."""
        return self.client.projects(self.settings.projects)

    def visible_projects(self) -> list[str]:
        """The keys of the live projects.

        Raises:
            AccessDenied: there is none.
        """
        keys = [one.key for one in self.projects if not (one.archived or one.deleted)]
        if not keys:
            raise AccessDenied(
                self.settings.name,
                "the account can see none of the projects.",
                hint="Give it Browse projects, or correct projects.",
            )
        return keys
