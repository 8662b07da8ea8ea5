"""Costs: budget, actual and forecast where a tracker has them. What none has is unknown, never zero."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reports.health import Node


class CostRow(msgspec.Struct, frozen=True, kw_only=True):
    """The money of one row of the tree, in its own currency.

    Attributes:
        variance: forecast (else actual, where that is already higher) minus budget; positive is over budget,
            None where it cannot be known.
        spent_share: actual over budget, 1 is all of it; None where one is unknown.
    """

    node: Node
    variance: float | None
    spent_share: float | None


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """Money.

    Attributes:
        rows: the rows of the tree of which any amount is known, in its order.
        unknown: projects of which nothing is known.
        currencies: the currencies that occur; sums are never taken over them.
    """

    rows: Sequence[CostRow]
    unknown: Sequence[Node]
    currencies: Sequence[str]


def costs(nodes: Sequence[Node]) -> Costs:
    """Gather the money of the tree."""
    known = [node for node in nodes if _is_known(node)]
    return Costs(
        rows=[_row(node) for node in known],
        unknown=[node for node in nodes if node.level in ("project", "schedule") and not _is_known(node)],
        currencies=sorted({node.currency for node in known if node.currency is not None}),
    )


def _is_known(node: Node) -> bool:
    return any(one is not None for one in (node.budget, node.actual_cost, node.forecast_cost))


def _row(node: Node) -> CostRow:
    expected = node.forecast_cost
    if expected is None and node.budget is not None and node.actual_cost is not None:
        # Money that is spent above the budget is over it, whatever is still to come.
        expected = node.actual_cost if node.actual_cost > node.budget else None
    variance = None if expected is None or node.budget is None else expected - node.budget
    share = None
    if node.budget and node.actual_cost is not None:
        share = node.actual_cost / node.budget
    return CostRow(node=node, variance=variance, spent_share=share)
