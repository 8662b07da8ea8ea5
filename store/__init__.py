"""Tables, views, bulk upserts and migrations. The only door to SQL.

`open_store(url)` gives a `Store`; its methods are the whole interface, grouped by the step that uses them:
pages (pull), columns, marks and forecasts (derive), selection (rules), findings and events (check), writes,
failed writes and the audit trail (apply), sources and runs, baselines, rows (people).
Tables are named by layer: `tracker_*` is what connectors delivered, `derived_*` what derivation computed,
`engine_*` what the engine keeps. People read the views of VIEWS.md, and so does everything else.

Importing this package is cheap: SQLAlchemy is loaded when a store is opened, Alembic when one is migrated.
"""

from __future__ import annotations

from store.errors import SelectError, SelectFailed, SelectTimeout, SelectTooLarge
from store.results import (
    BaselineEvent,
    ContainerChange,
    Dirty,
    FailedWrite,
    PageCounts,
    RunEvent,
    SlotBase,
    SourceState,
    Vanishing,
    WriteRow,
)
from store.store import Store, open_store

__all__ = [
    "BaselineEvent",
    "ContainerChange",
    "Dirty",
    "FailedWrite",
    "PageCounts",
    "RunEvent",
    "SelectError",
    "SelectFailed",
    "SelectTimeout",
    "SelectTooLarge",
    "SlotBase",
    "SourceState",
    "Store",
    "Vanishing",
    "WriteRow",
    "open_store",
]

IS_DOVETAIL = True  # cli.py looks for this line: another distribution may install a package of this name
