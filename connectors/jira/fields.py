"""Which field of this site means what: found by type key, by configured id, or by a name that is unique.

Ids differ from site to site and names repeat (84 of 191 fields of a real site belong to one team's project),
so an ambiguous name is refused with its candidates instead of guessed. facts/jira.md §1.3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import msgspec

from connectors.jira.settings import JiraSettings
from connectors.jira.wire_site import FieldInfo
from portfolio.errors import SourceError
from portfolio.intents import FieldName

_PLANS = "com.atlassian.jpo:jpo-custom-field-"
_AGILE = "com.pyxis.greenhopper.jira:"
_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"

# Our name → type keys that mean it on every site.
_TYPE_KEYS: Mapping[str, tuple[str, ...]] = {
    "start": (f"{_PLANS}baseline-start",),
    "finish": (f"{_PLANS}baseline-end",),
    "sprint": (f"{_AGILE}gh-sprint",),
    "points": (f"{_AGILE}jsw-story-points",),
    "team": (f"{_TYPES}atlassian-team", "com.atlassian.teams:rm-teams-custom-field-team"),
    "epic_link": (f"{_AGILE}gh-epic-link",),
    "parent_link": (f"{_PLANS}parent",),
}
# Plain fields without a type key of their own: our name → (name, schema type). Only where nothing else is.
_NAMES: Mapping[str, tuple[str, str]] = {
    "start": ("start date", "date"),
    "flagged": ("flagged", "array"),
    "points": ("story points", "number"),
}
# Known to us for reading old history, never read from issues: Cloud shows `parent` at all levels.
HISTORY_ONLY = frozenset({"epic_link", "parent_link"})


class FieldUnresolved(SourceError):
    """A field of the configuration is not on this site, or is there more than once."""


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one site that we know the meaning of.

    `writes` are our own; `write_problems` says which of them cannot be found, and why.
    """

    fields: Mapping[str, FieldInfo]
    writes: Mapping[FieldName, FieldInfo]
    write_problems: Mapping[FieldName, str]

    @property
    def fingerprint(self) -> str:
        """Changes when a meaning moves to another field: what was read before means something else now."""
        pairs = sorted((name, field.id) for name, field in self.fields.items())
        return hashlib.sha256(msgspec.json.encode(pairs)).hexdigest()[:12]

    @property
    def read_ids(self) -> list[str]:
        """The ids to ask for when issues are read."""
        return [field.id for name, field in self.fields.items() if name not in HISTORY_ONLY]


def resolve(settings: JiraSettings, site: Sequence[FieldInfo]) -> Resolved:
    """Find every field that the configuration names, and those that every site has.

    Raises:
        FieldUnresolved: naming the field, where it is configured, and the candidates.
    """
    found: dict[str, FieldInfo] = {}
    configured: dict[str, str | None] = settings.fields.model_dump()
    for name in dict.fromkeys([*configured, *_TYPE_KEYS]):
        wanted = configured.get(name)
        field = _named(settings.name, name, wanted, site) if wanted else _usual(settings.name, name, site)
        if field is not None:
            found[name] = field
    writes: dict[FieldName, FieldInfo] = {}
    problems: dict[FieldName, str] = {}
    for slot, wanted in settings.write_fields.items():
        try:
            writes[slot] = _named(settings.name, f"write.fields.{slot}", wanted, site)
        except FieldUnresolved as error:
            problems[slot] = str(error)
    return Resolved(fields=found, writes=writes, write_problems=problems)


def _usual(source: str, name: str, site: Sequence[FieldInfo]) -> FieldInfo | None:
    for key in _TYPE_KEYS.get(name, ()):
        candidates = [field for field in site if field.type_key == key]
        if candidates:
            return _only(source, f"fields.{name}", candidates)
    if name in _NAMES:
        title, type_ = _NAMES[name]
        candidates = [f for f in site if f.custom and f.name.casefold() == title and f.type == type_]
        shared = [field for field in candidates if not field.is_scoped]
        # Found by nothing but a usual name: where that is not clear, the configuration has to say it.
        return (shared or candidates)[0] if len(shared or candidates) == 1 else None
    return None


def _named(source: str, name: str, wanted: str, site: Sequence[FieldInfo]) -> FieldInfo:
    place = name if "." in name else f"fields.{name}"
    for field in site:
        if field.id == wanted:
            return field
    folded = wanted.strip().casefold()
    candidates = [
        field for field in site if folded in (field.name.strip().casefold(), field.type_key.casefold())
    ]
    if candidates:
        return _only(source, place, candidates)
    near = get_close_matches(wanted, {field.name for field in site}, n=3, cutoff=0.5)
    raise FieldUnresolved(
        source,
        f"there is no field {wanted!r} ({place}).",
        hint=f"Did you mean {' or '.join(near)}?" if near else "`dovetail doctor` lists the fields.",
    )


def _only(source: str, place: str, candidates: Sequence[FieldInfo]) -> FieldInfo:
    shared = [field for field in candidates if not field.is_scoped] or list(candidates)
    if len(shared) == 1:
        return shared[0]
    listed = ", ".join(f"{field.id} ({field.name}, {field.type or 'any'})" for field in shared[:6])
    raise FieldUnresolved(
        source, f"{place} fits {len(shared)} fields: {listed}.", hint=f"Name one of these ids under {place}."
    )
