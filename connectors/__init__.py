"""One folder per tracker, with the same files in each. Connectors know no store and no rules."""
