"""The addresses of work items: one canonical form for each, and an index from address to item.

A hyperlink is typed, copied from a browser or written by an integration, so the same item is linked in many
spellings: its page, a board with the item selected, its place in the API; by key or by id; with a port, other
letters, a query behind it. Azure DevOps answers at dev.azure.com and, for old organisations, at
visualstudio.com. Identifiers are compared whole: 123 is never found in 1234.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from portfolio.records import ItemId, SourceId

MAX_CHARACTERS = 2000  # longer than browsers and trackers take; a hostile text costs nothing
_DEFAULT_PORTS = {"http": 80, "https": 443}
_OLD_AZURE = ".visualstudio.com"
_AZURE = "dev.azure.com"
_COLLECTION = "defaultcollection"  # what visualstudio.com puts before the project, or leaves out
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]+-[1-9][0-9]{0,17}")
# Pages of Azure DevOps that show one item beside others, with its id in the query.
_AZURE_PAGES = frozenset({"_workitems", "_boards", "_backlogs", "_sprints", "_queries", "_dashboards"})
# What may stand between a collection and a page: project and team.
_BELOW_A_COLLECTION = 2

_Canonical: TypeAlias = tuple[str, str, str, str]


class _Place(NamedTuple):
    """An address taken apart: `form` says how to read it, `prefix` is what stands before the item."""

    form: str  # jira, azure, page
    host: str
    prefix: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """What the index reads of an item."""

    item_id: ItemId
    source: SourceId
    native_id: str
    key: str
    url: str | None


@dataclass(slots=True)
class AddressIndex:
    """From any spelling of an address to the items that stand there.

    More than one item has an address where two sources read the same tracker.
    """

    _items: dict[_Canonical, list[ItemId]] = field(default_factory=dict)
    _sites: dict[SourceId, set[tuple[str, tuple[str, ...]]]] = field(default_factory=dict)

    def add(self, item: Addressed) -> None:
        """Put an item at its own address, and where its tracker's API shows it."""
        place = None if item.url is None else _place_of(item.url)
        if place is None:
            return
        if place.form == "jira":
            self._sites.setdefault(item.source, set()).add((place.host, place.prefix))
            self._put(_canonical(place), item.item_id)
            self._put(_canonical(place._replace(name=f"#{item.native_id}")), item.item_id)
        elif place.form == "azure":
            # `{collection}/{project}/_workitems/edit/{id}`: an id is unique in its whole collection.
            collection = place.prefix[:-1] or place.prefix
            self._put(_canonical(place._replace(prefix=collection)), item.item_id)
        else:
            self._put(_canonical(place), item.item_id)

    def add_former_key(self, source: SourceId, key: str, item_id: ItemId) -> None:
        """A key that an item had before it moved: its old address leads to it until another item has it."""
        for host, prefix in self._sites.get(source, ()):
            canonical = _canonical(_Place("jira", host, prefix, key.upper()))
            if canonical not in self._items:
                self._put(canonical, item_id)

    def items_at(self, address: str) -> list[ItemId]:
        """The items at an address, sorted; none where no source delivers what stands there."""
        place = _place_of(address)
        if place is None:
            return []
        found = set(self._items.get(_canonical(place), ()))
        if place.form == "azure":
            for depth in range(1, _BELOW_A_COLLECTION + 1):
                if depth <= len(place.prefix):
                    shorter = place._replace(prefix=place.prefix[:-depth])
                    found.update(self._items.get(_canonical(shorter), ()))
        return sorted(found)

    def _put(self, canonical: _Canonical, item_id: ItemId) -> None:
        at = self._items.setdefault(canonical, [])
        if item_id not in at:
            at.append(item_id)


def address_index(items: Iterable[Addressed], former_keys: Mapping[str, ItemId]) -> AddressIndex:
    """The index over all items.

    Args:
        items: the live items of all sources.
        former_keys: keys that items had before they moved.
    """
    index = AddressIndex()
    source_of: dict[ItemId, SourceId] = {}
    for one in items:
        index.add(one)
        source_of[one.item_id] = one.source
    for key, item_id in former_keys.items():
        if item_id in source_of:
            index.add_former_key(source_of[item_id], key, item_id)
    return index


