"""The lines of `doctor` for a Jira Cloud site: what was checked, how it stands, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.answers import Refusal, is_loopback, origin_of
from connectors.auth import ApiToken, Bearer, NoAuth
from connectors.base import Diagnosis, Level
from connectors.jira.fields import FieldUnresolved
from connectors.jira.pull import in_projects
from connectors.jira.remote import Remote
from connectors.jira.site import Site
from portfolio.errors import AuthError, DovetailError, SourceError
from portfolio.intents import COMMENT
from portfolio.records import item_id

# A signed token or a portfolio day that is off by more than this goes wrong somewhere.
_SKEW_SECONDS = 120
_PERMISSIONS = (
    "BROWSE_PROJECTS",
    "ADD_COMMENTS",
    "EDIT_OWN_COMMENTS",
    "EDIT_ISSUES",
    "ADMINISTER_PROJECTS",
    "ADMINISTER",
)


def diagnose(site: Site, remote: Remote) -> Iterator[Diagnosis]:
    """All checks, in the order in which one depends on another. Never raises."""
    yield _address(site)
    try:
        yield from _account(site)
    except DovetailError as error:
        yield _line("FAIL", "auth", error.message, _auth_hint(site, error))
        return
    for check, lines in (
        ("clock", _clock),
        ("token", _token),
        ("fields", _fields),
        ("projects", _projects),
        ("history", _history),
    ):
        yield from _careful(check, lambda lines=lines: lines(site))  # type: ignore[misc]
    if site.settings.write is None:
        yield _line("OK", "write", "nothing is written here: there is no write: section")
        return
    yield from _careful("permissions", lambda: _permissions(site))
    yield from _careful("screens", lambda: _screens(site, remote))
    yield _mail(site)


def _address(site: Site) -> Diagnosis:
    settings = site.settings
    host = origin_of(settings.base_url)
    if host.startswith("https://"):
        return _line("OK", "address", f"{host}, with TLS; redirects are never followed")
    level: Level = "OK" if is_loopback(host.split("//")[1].rpartition(":")[0]) else "FAIL"
    return _line(level, "address", f"{host}, without TLS because it is this machine")


def _auth_hint(site: Site, error: DovetailError) -> str:
    is_token = site.settings.api_url is None and isinstance(site.settings.auth, (ApiToken, Bearer))
    if isinstance(error, AuthError) and is_token:
        return (
            f"{error.hint} A scoped token or a service account works only through"
            " api_url: https://api.atlassian.com/ex/jira/<cloud id>."
        )
    return error.hint


def _account(site: Site) -> Iterator[Diagnosis]:
    me = site.client.myself()
    yield _line(
        "OK", "auth", f"signed in as {me.displayName or me.accountId}, whose time zone is {me.timeZone}"
    )
    try:
        ZoneInfo(me.timeZone)
    except (ZoneInfoNotFoundError, ValueError):
        yield _line(
            "WARN",
            "time zone",
            f"the account's zone {me.timeZone!r} is unknown here; searches do not need it",
        )


def _clock(site: Site) -> Iterator[Diagnosis]:
    skew = site.client.http.clock_skew_seconds
    if skew is None:
        yield _line("WARN", "clock", "the site does not say what time it is")
    elif abs(skew) > _SKEW_SECONDS:
        message = f"our clock and the site's differ by {abs(skew):.0f} seconds"
        yield _line("WARN", "clock", message, "Set the machine's clock; what is overdue depends on it.")
    else:
        yield _line("OK", "clock", f"within {max(1, round(abs(skew)))} s of the site's")


def _token(site: Site) -> Iterator[Diagnosis]:
    match site.settings.auth:
        case ApiToken():
            yield _line(
                "OK",
                "token expiry",
                "Jira does not tell when an API token ends; at most one year after it was made",
                "Note the day. id.atlassian.com, Security, API tokens shows it.",
            )
        case Bearer():
            yield _line(
                "WARN", "token expiry", "an access token of one hour ends during the night", "Use api_token."
            )
        case NoAuth():
            yield _line("WARN", "auth", "no credential: only what strangers may see is read")


def _fields(site: Site) -> Iterator[Diagnosis]:
    try:
        resolved = site.resolved
    except FieldUnresolved as error:
        yield _line("FAIL", "fields", error.message, error.hint)
        return
    found = ", ".join(
        f"{name} = {field.name} ({field.id})" for name, field in sorted(resolved.fields.items())
    )
    yield _line("OK", "fields", found or "only Jira's own fields")
    if "start" not in resolved.fields:
        yield _line("WARN", "fields", "no start date was found", "Name it: fields: {start: …}.")
    for slot, reason in resolved.write_problems.items():
        yield _line("FAIL", "fields", f"write.fields.{slot}: {reason}")


def _projects(site: Site) -> Iterator[Diagnosis]:
    listed = {project.key: project for project in site.projects}
    for key in site.settings.projects:
        project = listed.get(key)
        if project is None:
            yield _line(
                "FAIL", "projects", f"{key} cannot be seen", "Give the account Browse projects there."
            )
        elif project.deleted or project.archived:
            yield _line("WARN", "projects", f"{key} is {'in the trash' if project.deleted else 'archived'}")
    live = [project for project in listed.values() if not (project.archived or project.deleted)]
    if live:
        yield _line(
            "OK", "projects", f"{len(live)} can be read: {', '.join(sorted(p.key for p in live)[:12])}"
        )
    service = sorted(project.key for project in live if project.projectTypeKey == "service_desk")
    if service and site.settings.write and not site.settings.write.service_projects:
        yield _line(
            "WARN",
            "projects",
            f"{', '.join(service)}: service projects get no comments, because customers would read them",
            "write: {service_projects: true} allows it.",
        )


def _history(site: Site) -> Iterator[Diagnosis]:
    """The bulk endpoints that replaced the retired ones answer to this account."""
    found = next(site.client.search_ids(f"{in_projects(site.visible_projects())} ORDER BY updated DESC"), [])
    if not found:
        yield _line("WARN", "search", "no issue can be found in these projects")
        return
    site.client.histories(found[:1])
    yield _line("OK", "search", "search/jql and changelog/bulkfetch answer; the retired search is not used")


def _permissions(site: Site) -> Iterator[Diagnosis]:
    write = site.settings.write
    for key in site.visible_projects():
        have = site.client.permissions(_PERMISSIONS, key)
        needed: list[str] = []
        if write and write.comments:
            needed += ["ADD_COMMENTS", "EDIT_OWN_COMMENTS"]
        if write and write.fields:
            needed.append("EDIT_ISSUES")
        lacking = [name for name in needed if not have.get(name)]
        if lacking:
            yield _line(
                "FAIL", "permissions", f"{key}: the account lacks {', '.join(lacking)}", "Grant it there."
            )
        elif (
            write
            and write.fields
            and write.silent
            and not (have.get("ADMINISTER") or have.get("ADMINISTER_PROJECTS"))
        ):
            yield _line(
                "FAIL",
                "permissions",
                f"{key}: without Administer Projects, Jira ignores edits that mail nobody",
                "Grant it, or set write: {silent: false}, which mails the watchers.",
            )
        else:
            yield _line("OK", "permissions", f"{key}: {', '.join(needed) or 'nothing is needed'}")


def _screens(site: Site, remote: Remote) -> Iterator[Diagnosis]:
    """One issue per project stands for its screens; types with screens of their own show in the plan."""
    for key in site.visible_projects():
        found = next(site.client.search_ids(f"{in_projects([key])} ORDER BY updated DESC"), [])
        if not found:
            continue
        slots = next(iter(remote.look([item_id(site.settings.name, found[0])])))
        bad = {slot: why for slot, why in slots.unwritable.items() if slot != COMMENT}
        for slot, why in bad.items():
            hint = "Add the field to the project's edit screen."
            yield _line("FAIL", "screens", f"{key}: {slot} cannot be written: {why}", hint)
        if not bad and remote.slots:
            yield _line("OK", "screens", f"{key}: all {len(remote.slots)} fields are on the edit screen")


def _mail(site: Site) -> Diagnosis:
    write = site.settings.write
    told = []
    if write and write.comments:
        told.append("a new comment mails the watchers once per issue, ever; its edits are silent")
    if write and write.fields:
        told.append("field edits are silent" if write.silent else "field edits mail the watchers")
    return _line("OK", "mail", "; ".join(told) or "nothing is written")


def _careful(check: str, lines: Callable[[], Iterator[Diagnosis]]) -> Iterator[Diagnosis]:
    try:
        yield from lines()
    except (SourceError, Refusal) as error:
        yield _line("FAIL", check, error.message, error.hint)


def _line(level: Level, check: str, message: str, hint: str = "") -> Diagnosis:
    if level == "FAIL" and not hint:
        hint = "Correct the configuration or the account's permissions, then run doctor again."
    return Diagnosis(level=level, check=check, message=message, hint=hint)
