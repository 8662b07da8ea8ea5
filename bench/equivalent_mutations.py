"""Changes of rules that make no difference to any row, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

EQUIVALENT: Mapping[tuple[str, str], str] = {}
