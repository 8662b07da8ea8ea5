"""What a model of one key cannot see: names that must exist, secrets written down, addresses without TLS.

Works on the file's plain values, so that one mistake does not hide the others. Whatever has the wrong type is
passed over here: pydantic reports it.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from rules.spelling import nearest
from sync.config_problems import SECRET_KEYS, Path, Problems

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_URL_KEYS = ("url", "api_url", "identity_url")
_STORES = ("sqlite", "postgresql+psycopg")


def check_sources(content: Mapping[str, Any], problems: Problems) -> list[str]:
    """Names that are usable and unique, addresses that are safe, no secrets. Returns the usable names."""
    names: dict[str, int] = {}
    for number, source in _numbered(content.get("sources")):
        at: Path = ("sources", number)
        _check_secrets(source, at, problems)
        for key in _URL_KEYS:
            if isinstance(source.get(key), str):
                _check_address(source[key], (*at, key), problems)
        name = source.get("name")
        if not isinstance(name, str):
            continue
        if not _NAME.fullmatch(name):
            problems.add(
                (*at, "name"), "letters, digits, `.`, `_` and `-`, 60 at most: it is part of every id"
            )
        elif name in names:
            problems.add((*at, "name"), f"`{name}` is the name of sources[{names[name]}] already")
        else:
            names[name] = number
    return list(names)


def check_store(content: Mapping[str, Any], problems: Problems) -> None:
    """A database that is supported, with its password elsewhere."""
    store = content.get("store")
    at: Path = ("store",)
    if isinstance(store, dict):
        _check_secrets(store, at, problems)
        store, at = store.get("url"), ("store", "url")
    if not isinstance(store, str):
        return
    scheme, colon, _ = store.partition("://")
    if not colon or scheme not in _STORES:
        problems.add(
            at, "a URL such as sqlite:///dovetail.db or postgresql+psycopg://user@host/database belongs here"
        )
    elif _has_password(store):
        problems.add(
            at, "a password is never written here; use {url: postgresql+psycopg://user@host/database, "
            "password: {env: NAME}}"
        )  # fmt: skip


def check_portfolio(content: Mapping[str, Any], sources: Sequence[str], problems: Problems) -> None:
    """Scopes that name configured sources, each in one project; slugs that are there once."""
    portfolio = content.get("portfolio")
    if not isinstance(portfolio, dict):
        return
    slugs: dict[str, Path] = {}
    scopes: dict[str, str] = {}
    for at, _, node in tree_of(portfolio):
        _check_slug(node, at, slugs, problems)
        declared = node.get("scopes")
        for number, scope in enumerate(declared if isinstance(declared, list) else []):
            if isinstance(scope, str):
                place: Path = (*at, "scopes", number)
                _check_scope(scope, place, scopes, sources, problems)


def check_agenda(content: Mapping[str, Any], problems: Problems) -> None:
    """Committees that meet at all, each series complete, and slugs that are in the tree."""
    portfolio = content.get("portfolio")
    nodes = tree_of(portfolio) if isinstance(portfolio, dict) else ()
    slugs = [slug_of(node) for _, _, node in nodes if isinstance(node.get("name"), str)]
    for section in ("committees", "freezes"):
        for number, one in _numbered(content.get(section)):
            at: Path = (section, number)
            slug = one.get("project")
            if isinstance(slug, str) and slug not in slugs:
                text = f"the portfolio has no `{slug[:60]}`{nearest(slug, slugs)}"
                problems.add((*at, "project"), text)
            if section == "committees":
                _check_series(one, at, problems)


def _check_series(committee: Mapping[str, Any], at: Path, problems: Problems) -> None:
    has_first, has_step = (committee.get(name) is not None for name in ("first", "every_weeks"))
    if has_first != has_step:
        missing = "every_weeks" if has_first else "first"
        problems.add(at, f"a series has a first day and a number of weeks; `{missing}` is missing")
    elif not has_first and not committee.get("dates"):
        problems.add(at, "it never meets: give `dates`, or `first` and `every_weeks`")


def check_names(content: Mapping[str, Any], sources: Sequence[str], problems: Problems) -> None:
    """Twins, aliases and the canary, which name sources too."""
    people = content.get("people")
    aliases = people.get("aliases") if isinstance(people, dict) else None
    for person, accounts in aliases.items() if isinstance(aliases, dict) else ():
        if "@" not in person:
            problems.add(("people", "aliases", person), "the e-mail address of the person belongs here")
        for number, account in enumerate(accounts if isinstance(accounts, list) else []):
            if isinstance(account, str) and "@" not in account:
                check_reference(account, ("people", "aliases", person, number), sources, problems)
    calendars = people.get("calendars") if isinstance(people, dict) else None
    for person in calendars if isinstance(calendars, dict) else ():
        if "@" not in str(person):
            problems.add(("people", "calendars", person), "the e-mail address of the person belongs here")
    check_pairs(content.get("twins"), ("twins",), sources, problems)
    limits = content.get("limits")
    canary = limits.get("canary") if isinstance(limits, dict) else None
    for number, place in enumerate(canary if isinstance(canary, list) else []):
        if isinstance(place, str):
            check_reference(place, ("limits", "canary", number), sources, problems)


def check_masters(content: Mapping[str, Any], sources: Sequence[str], problems: Problems) -> None:
    """Masters of fields, everywhere and in the tree: each is a configured source."""
    portfolio = content.get("portfolio")
    places: list[tuple[Path, Mapping[str, Any]]] = [((), content)]
    if isinstance(portfolio, dict):
        places += [(at, node) for at, _, node in tree_of(portfolio)]
    for at, said in places:
        block = said.get("reconcile")
        masters = block.get("master") if isinstance(block, dict) else None
        for name, source in masters.items() if isinstance(masters, dict) else ():
            if isinstance(source, str) and source not in sources:
                where = (*at, "reconcile", "master", name)
                problems.add(where, f"there is no source `{source[:60]}`{nearest(source, sources)}")


def check_people(content: Mapping[str, Any], sources: Sequence[str], problems: Problems) -> None:
    """Whoever may mute is named by an address or an account of a source. Approvers are typed by hand, too."""
    mute = content.get("mute")
    said: Mapping[str, Any] = mute if isinstance(mute, dict) else {}
    for key in ("people", "approvers"):
        listed = said.get(key)
        for number, name in enumerate(listed if isinstance(listed, list) else ()):
            if not isinstance(name, str) or not name.strip() or "@" in name:
                continue
            source, colon, _ = name.partition(":")
            near = nearest(source, sources)
            text = f"`{name[:60]}` is neither an e-mail address nor `source:account`"
            if not colon and key == "approvers":
                continue
            if colon and source.casefold() not in {one.casefold() for one in sources}:
                text = f"there is no source `{source[:60]}`{near}"
            elif colon:
                continue
            problems.add(("mute", key, number), text)


def check_pairs(pairs: object, at: Path, sources: Sequence[str], problems: Problems) -> None:
    """Pairs of `source:key`, each of a configured source."""
    for number, pair in enumerate(pairs if isinstance(pairs, list) else []):
        for side, name in enumerate(pair if isinstance(pair, list) else []):
            if isinstance(name, str):
                check_reference(name, (*at, number, side), sources, problems)


def check_two_trackers(pair: Sequence[str], at: Path, single: Container[str], problems: Problems) -> None:
    """Twins stand in two trackers: within one of the `single` sources they would count for nothing."""
    source, other = (name.partition(":")[0] for name in pair)
    if source == other and source in single:
        problems.add(at, f"both stand in {source}; twins are the same work in two trackers")


def check_reference(name: str, at: Path, sources: Sequence[str], problems: Problems) -> None:
    """`source:something`, where the source is configured."""
    source, colon, rest = name.partition(":")
    if not colon or not rest:
        problems.add(
            at, f"`{name[:60]}`: the form is source:name, for example {(*sources, 'shop')[0]}:CHK-12"
        )
    elif source not in sources:
        problems.add(at, f"there is no source `{source[:60]}`{nearest(source, sources)}")


def tree_of(portfolio: Mapping[str, Any]) -> Iterator[tuple[Path, Path | None, Mapping[str, Any]]]:
    """Every node of the PMO's tree as (its place, its parent's place, what the file says of it)."""
    top: Path = ("portfolio",)
    yield top, None, portfolio
    for number, project in _numbered(portfolio.get("projects")):
        yield (*top, "projects", number), top, project
    for number, program in _numbered(portfolio.get("programs")):
        at: Path = (*top, "programs", number)
        yield at, top, program
        for position, project in _numbered(program.get("projects")):
            yield (*at, "projects", position), at, project


def slug_of(node: Mapping[str, Any]) -> str:
    """The slug a node has: its own, else made of its name; empty where its name has no letter or digit."""
    if isinstance(node.get("slug"), str):
        return str(node["slug"])
    plain = unicodedata.normalize("NFKD", str(node.get("name", ""))).casefold()
    kept = "".join(one for one in plain if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", "-", kept).strip("-")[:100].strip("-")


def _numbered(values: object) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, value in enumerate(values if isinstance(values, list) else []):
        if isinstance(value, dict):
            yield number, value


def _check_slug(node: Mapping[str, Any], at: Path, slugs: dict[str, Path], problems: Problems) -> None:
    if not isinstance(node.get("name"), str):
        return
    slug, place = slug_of(node), (*at, "slug" if "slug" in node else "name")
    if not slug:
        problems.add(place, "its name has no letter that a slug could be made of; add `slug:`")
    elif slug in slugs:
        other = problems.line_of(slugs[slug])
        problems.add(place, f"its slug `{slug}` is that of line {other} already; add another `slug:`")
    else:
        slugs[slug] = place


def _check_scope(
    scope: str, at: Path, scopes: dict[str, str], sources: Sequence[str], problems: Problems
) -> None:
    check_reference(scope, at, sources, problems)
    folded = scope.casefold().replace("\\", "/")
    if folded in scopes:
        problems.add(at, f"`{scope[:60]}` feeds a project already, in line {scopes[folded]}")
    else:
        scopes[folded] = str(problems.line_of(at))


def _check_secrets(node: Mapping[str, Any], at: Path, problems: Problems) -> None:
    for key, value in node.items():
        if isinstance(value, dict):
            _check_secrets(value, (*at, key), problems)
        elif key in SECRET_KEYS and (value is not None or problems.is_unread((*at, key))):
            problems.add_secret((*at, key))


def _check_address(url: str, at: Path, problems: Problems) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        has_credential = bool(parts.username or parts.password)
    except ValueError:
        parts, host, has_credential = urlsplit(""), None, False
    if parts.scheme not in ("http", "https") or not host:
        problems.add(at, "an address such as https://company.example belongs here")
    elif has_credential:
        problems.add_secret(at)
    elif parts.scheme == "http" and not is_loopback(host):
        problems.add(at, f"http would send the credential to {host[:60]} in the open; use https")


def is_loopback(host: str) -> bool:
    """True for this machine itself, which needs no TLS to talk to itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _has_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.password) or "password=" in parts.query.casefold()
    except ValueError:
        return "@" in url
