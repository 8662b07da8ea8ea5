"""Which items hang together: by dependencies, by containment, and by being the same piece of work.

One recursive query: a chain of thousands is followed inside the database, without a round trip for each step.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from store.frame_reading import fetch
from store.specs import Dialect
from store.values import to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

# What each way leads to, and the tables in which it begins with the item `n.item_id`. An end of a dependency
# that was told by its address stands in the derived row, every other one in the tracker's own.
_LINK = (
    "tracker_dependency AS t LEFT JOIN derived_dependency AS d ON d.dependency_id = t.dependency_id",
    "derived_dependency AS d CROSS JOIN tracker_dependency AS t",
)
_WAYS = (
    *(
        (f"coalesce(d.{other}, t.{other})", tables, condition)
        for end, other in (("predecessor_id", "successor_id"), ("successor_id", "predecessor_id"))
        for tables, condition in (
            (_LINK[0], f"t.{end} = n.item_id"),
            (_LINK[1], f"d.{end} = n.item_id AND t.dependency_id = d.dependency_id"),
        )
    ),
    ("t.parent_id", "tracker_item AS t", "t.item_id = n.item_id AND t.parent_id IS NOT NULL"),
    ("t.item_id", "tracker_item AS t", "t.parent_id = n.item_id"),
    ("d.b_id", "derived_twin AS d", "d.a_id = n.item_id AND d.is_confirmed AND d.b_id IS NOT NULL"),
    ("d.a_id", "derived_twin AS d", "d.b_id = n.item_id AND d.is_confirmed"),
)


def connected(connection: Connection, dialect: Dialect, items: Collection[str], at_most: int) -> set[str]:
    """These items and all that are connected with them over any number of steps.

    Ids of what is gone, and addresses, are among them. The search ends when there are more than `at_most`.
    """
    rows = fetch(connection, _sql(dialect), (_parameter(dialect, items), at_most + 1))
    return {item for some in rows for (item,) in some}


def _sql(dialect: Dialect) -> str:
    if dialect == "sqlite":
        # CROSS JOIN keeps the order of the tables, so that every step is a look into an index.
        steps = " UNION ".join(
            f"SELECT {target} FROM net AS n CROSS JOIN {tables} WHERE {condition}"  # noqa: S608 names are ours
            for target, tables, condition in _WAYS
        )
        return (
            "WITH RECURSIVE net(item_id) AS (SELECT value FROM json_each(?)"  # noqa: S608 names are ours
            f" UNION {steps} LIMIT ?) SELECT item_id FROM net"
        )
    steps = " UNION ALL ".join(
        f"SELECT {target} AS item_id FROM {tables} WHERE {condition}"  # noqa: S608 names are ours
        for target, tables, condition in _WAYS
    )
    return (
        'WITH RECURSIVE net(item_id) AS (SELECT unnest(%s::text[]) COLLATE "C"'  # noqa: S608 names are ours
        f" UNION SELECT w.item_id FROM net AS n CROSS JOIN LATERAL ({steps}) AS w)"
        " SELECT item_id FROM net LIMIT %s"
    )


def _parameter(dialect: Dialect, items: Collection[str]) -> object:
    return to_json(list(items)) if dialect == "sqlite" else list(items)
