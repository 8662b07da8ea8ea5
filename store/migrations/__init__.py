"""Alembic's revisions of the tables, oldest first. Views are no part of them: they are made anew afterwards.

A revision is frozen: it names its columns itself and imports nothing of ours but `store.migrations.kinds`. To
add one, change the record or the catalogue, write `versions/NNNN_what.py` with `revision = "NNNN"`, set
`HEAD` in `store/schema.py`, and run `tests/store/test_store_migrations.py`: it says what still differs.
"""
