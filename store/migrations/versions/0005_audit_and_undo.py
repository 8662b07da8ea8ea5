"""The audit trail and its guard, what undo restores, what could not be written, and what runs changed."""

from __future__ import annotations

from alembic import op

from store.migrations.kinds import columns, create_table

revision = "0005"
down_revision = "0004"

_KEPT = (
    "seq", "at", "event", "run_id", "source", "item_id", "key", "slot", "field", "outcome", "rules",
    "remote_id", "write_id", "details_digest", "previous", "hash",
)  # fmt: skip
_REFUSAL = "'the audit trail is append-only'"


def upgrade() -> None:
    for table, column in (
        ("engine_source", "text: held_because"),
        ("engine_run", "text: audit_head"),
        ("engine_write", "text: overwrote"),
    ):
        op.add_column(table, columns(column)[0])
    create_table(
        "engine_audit",
        "seq",
        """
        int!: seq
        instant!: at
        text!: event
        text: run_id source item_id key slot field outcome
        list!: rules
        text: remote_id write_id
        object: details
        text: salt
        text!: details_digest previous hash
        """,
    )
    create_table("engine_note", "digest", "text!: digest\nobject: note")
    create_table(
        "engine_failed_write",
        "item_id slot",
        """
        text!: item_id slot intent_id source key
        text: field
        value: after
        text!: state reason
        int!: failures
        instant!: first_at last_at
        text!: run_id
        instant: until
        text: by why
        """,
    )
    create_table(
        "engine_event",
        "run_id what subject",
        "text!: run_id what subject\ntext: item_id key rule severity title",
    )
    create_table("engine_seen", "item_id", "text!: item_id\nbool!: is_gone is_late")
    for table, column in (
        ("engine_audit", "run_id"),
        ("engine_audit", "item_id"),
        ("engine_audit", "source"),
        ("engine_failed_write", "source"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
    for statement in _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql():
        op.get_bind().exec_driver_sql(statement)


def _sqlite() -> tuple[str, ...]:
    same = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in _KEPT)
    return (
        (
            "CREATE TRIGGER engine_audit_keeps_rows BEFORE DELETE ON engine_audit"
            f" BEGIN SELECT RAISE(ABORT, {_REFUSAL}); END"
        ),
        (
            "CREATE TRIGGER engine_audit_keeps_values BEFORE UPDATE ON engine_audit"
            f" WHEN NOT (NEW.details IS NULL AND NEW.salt IS NULL AND {same})"
            f" BEGIN SELECT RAISE(ABORT, {_REFUSAL}); END"
        ),
        (
            "CREATE TRIGGER engine_audit_keeps_order BEFORE INSERT ON engine_audit"  # noqa: S608 our own text
            " WHEN EXISTS (SELECT 1 FROM engine_audit WHERE seq >= NEW.seq)"
            f" BEGIN SELECT RAISE(ABORT, {_REFUSAL}); END"
        ),
    )


def _postgresql() -> tuple[str, ...]:
    new, old = (", ".join(f'{row}."{name}"' for name in _KEPT) for row in ("NEW", "OLD"))
    return (
        (
            "CREATE OR REPLACE FUNCTION engine_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'UPDATE' THEN IF NEW.details IS NULL AND NEW.salt IS NULL AND ROW({new})"
            f" IS NOT DISTINCT FROM ROW({old}) THEN RETURN NEW; END IF; END IF;"
            f" RAISE EXCEPTION {_REFUSAL}; END $$"
        ),
        (
            "CREATE TRIGGER engine_audit_keeps_rows BEFORE UPDATE OR DELETE ON engine_audit"
            " FOR EACH ROW EXECUTE FUNCTION engine_audit_guard()"
        ),
        (
            "CREATE TRIGGER engine_audit_keeps_table BEFORE TRUNCATE ON engine_audit"
            " FOR EACH STATEMENT EXECUTE FUNCTION engine_audit_guard()"
        ),
    )
