"""What is known of one organisation during a run, each thing asked for once and only when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from connectors.azure_devops import wire
from connectors.azure_devops.client import ITEMS_AT_ONCE, AzureDevOpsClient
from connectors.azure_devops.fields import FieldUnresolved, Names, Resolved, needs_list
from connectors.azure_devops.mapping import ItemMapper
from connectors.azure_devops.process import ProcessBook
from connectors.azure_devops.settings import AzureDevOpsSettings
from connectors.base import Context
from connectors.parallel import completed
from portfolio.errors import AccessDenied
from portfolio.records import IdPage

T = TypeVar("T")


class Site:
    """One organisation through one account: its fields, processes and projects, and who owns things."""

    def __init__(
        self, settings: AzureDevOpsSettings, context: Context, client: AzureDevOpsClient | None = None
    ) -> None:
        self.settings = settings
        self.context = context
        self.client = client or AzureDevOpsClient(settings, context)
        self.zone = ZoneInfo(context.timezone)
        self.owners: set[str] = set()
        self.known: set[str] = set()  # accounts that need not be told of again
        self.returns: int | None = None  # of the stream of items, once it has been asked
        self.former_names: dict[str, str] = {}  # id of a project → the name it had when it was first read
        # What this run has delivered: item → parent or 0, and pairs of whole items. Links tell it again.
        self.parents: dict[int, int] = {}
        self.whole: dict[int, frozenset[tuple[int, int]]] = {}

    @cached_property
    def fields(self) -> list[wire.FieldInfo]:
        """All fields of the organisation."""
        return self.client.fields()

    @cached_property
    def names(self) -> Names:
        """The fields by their names."""
        return Names(self.settings.name, self.fields)

    @cached_property
    def resolved(self) -> Resolved:
        """The fields whose meaning is known. The list is asked for only where a name may not be there.

        Raises:
            FieldUnresolved: one of the configuration's cannot be found, or not uniquely.
        """
        return Resolved(self.settings, self.names if needs_list(self.settings) else None)

    @cached_property
    def all_projects(self) -> list[wire.Project]:
        """The projects that the account can see."""
        return self.client.projects()

    @cached_property
    def projects(self) -> list[wire.Project]:
        """The configured projects that can be seen, or all; one that was renamed is known by its id."""
        if not self.settings.projects:
            return self.all_projects
        found = {self._project(name) for name in self.settings.projects}
        return [one for one in self.all_projects if one.id in found]

    @property
    def hidden_projects(self) -> list[str]:
        """The configured projects that cannot be seen; without any, the ids of those that once could be."""
        if not self.settings.projects:
            return sorted(self.former_names.keys() - {one.id for one in self.all_projects})
        return [name for name in self.settings.projects if self._project(name) is None]

    def hidden_pages(self) -> list[IdPage]:
        """What is said of the items of projects that cannot be seen: nothing, and that it is so."""
        # The last name it was known by: its items stand below that.
        return [
            IdPage(
                scope=self.former_names.get(hidden, hidden),
                ids=(),
                is_readable=False,
                covers_below=True,
                reason="its project cannot be seen",
            )
            for hidden in self.hidden_projects
        ]

    def _project(self, name: str) -> str | None:
        wanted = name.casefold()
        for one in self.all_projects:
            if wanted in (one.id.casefold(), one.name.casefold()):
                return one.id
        former = {was.casefold(): ident for ident, was in self.former_names.items()}.get(wanted)
        return former if any(one.id == former for one in self.all_projects) else None

    def first_names(self) -> dict[str, str]:
        """Id → the name a project had when it was first read, which is the one the configuration may know.

        A project that cannot be seen now keeps its name, or it would be a stranger when it can be again.
        """
        return {**{one.id: one.name for one in self.projects}, **self.former_names}

    @cached_property
    def scope(self) -> frozenset[str]:
        """The names of the projects whose items are read."""
        return frozenset(one.name for one in self.projects)

    def visible_projects(self) -> list[wire.Project]:
        """The projects that are read.

        Raises:
            AccessDenied: there is none.
        """
        if not self.projects:
            raise AccessDenied(
                self.settings.name,
                "the account can see none of the projects.",
                hint="Make it a reader of the projects, or correct projects; names and ids both count.",
            )
        return self.projects

    def in_scope(self, project: str | None) -> bool:
        """Whether the items of a project are read."""
        return project in self.scope

    def is_elsewhere(self, project: str | None) -> bool:
        """Whether a project is none of those that should be read, also of those that cannot be seen now."""
        ours = {*self.settings.projects, *self.former_names.values(), *self.former_names}
        return not self.in_scope(project) and (project or "").casefold() not in {
            one.casefold() for one in ours
        }

    @cached_property
    def process(self) -> ProcessBook:
        """The types, states and backlog levels of the projects."""
        return ProcessBook(self.settings, self.client, {one.name: one.id for one in self.all_projects})

    @cached_property
    def mapper(self) -> ItemMapper:
        """Turns items of this organisation into records."""
        return ItemMapper(self.settings, self.resolved, self.process, self.zone)

    def own_account(self) -> str | None:
        """The descriptor of the account that we are."""
        return self.client.me().subject_descriptor

    @cached_property
    def own_meanings(self) -> frozenset[str]:
        """Meanings whose field is one that we write ourselves."""
        if not (self.settings.fields.health and self.settings.write_fields):
            return frozenset()
        health = dict(self.resolved.described())["health"]
        for slot, name in self.settings.write_fields.items():
            try:
                written = self.names.find(name, f"write.fields.{slot}").reference_name
            except FieldUnresolved:
                continue  # writing says so
            if written in health:
                return frozenset({"health"})
        return frozenset()

    # Reading whole items.

    def read_whole(self, numbers: Sequence[int]) -> list[Any]:
        """Items with all their fields and relations, as far as they can be seen; any order."""
        decoder = self.resolved.items
        return list(self._batches(numbers, lambda ids: self.client.items(ids, decoder).value))

    def read_as_of(self, numbers: Sequence[int], moment: str) -> list[Any]:
        """The tracked fields of items as they stood at an instant, as far as they were there."""
        decoder, fields = self.resolved.items, self.resolved.tracked
        return list(
            self._batches(
                numbers, lambda ids: self.client.items(ids, decoder, fields=fields, as_of=moment).value
            )
        )

    def _batches(self, numbers: Sequence[int], read: Callable[[list[int]], list[Any]]) -> Iterator[Any]:
        calls = [partial(read, batch) for batch in chunks(numbers, ITEMS_AT_ONCE)]
        rows = [
            row
            for answer in completed(calls, latency_seconds=self.client.http.latency_seconds)
            for row in answer
            if row is not None
        ]
        # Neither the answers nor what is in them come in an order.
        yield from sorted(rows, key=lambda row: row.id)


def chunks(values: Sequence[T], size: int) -> Iterator[list[T]]:
    """The values, so many at a time."""
    for start in range(0, len(values), size):
        yield list(values[start : start + size])
