"""The JSON Schema of `dovetail.yaml`, for editors. docs/config-schema.json is this; a test compares."""

from __future__ import annotations

from typing import Any

from connectors.registry import KINDS
from rules.file_model import tighten
from sync.config_model import ConfigText

SCHEMA_ID = "https://dovetail.example/config-schema.json"


def config_schema() -> dict[str, Any]:
    """The schema of the whole file; each kind of source brings its own part."""
    schema = ConfigText.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    kinds: list[dict[str, str]] = []
    for kind in KINDS.values():
        model = kind.settings_model()
        # Definitions of two kinds may share a name (`NoAuth`): each kind keeps its own.
        part = model.model_json_schema(by_alias=True, ref_template=f"#/$defs/{kind.name}_{{model}}")
        part["required"] = sorted({*part.get("required", ()), "kind", "name"})
        for name, definition in part.pop("$defs", {}).items():
            definitions[f"{kind.name}_{name}"] = definition
        definitions[f"{kind.name}_source"] = part
        kinds.append({"$ref": f"#/$defs/{kind.name}_source"})
    schema["properties"]["sources"]["items"] = {"oneOf": kinds}
    schema["$defs"] = dict(sorted(definitions.items()))
    tighten(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "title": "Dovetail configuration",
    }
