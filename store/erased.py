"""Whom an erasure keeps out: salted digests of accounts and addresses, and what stands in their place.

The tracker may still have the person. What a pull delivers afterwards is compared with these digests, value
by value, so that the accounts do not come back; nothing here can be turned back into a name.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from portfolio.records import AnyRecord, Change, Identity, Risk, Schedule, SourceId, WorkItem
from store import bulk
from store.catalogue import META_TABLE
from store.specs import Dialect

if TYPE_CHECKING:
    from sqlalchemy import Connection

_META = "erased"
# Where whole accounts and addresses stand. A timeline's values are accounts where its field is the owner.
ACCOUNTS: Mapping[type[AnyRecord], tuple[str, ...]] = {
    Identity: ("account_id", "email", "directory_id"),
    WorkItem: ("owner_id",),
    Risk: ("approver_id",),
    Schedule: ("lead_id",),
    Change: ("by", "before", "after"),
}


class Erased(msgspec.Struct, kw_only=True):
    """The digests, each with what stands in its place, and the names that erased accounts have now."""

    salt: str
    places: dict[str, str] = {}
    names: dict[str, str] = {}

    def add(self, source: SourceId | None, value: str, place: str) -> None:
        """Keep out an account of a source, or an address of any source."""
        self.places[self._digest(source, value)] = place

    def place_of(self, source: SourceId, value: str) -> str | None:
        """What stands in the place of an account or address; None where it is nobody's who was erased."""
        return self.places.get(self._digest(source, value)) or self.places.get(self._digest(None, value))

    def _digest(self, source: SourceId | None, value: str) -> str:
        text = f"{source or ''}\x1f{value.strip().casefold()}"
        return hmac.new(bytes.fromhex(self.salt), text.encode(errors="replace"), hashlib.sha256).hexdigest()[
            :32
        ]


def read_erased(connection: Connection) -> Erased | None:
    """Whom this store keeps out; None where nobody was ever erased."""
    found = connection.exec_driver_sql(
        f"SELECT \"value\" FROM {META_TABLE.name} WHERE name = '{_META}'"  # noqa: S608 names are ours
    ).scalar()
    return None if found is None else msgspec.json.decode(found, type=Erased)


def write_erased(connection: Connection, dialect: Dialect, erased: Erased) -> None:
    """Keep the digests, inside the caller's transaction."""
    row = (_META, msgspec.json.encode(erased).decode())
    bulk.upsert(connection, dialect, META_TABLE, [row], META_TABLE.names)


def new_erased() -> Erased:
    """Nobody yet, under a salt of this store's own."""
    return Erased(salt=secrets.token_hex(32))


def keep_out(
    columns: dict[str, Sequence[Any]], kind: type[AnyRecord], source: SourceId, erased: Erased
) -> None:
    """Put what stands in their place where erased people stand in the columns of records."""
    for name in ACCOUNTS.get(kind, ()):
        places = _places(columns[name], source, erased)
        if not places:
            continue
        if kind is Identity:
            columns["name"] = [
                erased.names.get(places[value], places[value]) if value in places else told
                for value, told in zip(columns[name], columns["name"], strict=True)
            ]
            if name == "account_id":
                columns["is_active"] = [
                    None if value in places else told
                    for value, told in zip(columns[name], columns["is_active"], strict=True)
                ]
        columns[name] = [places.get(value, value) for value in columns[name]]


def _places(values: Iterable[Any], source: SourceId, erased: Erased) -> dict[Any, str]:
    found = {value: erased.place_of(source, value) for value in set(values) if isinstance(value, str)}
    return {value: place for value, place in found.items() if place is not None}
