"""What stored forecasts carry along, so that thinning them out loses nothing that is scored; more scores."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns

revision = "0015"
down_revision = "0014"

# Since when each stored forecast's item had stood later than its date, as far as the rows still tell.
_WARNED = """
UPDATE engine_forecast SET warned_since = (
    SELECT min(one.as_of) FROM engine_forecast AS one
    WHERE one.item_id = engine_forecast.item_id AND one.as_of <= engine_forecast.as_of
    AND one.due = engine_forecast.due AND one.p50 > one.due
    AND NOT EXISTS (
        SELECT 1 FROM engine_forecast AS calm
        WHERE calm.item_id = one.item_id AND calm.as_of > one.as_of AND calm.as_of < engine_forecast.as_of
        AND NOT coalesce(calm.due = one.due AND calm.p50 > calm.due, FALSE)
    )
)
WHERE p50 > due
"""


def upgrade() -> None:
    for column in columns("date: warned_since\nint: moved_wd"):
        op.add_column("engine_forecast", column)
    op.execute(_WARNED)
    for column in columns(
        """
        real: p80_low p80_high bias_wd churn_wd warning_lead_wd
        int: warned late false_warnings on_time
        """
    ):
        op.add_column("derived_calibration", column)