def is_address(text: str) -> bool:
    """True for a web address."""
    return text[:8].lower().startswith(("http://", "https://"))


def _canonical(place: _Place) -> _Canonical:
    return place.form, place.host, "/".join(place.prefix), place.name


def _place_of(address: str) -> _Place | None:
    """An address taken apart; None for what is none."""
    address = address.strip()
    if len(address) > MAX_CHARACTERS or not is_address(address):
        return None
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        query = _parsed(parts.query)
    except ValueError:
        return None
    if not host:
        return None
    if port is not None and port != _DEFAULT_PORTS[parts.scheme.lower()]:
        host = f"{host}:{port}"
    segments = [unquote(one) for one in parts.path.split("/") if one]
    return (
        _azure(host, segments, query, parts.fragment)
        or _jira(host, segments, query)
        or _Place("page", host, tuple(segments), parts.query)
    )


def _azure(
    host: str, segments: Sequence[str], query: Mapping[str, Sequence[str]], fragment: str
) -> _Place | None:
    folded = [one.casefold() for one in segments]
    if "_apis" in folded:
        at = folded.index("_apis")
        name = (
            folded[at + 3] if folded[at + 1 : at + 3] == ["wit", "workitems"] and len(folded) > at + 3 else ""
        )
    else:
        at = next((number for number, one in enumerate(folded) if one in _AZURE_PAGES), -1)
        if at < 0:
            return None
        after = folded[at + 1 :]
        name = after[1] if len(after) > 1 and after[0] == "edit" else ""
        if not name:
            # The oldest pages kept it behind the #. An `id` on other pages is that of a query or a board.
            asked = {**_parsed(fragment), **query}
            wanted = ("id", "workitem") if folded[at] == "_workitems" else ("workitem",)
            name = next((asked[one][0] for one in wanted if one in asked), "")
    if not _NUMBER.fullmatch(name):
        return None
    prefix = folded[:at]
    if host.endswith(_OLD_AZURE) and host.count(".") == 2:
        if prefix[:1] == [_COLLECTION]:
            prefix = prefix[1:]
        prefix = [host.removesuffix(_OLD_AZURE), *prefix]
        host = _AZURE
    return _Place("azure", host, tuple(prefix), name)


def _jira(host: str, segments: Sequence[str], query: Mapping[str, Sequence[str]]) -> _Place | None:
    folded = [one.casefold() for one in segments]
    for number, word in enumerate(folded[:-1]):
        name = segments[number + 1]
        if word == "browse" and _KEY.fullmatch(name):
            return _Place("jira", host, tuple(folded[:number]), name.upper())
        if word == "rest" and folded[number + 1] == "api" and folded[number + 3 : number + 4] == ["issue"]:
            named = segments[number + 4] if len(segments) > number + 4 else ""
            if _NUMBER.fullmatch(named):
                return _Place("jira", host, tuple(folded[:number]), f"#{named}")
            return _keyed(host, folded[:number], [named])
        if word == "projects":
            # Cloud puts its applications before the projects: /jira/software/c/projects/CHK/…
            is_application = folded[:1] == ["jira"] and number > 1
            selected = query.get("selectedissue", ())
            names = [*selected[:1], *reversed(segments[number + 2 :])]
            return _keyed(host, [] if is_application else folded[:number], names)
    return None


def _keyed(host: str, prefix: Sequence[str], names: Sequence[str]) -> _Place | None:
    key = next((name for name in names if _KEY.fullmatch(name)), None)
    return None if key is None else _Place("jira", host, tuple(prefix), key.upper())


def _parsed(query: str) -> dict[str, list[str]]:
    return {name.casefold(): values for name, values in parse_qs(query, max_num_fields=50).items()}
