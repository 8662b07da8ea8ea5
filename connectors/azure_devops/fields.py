"""Which fields of an organisation mean what, and the typed row that holds just those.

Azure DevOps names a field by its reference name (`Microsoft.VSTS.Scheduling.DueDate`), which is the same in
every organisation, and shows people another name. The configuration may use either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any

import msgspec

from connectors.azure_devops.settings import AzureDevOpsSettings, FieldMap, FieldOverride
from connectors.azure_devops.wire import Account, FieldInfo, Listed, Relation, Revisions
from portfolio.errors import SourceError

# Attribute of a row: (reference name, type). Those of `_TRACKED` make a timeline; the rest is only for items.
_TRACKED: Mapping[str, tuple[str, Any]] = {
    "project": ("System.TeamProject", str | None),
    "type": ("System.WorkItemType", str | None),
    "state": ("System.State", str | None),
    "reason": ("System.Reason", str | None),
    "owner": ("System.AssignedTo", Account | str | None),
    "title": ("System.Title", str | None),
    "area": ("System.AreaPath", str | None),
    "iteration": ("System.IterationId", int | None),
    "tags": ("System.Tags", str | None),
    "column": ("System.BoardColumn", str | None),
    "priority": ("Microsoft.VSTS.Common.Priority", Any),
    "severity": ("Microsoft.VSTS.Common.Severity", Any),
    "is_deleted": ("System.IsDeleted", bool | None),
    "changed_date": ("System.ChangedDate", str | None),
    "changed_by": ("System.ChangedBy", Account | str | None),
}
_SHOWN: Mapping[str, tuple[str, Any]] = {
    "created_date": ("System.CreatedDate", str | None),
    "parent": ("System.Parent", int | None),
    "iteration_path": ("System.IterationPath", str | None),
    "hyperlinks": ("System.HyperLinkCount", int | None),
    "remote_links": ("System.RemoteLinkCount", int | None),
    "activated": ("Microsoft.VSTS.Common.ActivatedDate", str | None),
    "resolved": ("Microsoft.VSTS.Common.ResolvedDate", str | None),
    "closed": ("Microsoft.VSTS.Common.ClosedDate", str | None),
    "state_since": ("Microsoft.VSTS.Common.StateChangeDate", str | None),
}
# Meanings whose changes belong to the timeline.
_DATED = ("start", "due", "points", "estimate", "remaining", "spent", "blocked", "health")
_STOCK = ("System.", "Microsoft.VSTS.")
_LONG_TEXT = frozenset({"html", "plainText", "history"})
_LIST: Any = list
_LISTED: Any = Listed  # of types that exist only once the configuration is read


class FieldUnresolved(SourceError):
    """The configuration names a field that the organisation does not have, or has twice."""


class Names:
    """The fields of one organisation by reference name and by the name that people see."""

    def __init__(self, source: str, listed: Iterable[FieldInfo]) -> None:
        self._source = source
        self._by_name: dict[str, list[FieldInfo]] = {}
        self._by_reference: dict[str, FieldInfo] = {}
        for one in listed:
            if not one.is_deleted:
                self._by_reference[one.reference_name.casefold()] = one
                self._by_name.setdefault(one.name.casefold(), []).append(one)

    def find(self, name: str, setting: str) -> FieldInfo:
        """The one field of this name.

        Raises:
            FieldUnresolved: there is none, or there are several.
        """
        known = self._by_reference.get(name.casefold())
        found = [known] if known else self._by_name.get(name.casefold(), [])
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(one.reference_name for one in found)
            raise FieldUnresolved(
                self._source, f"{setting}: {name!r} is the name of {ids}.", hint="Write the one you mean."
            )
        raise FieldUnresolved(
            self._source,
            f"{setting}: there is no field {name!r}.",
            hint="Organization settings, Process, Fields lists them all.",
        )


class Resolved:
    """The fields to ask for, the type of a row that holds them, and which of them mean what."""

    def __init__(self, settings: AzureDevOpsSettings, names: Names | None) -> None:
        self._names = names
        self._attributes: dict[str, str] = {}
        overrides = [(one, self._override(one, index)) for index, one in enumerate(settings.fields_for)]
        self._base = self._meanings(settings.fields)
        self._overrides = overrides
        self._places: dict[tuple[str | None, str | None], dict[str, tuple[int, ...]]] = {}
        self._chosen: dict[tuple[str | None, str | None], dict[str, Callable[[Any], Any]]] = {}
        self._by_attribute = {attribute: reference for attribute, (reference, _) in _COLUMNS.items()}
        self._by_attribute |= {attribute: reference for reference, attribute in self._attributes.items()}
        self.tracked: list[str] = [reference for reference, _ in _TRACKED.values()]
        self.tracked += [self._by_attribute[one] for one in self._dated()]
        self.shown: list[str] = list(
            dict.fromkeys([*self.tracked, *(ref for ref, _ in _SHOWN.values()), *self._attributes])
        )

    @property
    def has_long_text(self) -> bool:
        """Whether a configured field is a long text, which revisions do not show (facts §2.1)."""
        found = (self._names.find(one, "fields") for one in self._attributes) if self._names else ()
        return any(one.type in _LONG_TEXT and not one.reference_name.startswith(_STOCK) for one in found)

    def _dated(self) -> list[str]:
        """The attributes of meanings whose changes belong to the timeline, besides those that do anyway."""
        sets = [self._base, *(meanings for _, meanings in self._overrides)]
        found = [one for meanings in sets for name in _DATED for one in meanings.get(name, ())]
        return [one for one in dict.fromkeys(found) if one not in _TRACKED]

    def _reference(self, name: str, setting: str) -> str:
        if self._names is None:
            return name
        found: str = self._names.find(name, setting).reference_name
        return found

    def _attribute(self, name: str, setting: str) -> str:
        reference = self._reference(name, setting)
        for attribute, (known, _) in _COLUMNS.items():
            if known == reference:
                return attribute
        return self._attributes.setdefault(reference, f"x{len(self._attributes)}")

    def _meanings(self, fields: FieldMap) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for meaning, names in fields:
            wanted = [names] if isinstance(names, str) else names or []
            attributes = [self._attribute(name, f"fields.{meaning}") for name in wanted]
            if attributes:
                found[meaning] = attributes
        return found

    def _override(self, one: FieldOverride, index: int) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for meaning in ("start", "due", "points"):
            names = getattr(one, meaning)
            if names is not None:
                setting = f"fields_for.{index}.{meaning}"
                found[meaning] = [self._attribute(name, setting) for name in names]
        return found

    @cached_property
    def fields_type(self) -> Any:
        """The fields of a row; whatever is absent is None."""
        columns: list[tuple[str, Any, Any]] = [(name, kind, None) for name, (_, kind) in _COLUMNS.items()]
        columns += [(attribute, Any, None) for attribute in self._attributes.values()]
        wire = {name: reference for name, (reference, _) in _COLUMNS.items()}
        wire |= {attribute: reference for reference, attribute in self._attributes.items()}
        return msgspec.defstruct("Fields", columns, rename=wire, kw_only=True, gc=False)

    @cached_property
    def row_type(self) -> Any:
        """One item or one revision: `id`, `rev`, `fields`, and `relations` where they were asked for."""
        return msgspec.defstruct(
            "Row",
            [
                ("id", int),
                ("rev", Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]),
                ("fields", self.fields_type),
                ("relations", list[Relation] | None, None),
            ],
            kw_only=True,
            gc=False,
        )

    @cached_property
    def revisions(self) -> msgspec.json.Decoder[Revisions]:
        """Decodes a batch of revisions."""
        values = ("values", _LIST[self.row_type])
        return msgspec.json.Decoder(
            msgspec.defstruct("Batch", [values], bases=(Revisions,), rename="camel", kw_only=True)
        )

    @cached_property
    def items(self) -> msgspec.json.Decoder[Listed[Any]]:
        """Decodes the answer to a read of many items, some of which may be null."""
        return msgspec.json.Decoder(_LISTED[self.row_type | None])

    @cached_property
    def whole(self) -> msgspec.json.Decoder[Listed[Any]]:
        """Decodes a list of revisions of one item."""
        return msgspec.json.Decoder(_LISTED[self.row_type])

    def getter(self, project: str | None, type_: str | None) -> dict[str, Callable[[Any], Any]]:
        """For items of a project and type: meaning → what stands in the first field that holds something."""
        key = (project, type_)
        chosen = self._chosen.get(key)
        if chosen is None:
            meanings = self._meanings_for(project, type_)
            chosen = self._chosen[key] = {name: _first(chain) for name, chain in meanings.items()}
        return chosen

    def chains(self, project: str | None, type_: str | None) -> dict[str, tuple[int, ...]]:
        """The same for what the timeline tells of: meaning → places in `tracked_names`, first to last."""
        key = (project, type_)
        found = self._places.get(key)
        if found is None:
            place = {name: at for at, name in enumerate(self.tracked_names)}
            meanings = self._meanings_for(project, type_)
            found = self._places[key] = {
                name: tuple(place[one] for one in meanings.get(name, ())) for name in _DATED
            }
        return found

    def _meanings_for(self, project: str | None, type_: str | None) -> dict[str, list[str]]:
        for one, changed in self._overrides:
            if _fits(one.projects, project) and _fits(one.types, type_):
                return {**self._base, **changed}
        return self._base

    @cached_property
    def tracked_names(self) -> tuple[str, ...]:
        """What the timeline tells of; the owner comes first, then project, type, state and reason."""
        names = [name for name in _TRACKED if name not in ("owner", "changed_date", "changed_by")]
        return ("owner", *names, *self._dated())

    @cached_property
    def tracked_values(self) -> Callable[[Any], tuple[Any, ...]]:
        """What stands in a row in `tracked_names`, except for the owner, of whom only the id counts."""
        getter: Callable[[Any], tuple[Any, ...]] = attrgetter(*self.tracked_names[1:])
        return getter

    def meanings_of(self, wanted: Sequence[str]) -> dict[str, frozenset[str]]:
        """Attribute → those of the wanted meanings that it may give, in any project and type."""
        found: dict[str, set[str]] = {}
        for meanings in (self._base, *(changed for _, changed in self._overrides)):
            for meaning in wanted:
                for attribute in meanings.get(meaning, ()):
                    found.setdefault(attribute, set()).add(meaning)
        if self._overrides:
            for attribute in ("project", "type"):
                found[attribute] = {"start", "due", "points"}
        return {attribute: frozenset(names) for attribute, names in found.items()}

    def described(self) -> list[tuple[str, list[str]]]:
        """Meaning and reference names, for people."""
        names = self._by_attribute
        return [(meaning, [names[one] for one in chain]) for meaning, chain in sorted(self._base.items())]

    @property
    def fingerprint(self) -> str:
        """Changes when a configured name has come to mean another field."""
        pairs = sorted((name, tuple(attributes)) for name, attributes in self._base.items())
        raw: bytes = msgspec.json.encode([sorted(self._attributes.items()), pairs])
        return raw.decode()


_COLUMNS: Mapping[str, tuple[str, Any]] = {**_TRACKED, **_SHOWN}


def needs_list(settings: AzureDevOpsSettings) -> bool:
    """Whether a configured field may not be there under this name; those of every organisation are."""
    return not all(name.startswith(_STOCK) for name in _named(settings))


def _named(settings: AzureDevOpsSettings) -> list[str]:
    names: list[str] = []
    for _, value in settings.fields:
        names += [value] if isinstance(value, str) else value or []
    for one in settings.fields_for:
        for chain in (one.start, one.due, one.points):
            names += chain or []
    return names


def _fits(wanted: Sequence[str], name: str | None) -> bool:
    return not wanted or (name or "").casefold() in {one.casefold() for one in wanted}


def _first(attributes: Sequence[str]) -> Callable[[Any], Any]:
    if len(attributes) == 1:
        return attrgetter(attributes[0])

    def first(fields: Any) -> Any:
        for name in attributes:
            value = getattr(fields, name)
            if value is not None and value != "":
                return value
        return None

    return first if attributes else _nothing


def _nothing(fields: Any) -> None:
    return None
