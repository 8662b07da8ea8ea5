"""Pure computation on arrays: working calendars and rollups. No store, no clock, no files."""
