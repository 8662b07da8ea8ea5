"""Issues and histories as bytes, kept by revision: a benchmark measures its client, not this simulator."""

from __future__ import annotations

from collections.abc import Collection

from simulators.http import dumps
from simulators.jira.call import Call
from simulators.jira.model import History, Issue
from simulators.jira.render import Renderer

LIMIT = 250_000  # entries, then everything is forgotten


def issue_bytes(
    call: Call,
    renderer: Renderer,
    issue: Issue,
    fields: tuple[str, ...],
    expand: Collection[str],
    properties: tuple[str, ...] = (),
) -> bytes:
    """One rendered issue."""
    site = call.site
    relatives = [issue.fields["parent"]] if issue.fields.get("parent") else []
    relatives += site.children.get(issue.id, ())
    for number in site.issue_links.get(issue.id, ()):
        link = site.links[number]
        relatives += (link.source, link.destination)
    key = (
        issue.id,
        issue.revision,
        site.epoch,
        *_viewer(call),
        fields,
        frozenset(expand),
        properties,
        tuple(site.issues[number].revision for number in relatives),
    )
    return _kept(call, key) or _keep(call, key, dumps(renderer.issue(issue, fields, expand, properties)))


def history_bytes(call: Call, renderer: Renderer, entry: History) -> bytes:
    """One rendered history entry of `changelog/bulkfetch`."""
    epoch = call.options.bulk_created == "epoch"
    key = ("history", entry.id, epoch, call.site.epoch, *_viewer(call))
    kept = _kept(call, key)
    if kept is None:
        shown = renderer.history(entry, embedded=False)
        if epoch:
            shown["created"] = entry.created
        kept = _keep(call, key, dumps(shown))
    return kept


def _viewer(call: Call) -> tuple[object, ...]:
    caller = call.caller
    who = (caller.account_id, caller.time_zone) if caller else (None, None)
    return (*who, call.version, call.base, call.options.emails, call.options.history_cap)


def _kept(call: Call, key: object) -> bytes | None:
    return call.rendered.get(key)


def _keep(call: Call, key: object, value: bytes) -> bytes:
    if len(call.rendered) > LIMIT:
        call.rendered.clear()
    call.rendered[key] = value
    return value
