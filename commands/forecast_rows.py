"""How good the forecasts of finished work were, as people read it; the numbers are the view `calibration`."""

from __future__ import annotations

from collections.abc import Sequence

from commands.output import Listing, Row
from commands.table import Column


def forecast_listing(rows: Sequence[Row]) -> Listing:
    """One line for each class of forecasts of which work has been done; docs/forecast.md explains each."""
    return Listing(
        rows=rows,
        columns=[
            Column(name="class", title="forecasts by", wraps=True),
            Column(name="n", title="scored", is_number=True),
            Column(name="p80_coverage", title="P80 held", shown=_held),
            Column(name="brier", shown=_brier, optional=3),
            Column(name="bias_wd", title="P50 was", shown=_bias, optional=1),
            Column(name="late", title="warned of", shown=_warned),
            Column(name="warning_lead_wd", title="ahead", shown=_lead),
            Column(name="on_time", title="in vain", shown=_false, optional=2),
            Column(name="churn_wd", title="moved a week", shown=_churn, optional=4),
        ],
        empty="No work that was forecast has been done yet.",
    )


def _held(row: Row) -> str:
    share, low, high = (row[name] for name in ("p80_coverage", "p80_low", "p80_high"))
    if not isinstance(share, float):
        return ""
    if not isinstance(low, float) or not isinstance(high, float):
        return f"{100 * share:.0f} %"
    return f"{100 * share:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _brier(row: Row) -> str:
    return f"{row['brier']:.2f}" if isinstance(row["brier"], float) else ""


def _bias(row: Row) -> str:
    bias = row["bias_wd"]
    if not isinstance(bias, float):
        return ""
    days = f"{abs(bias):.1f}"
    if days == "0.0":
        return "right on average"
    return f"{days} wd too {'early' if bias < 0 else 'late'}"


def _warned(row: Row) -> str:
    return f"{row['warned']:,} of {row['late']:,} late" if row["late"] else ""


def _false(row: Row) -> str:
    return f"{row['false_warnings']:,} of {row['on_time']:,} in time" if row["on_time"] else ""


def _lead(row: Row) -> str:
    return _working_days(row["warning_lead_wd"])


def _churn(row: Row) -> str:
    return _working_days(row["churn_wd"])


def _working_days(value: object) -> str:
    return f"{value:.3g} wd" if isinstance(value, float) else ""
