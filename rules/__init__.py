"""The rule compiler and its catalogue: YAML rules, each with its tests beside it."""
