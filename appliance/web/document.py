"""The OpenAPI document: bodies that take no unknown keys say so; and its operations as a table.

`python -m appliance.web.document docs/api.md` writes the table between its marks there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from litestar._openapi.schema_generation import SchemaCreator
from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin
from litestar.openapi.spec import Schema
from litestar.typing import FieldDefinition


class ClosedStructs(StructSchemaPlugin):
    """Litestar's own description of Structs, with `additionalProperties: false` where that is so."""

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """The schema of one Struct."""
        schema = super().to_openapi_schema(field_definition, schema_creator)
        info = msgspec.inspect.type_info(field_definition.type_)
        if isinstance(info, msgspec.inspect.StructType) and info.forbid_unknown_fields:
            schema.additional_properties = False
        return schema


BEGIN, END = "<!-- operations -->", "<!-- end of operations -->"
ELSEWHERE = frozenset({"access"})
"""Topics that docs/web-security.md tells of."""
METHODS = ("get", "post", "put", "patch", "delete")


def table(document: Mapping[str, Any]) -> str:
    """Every operation with the scope that it needs, by topic; Markdown."""
    topics: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            operation = item.get(method)
            for tag in {*((operation or {}).get("tags") or ())} - ELSEWHERE:
                topics.setdefault(tag, []).append(_row(method, path, operation))
    lines = [BEGIN]
    for tag in sorted(topics):
        lines += ["", f"### {tag.capitalize()}", "", "| | scope | |", "|---|---|---|", *sorted(topics[tag])]
    return "\n".join([*lines, "", END])


def _row(method: str, path: str, operation: Mapping[str, Any]) -> str:
    scopes = [scope for each in operation.get("security") or () for scope in each.get("token") or ()]
    needs = f"`{scopes[0]}`" if scopes else ""
    return f"| `{method.upper()} {path}` | {needs} | {operation['summary']} |"


def with_table(page: str, document: Mapping[str, Any]) -> str:
    """The page with this table in it."""
    before, _, rest = page.partition(BEGIN)
    return before + table(document) + rest.partition(END)[2]


def described() -> dict[str, Any]:
    """The document of the routes as they are."""
    from appliance.config.model import Web
    from appliance.web.app import make
    from appliance.web.context import Context
    from appliance.web.settings import Settings

    settings = Settings(Web(), "en", "0", "/nonexistent")
    return make(Context(settings)).openapi_schema.to_schema()


def main(path: Path) -> None:
    """Write the table into the page."""
    path.write_text(with_table(path.read_text(encoding="utf-8"), described()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
