"""The lines of `doctor` for an organisation: what was checked, how it stands, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from connectors.answers import is_loopback, origin_of
from connectors.auth import Bearer, EntraApp, ManagedIdentity, NoAuth, Pat
from connectors.azure_devops.diagnose_writing import diagnose_writing
from connectors.azure_devops.fields import FieldUnresolved
from connectors.azure_devops.remote import Remote
from connectors.azure_devops.site import Site
from connectors.azure_devops.teams import read_teams
from connectors.base import Diagnosis, Level
from portfolio.errors import AuthError, DovetailError, SourceError

# A portfolio day that is off by more than this goes wrong somewhere.
_SKEW_SECONDS = 120
# devblogs.microsoft.com, "Retirement of global personal access tokens", 2025-12, updated 2026-03-05.
_NO_GLOBAL_TOKENS = date(2026, 12, 1)
_STOCK = {
    "adcc42ab-9882-485e-a3ed-7678f01f66bc": "Agile",
    "6b724908-ef14-45cf-84f8-768b5384da45": "Scrum",
    "27450541-8e31-4150-9947-dc59f998fc01": "CMMI",
    "b8a3a935-7e91-48b8-a94c-606d37c3e9f2": "Basic",
}


def diagnose(site: Site, remote: Remote) -> Iterator[Diagnosis]:
    """All checks, in the order in which one depends on another. Never raises."""
    yield _address(site)
    try:
        yield from _account(site)
    except DovetailError as error:
        yield _line("FAIL", "auth", error.message, _auth_hint(site, error))
        yield from _token(site)
        return
    failed: set[str] = set()
    for check, lines in (
        ("token", _token),
        ("clock", _clock),
        ("rate limit", _budget),
        ("projects", _projects),
        ("fields", _fields),
        ("processes", _processes),
        ("teams", _teams),
        ("revisions", _revisions),
        ("directory", _directory),
    ):
        for line in _careful(check, lambda lines=lines: lines(site)):  # type: ignore[misc]
            # A field that is not there fails every check that needs fields; it is said once.
            if line.level != "FAIL" or line.message not in failed:
                yield line
                failed.add(line.message)
    yield from _careful("write", lambda: diagnose_writing(site, remote, site.projects))


def _address(site: Site) -> Diagnosis:
    settings = site.settings
    hosts = list(dict.fromkeys([origin_of(settings.url), origin_of(settings.accounts_url)]))
    said = f"{', '.join(hosts)}; the credential goes nowhere else, and redirects are never followed"
    if all(host.startswith("https://") for host in hosts):
        return _line("OK", "address", said)
    is_here = all(is_loopback(host.split("//")[1].rpartition(":")[0]) for host in hosts)
    return _line("OK" if is_here else "FAIL", "address", f"{said}; without TLS because it is this machine")


def _auth_hint(site: Site, error: DovetailError) -> str:
    if isinstance(error, AuthError) and isinstance(site.settings.auth, EntraApp | ManagedIdentity):
        return (
            f"{error.hint} An application has to be added to the organisation as a user, with access level "
            "Basic and permissions in the projects; being known to the tenant is not enough."
        )
    return error.hint


def _account(site: Site) -> Iterator[Diagnosis]:
    me = site.client.me()
    yield _line("OK", "auth", f"signed in as {me.provider_display_name or me.subject_descriptor}")


def _token(site: Site) -> Iterator[Diagnosis]:
    match site.settings.auth:
        case Pat():
            today = site.context.clock().astimezone(site.zone).date()
            is_over = today >= _NO_GLOBAL_TOKENS
            verb = "stopped working" if is_over else "stop working"
            yield _line(
                "WARN",
                "token",
                f"a personal access token; those made for all organisations {verb} on 1 December 2026",
                f"If this one was, make another for {site.settings.organisation} alone. An application "
                "of Entra (auth.method: entra_app) does not end with a person's account.",
            )
            yield _line(
                "OK",
                "token expiry",
                "a token cannot ask when it ends; User settings, Personal access tokens shows it",
            )
        case Bearer():
            yield _line(
                "WARN",
                "token",
                "an access token of about one hour, which nothing renews",
                "Use entra_app or managed_identity.",
            )
        case EntraApp():
            kind = "a certificate" if site.settings.auth.certificate else "a secret"
            yield _line("OK", "token", f"an application of Entra with {kind}; renewed in time by itself")
        case ManagedIdentity():
            yield _line("OK", "token", "the identity of this machine; renewed in time by itself")
        case NoAuth():
            yield _line("WARN", "token", "no credential: only what strangers may see is read")


def _clock(site: Site) -> Iterator[Diagnosis]:
    skew = site.client.http.clock_skew_seconds
    if skew is None:
        yield _line("WARN", "clock", "the organisation does not say what time it is")
    elif abs(skew) > _SKEW_SECONDS:
        message = f"our clock and the organisation's differ by {abs(skew):.0f} seconds"
        yield _line("WARN", "clock", message, "Set the machine's clock; what is overdue depends on it.")
    else:
        yield _line("OK", "clock", f"within {max(1, round(abs(skew)))} s of the organisation's")


def _budget(site: Site) -> Iterator[Diagnosis]:
    said = site.client.http.rate_limit
    held = site.client.http.limiter.remaining(endpoint="", target=None)
    if held > 0:
        yield _line("WARN", "rate limit", f"Azure DevOps asks for a pause of {held:.0f} s")
    elif "remaining" in said:
        left = f"{said['remaining']} of {said.get('limit', '?')} units of this account are left"
        yield _line("WARN", "rate limit", f"near the limit: {left}", "Run less often, or when others do not.")
    else:
        # The headers come only near the limit (facts/azure_devops.md §7.1).
        yield _line("OK", "rate limit", "far from it: Azure DevOps says nothing of it")


def _projects(site: Site) -> Iterator[Diagnosis]:
    for name in site.hidden_projects:
        yield _line(
            "FAIL",
            "projects",
            f"{name} cannot be seen",
            "Make the account a reader there, or correct projects.",
        )
    names = sorted(one.name for one in site.projects)
    if names:
        yield _line("OK", "projects", f"{len(names)} can be read: {', '.join(names[:12])}")
    elif not site.hidden_projects:
        yield _line("FAIL", "projects", "none can be seen", "Make the account a reader of the projects.")
    if isinstance(site.settings.auth, Pat) and not site.settings.projects:
        yield _line(
            "WARN", "projects", "projects is empty: every project that the token's owner can see is read"
        )


def _fields(site: Site) -> Iterator[Diagnosis]:
    try:
        resolved = site.resolved
    except FieldUnresolved as error:
        yield _line("FAIL", "fields", error.message, error.hint)
        return
    meanings = ", ".join(f"{name} = {' else '.join(chain)}" for name, chain in resolved.described())
    yield _line("OK", "fields", meanings)


def _processes(site: Site) -> Iterator[Diagnosis]:
    parents: dict[str, str | None] = {}
    for project in site.projects:
        details = site.client.project(project.id).capabilities.process_template
        name = details.template_name or _STOCK.get(details.template_type_id, "unknown")
        if details.template_type_id not in _STOCK and not parents:
            parents = {one.type_id: one.parent_process_type_id for one in site.client.processes()}
        parent = _STOCK.get(parents.get(details.template_type_id) or "")
        process = f"{name}, inherited from {parent}" if parent else name
        states = site.process.states(project.name)
        types = sorted({type_ for type_, _ in states})
        unknown = [one for one in types if site.mapper.kind_of_type(project.name, one) is None]
        if not states:
            yield _line("FAIL", "processes", f"{project.name}: its types cannot be read", "Make it a reader.")
            continue
        yield _line(
            "OK",
            "processes",
            f"{project.name}: {process}; {len(types)} types, {len(states)} states by category",
        )
        if unknown:
            yield _line(
                "WARN",
                "processes",
                f"{project.name}: {', '.join(unknown[:8])}: taken for tasks",
                f"Say what they are: kinds: {{{unknown[0]}: story}}.",
            )


def _teams(site: Site) -> Iterator[Diagnosis]:
    """Whose work an item is where no field says it."""
    for one in read_teams(site, site.projects):
        name = one.project.name
        for problem in one.problems:
            hint = "Give the token the scope Project and team (read); until then items there have no team."
            yield _line("WARN", "teams", f"{name}: {problem}", hint)
        for area, teams in one.contested().items():
            yield _line(
                "WARN",
                "teams",
                f"{area} belongs to {' and '.join(teams)}: its items have no team",
                "Leave it to one team, or name a field for the team: fields: {team: …}.",
            )
        if one.teams:
            yield _line("OK", "teams", f"{name}: {len(one.teams)} teams have {len(one.areas)} areas")


def _revisions(site: Site) -> Iterator[Diagnosis]:
    """The reporting cursors answer to this account; a scope for work items is what they need."""
    resolved = site.resolved
    site.client.revisions(None, resolved.tracked[:1], resolved.revisions, latest_only=True)
    site.client.links(None)
    yield _line("OK", "revisions", "both cursors of the reporting API answer")


def _directory(site: Site) -> Iterator[Diagnosis]:
    me = site.client.me()
    try:
        active = site.client.is_active(me.subject_descriptor or "")
    except SourceError as error:
        yield _line(
            "WARN",
            "directory",
            f"accounts cannot be looked up ({type(error).__name__}), so who has left is not known",
            "Give the token the scope Graph (read), or the application the right to read it.",
        )
        return
    said = "answers" if active is not None else "answers, but does not know our own account"
    yield _line("OK", "directory", f"the directory of accounts {said}")


def _careful(check: str, lines: Callable[[], Iterator[Diagnosis]]) -> Iterator[Diagnosis]:
    try:
        yield from lines()
    except SourceError as error:
        yield _line("FAIL", check, error.message, error.hint)


def _line(level: Level, check: str, message: str, hint: str = "") -> Diagnosis:
    if level == "FAIL" and not hint:
        hint = "Correct the configuration or the account's permissions, then run doctor again."
    return Diagnosis(level=level, check=check, message=message, hint=hint)
