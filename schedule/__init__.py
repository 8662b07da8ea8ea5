"""Pure computation on arrays: working calendars and rollups. No store, no clock, no files."""

IS_DOVETAIL = True  # cli.py looks for this line: another distribution may install a package of this name
