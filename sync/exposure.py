"""Which files that should be this account's alone are open to others on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from portfolio.private_files import readers, writers

if TYPE_CHECKING:
    from pydantic import BaseModel

    from sync.config import Config


class Exposed(msgspec.Struct, frozen=True):
    """A file, what it is, and what others may do with it."""

    path: Path
    what: str
    problem: str
    hint: str


def secret_files(config: Config) -> list[tuple[Path, str]]:
    """Every file that the configuration names as the place of a secret, and whose it is."""
    found: list[tuple[Path, str]] = []
    for source in config.sources:
        found += [(path, source.name) for path in _named_in(source.settings, config.folder)]
    for reference in (config.store.secret_url, config.store.password):
        if reference is not None and reference.file:
            found.append((config.folder / Path(reference.file).expanduser(), "store"))
    return found


def exposed_files(config: Config) -> Iterator[Exposed]:
    """Secrets, the configuration and the store, as far as others may read or change them."""
    for path, owner in secret_files(config):
        who = writers(path) or readers(path)
        if who:
            doing = "changed" if writers(path) else "read"
            yield Exposed(path, owner, f"the secret can be {doing} by {who}", f"chmod 600 {path}")
    if config.path is not None and (who := writers(config.path)):
        # Whoever changes it chooses the programs that `command` starts, and where credentials go.
        yield Exposed(
            config.path, "configuration", f"it can be changed by {who}", f"chmod go-w {config.path}"
        )
    store = config.store.file
    for name in [] if store is None else [store, store.with_name(f"{store.name}-wal")]:
        if who := readers(name):
            yield Exposed(name, "store", f"it can be read by {who}", f"chmod 600 {name}")


def _named_in(model: BaseModel, folder: Path) -> Iterator[Path]:
    from pydantic import BaseModel

    from connectors.auth import SecretRef
    from connectors.network import Tls

    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretRef):
            if value.file:
                yield folder / Path(value.file).expanduser()
        elif isinstance(value, BaseModel):
            if isinstance(value, Tls) and (key := value.client_key or value.client_certificate):
                yield folder / Path(key).expanduser()
            yield from _named_in(value, folder)
