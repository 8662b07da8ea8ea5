"""How alike two answers are: members, JSON types, the form of texts, and the names that clients branch on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

FIXTURES = "specs/azure_devops/fixtures/"
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$")
SAME = frozenset({"typeKey", "typeName", "eventId", "structureType", "rel", "referenceName", "timeFrame"})


def differences(theirs: Any, ours: Any, path: str = "$", *, extra: bool = True) -> Iterator[str]:
    """What is not alike, in words; `extra` tells of members that only ours has."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if path.endswith(".properties"):  # its members are the account's own
            return
        for name in theirs.keys() | ours.keys():
            where = f"{path}.{name}"
            if name not in ours:
                yield f"{where}: missing"
            elif name not in theirs:
                if extra:
                    yield f"{where}: only here"
            else:
                yield from differences(theirs[name], ours[name], where, extra=extra)
    elif isinstance(theirs, list) and isinstance(ours, list):
        for number, (one, other) in enumerate(zip(theirs, ours, strict=False)):
            yield from differences(one, other, f"{path}[{number}]", extra=extra)
    elif _form(theirs) != _form(ours) or (path.rpartition(".")[2] in SAME and theirs != ours):
        yield f"{path}: {ours!r} instead of {theirs!r}"


def _form(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str):
        return "number" if type(value) in {int, float} else type(value).__name__
    if INSTANT.match(value):
        return "instant"
    if value.startswith("http"):
        path = urlsplit(value).path
        masked = re.sub(r"/\d+(?=/|$)", "/N", GUID.sub("GUID", path)).lower()
        return "address " + re.sub(
            r"(?<=/)(?:aad|msa|svc|vssgp|scp)\.[\w-]+", "DESCRIPTOR", masked.partition("_apis")[2]
        )
    return "GUID" if GUID.fullmatch(value) else "text"
