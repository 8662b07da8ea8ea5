"""Links from issues to pages elsewhere: which issues have some, and what they mean.

No bulk read shows them; it is one request per issue (facts/jira.md §1.5). But every link that was made or
removed is a sentence of the complete history, with the link's id, and histories are read anyway: only issues
that have a link left are asked. A page of Confluence that mentions an issue makes a link too, "mentioned in";
those say nothing about work elsewhere, and on many sites they are most of all links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from connectors.jira import wire
from connectors.parallel import completed
from connectors.relationships import linked_dependency
from portfolio.errors import AccessDenied, TargetMissing
from portfolio.records import Dependency, ItemId, SourceId

if TYPE_CHECKING:
    from connectors.jira.site import Site

_HISTORY = "RemoteIssueLink"
_MENTION = "mentioned in"


class Linked(msgspec.Struct, frozen=True):
    """What the links of one issue say: where they lead, and for whom the issue waits or who waits for it."""

    addresses: Sequence[str] = ()
    dependencies: Sequence[Dependency] = ()


def links_left(histories: Iterable[wire.History]) -> set[str]:
    """The ids of the links that an issue still has according to its complete history, mentions apart."""
    made: set[str] = set()
    removed: set[str] = set()
    for history in histories:
        for item in history.items:
            if item.field != _HISTORY or item.fieldId is not None:
                continue
            if item.after and f"This issue {_MENTION} " not in (item.after_text or ""):
                made.add(item.after)
            if item.before and not item.after:
                removed.add(item.before)  # an id is never given twice, so the order does not matter
    return made - removed


def read_links(
    site: Site, histories: Mapping[str, Sequence[wire.History]]
) -> dict[str, list[wire.RemoteLink]]:
    """The links of those of these issues that have some.

    Args:
        site: the site.
        histories: the complete histories by issue id.
    """
    if not site.settings.links.remote:
        return {}
    issues = [issue for issue, entries in histories.items() if links_left(entries)]

    def links_of(issue: str) -> tuple[str, list[wire.RemoteLink]]:
        try:
            return issue, site.client.remote_links(issue)
        except TargetMissing:  # deleted meanwhile
            return issue, []
        except AccessDenied as error:  # linking is switched off, or a scope is missing: issues matter more
            site.say_once("remote links", f"{site.settings.name}: some links cannot be read. {error}")
            return issue, []

    calls = [partial(links_of, issue) for issue in issues]
    return dict(completed(calls, latency_seconds=site.client.http.latency_seconds))


def linked(
    source: SourceId, item: ItemId, links: Iterable[wire.RemoteLink], waits_on: Iterable[str]
) -> Linked:
    """What links mean, by their relationships."""
    addresses: dict[str, None] = {}
    dependencies: list[Dependency] = []
    for link in links:
        address = (link.object.url or "").strip() if link.object else ""
        said = (link.relationship or "").strip()
        if not address or said.casefold() == _MENTION:
            continue
        addresses[address] = None
        found = linked_dependency(source, item, link.id, address, said, waits_on)
        if found is not None:
            dependencies.append(found)
    return Linked(list(addresses), dependencies)
