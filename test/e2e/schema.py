"""Checks a JSON value against one of schema/: as much of JSON Schema as those use, and no more."""
import json
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "schema"
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}
KNOWN = {"$schema", "title", "description", "$defs", "$ref", "oneOf", "type", "const", "enum", "minimum", "maximum", "required",
         "properties", "additionalProperties", "items"}


class Schema:
    def __init__(self, name):
        self.root = json.loads((FOLDER / f"{name}.schema.json").read_text())

    def problems(self, value):
        """Each with its place; none: it fits."""
        return list(self._problems(value, self.root, "$"))

    def _problems(self, value, schema, place):
        unknown = schema.keys() - KNOWN
        assert not unknown, f"schema.py does not know {sorted(unknown)}"
        if "$ref" in schema:
            yield from self._problems(value, self.root["$defs"][schema["$ref"].removeprefix("#/$defs/")], place)
        if "oneOf" in schema:
            tried = [list(self._problems(value, one, place)) for one in schema["oneOf"]]
            fitting = sum(not problems for problems in tried)
            if fitting != 1:
                yield f"{place}: fits {fitting} of the alternatives; nearest: {min(tried, key=len)}"
        if "type" in schema:
            number_as_bool = isinstance(value, bool) and schema["type"] != "boolean"
            if not isinstance(value, TYPES[schema["type"]]) or number_as_bool:
                yield f"{place}: {value!r} is no {schema['type']}"
                return
        if "const" in schema and value != schema["const"]:
            yield f"{place}: {value!r} is not {schema['const']!r}"
        if "enum" in schema and value not in schema["enum"]:
            yield f"{place}: {value!r} is none of {schema['enum']}"
        if "minimum" in schema and value < schema["minimum"]:
            yield f"{place}: {value!r} is less than {schema['minimum']}"
        if "maximum" in schema and value > schema["maximum"]:
            yield f"{place}: {value!r} is more than {schema['maximum']}"
        if isinstance(value, dict):
            yield from self._members(value, schema, place)
        if isinstance(value, list) and "items" in schema:
            for i, element in enumerate(value):
                yield from self._problems(element, schema["items"], f"{place}[{i}]")

    def _members(self, value, schema, place):
        for name in schema.get("required", []):
            if name not in value:
                yield f"{place}.{name}: missing"
        others = schema.get("additionalProperties", True)
        for name, member in value.items():
            known = schema.get("properties", {}).get(name)
            if known is not None:
                yield from self._problems(member, known, f"{place}.{name}")
            elif others is False:
                yield f"{place}.{name}: not in the schema"
            elif isinstance(others, dict):
                yield from self._problems(member, others, f"{place}.{name}")
