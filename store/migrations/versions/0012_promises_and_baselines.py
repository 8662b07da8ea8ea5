"""Changes seen at releases, iterations and plans; baselines that were taken; where dates come from."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from store.migrations.kinds import columns, create_table

revision = "0012"
down_revision = "0011"

_WATCHED = (
    ("tracker_release", "release", "release_id", "date"),
    ("tracker_iteration", "iteration", "iteration_id", "start"),
    ("tracker_iteration", "iteration", "iteration_id", "end"),
    ("tracker_schedule", "schedule", "schedule_id", "baseline_at"),
)


def upgrade() -> None:
    create_table(
        "engine_container_change",
        "source event_id",
        """
        text!: source event_id kind container_id
        instant!: at
        text: by
        text!: field
        text: before after
        bool!: is_observed is_first
        """,
    )
    op.create_index("ix_engine_container_change_container_id", "engine_container_change", ["container_id"])
    create_table(
        "engine_baseline",
        "name version",
        """
        text!: name
        int!: version
        text!: kept_as
        instant!: at
        date: as_of
        text: by reason
        text!: origin
        text: imported_from
        int!: item_count
        list!: schedules
        """,
    )
    create_table(
        "derived_replan",
        "replan_id",
        """
        text!: replan_id
        text: source by
        instant: at last_at
        int: moved_days moved_wd item_count push_count
        list: items
        int!: row_hash
        """,
    )
    for column in columns(
        """
        text: commitment_source
        int: inherited_push_count replan_count
        date: actual_finish
        text: actual_finish_source
        int: reopened_count
        date: earlier_finish
        text: baseline_name
        date: baseline_start baseline_finish
        text: baseline_start_at baseline_finish_at
        bool: baseline_counts
        """
    ):
        op.add_column("derived_item", column)
    (ordinal,) = columns("int: earlier_finish_ord")
    op.add_column("derived_item_ordinal", ordinal)
    moves = text("field = 'due'")
    op.create_index(
        "ix_tracker_change_by", "tracker_change", ["by"], sqlite_where=moves, postgresql_where=moves
    )
    _begin_to_watch()


def _begin_to_watch() -> None:
    """What stands there now is known from this moment on."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')" if is_sqlite else "now()"
    true = "1" if is_sqlite else "TRUE"
    for table, kind, key, name in _WATCHED:
        value = f'"{name}"'
        if not is_sqlite:
            value = (
                f'to_char("{name}" AT TIME ZONE \'UTC\', \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\')'
                if name == "baseline_at"
                else f'CAST("{name}" AS text)'
            )
        op.get_bind().exec_driver_sql(
            "INSERT INTO engine_container_change"  # noqa: S608 our own names
            ' (source, event_id, kind, container_id, "at", field, after, is_observed, is_first)'
            f" SELECT source, '{kind}/' || {key} || '.{name}.first', '{kind}', {key}, {now}, '{name}',"
            f" {value}, {true}, {true} FROM {table}"
        )
