"""Checks values against the JSON Schemas of schema/, and reads scenarios as the values that they check."""
import json
import pathlib
import re

import jsonschema
import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "schema"


def subschemas(schema):
    """The schema and every one in it."""
    if isinstance(schema, dict):
        yield schema
        for member in schema.values():
            yield from subschemas(member)
    elif isinstance(schema, list):
        for element in schema:
            yield from subschemas(element)


def structs(schema):
    """Those that list the members of an object; `properties` may be the name of a member, too."""
    return [each for each in subschemas(schema) if each.get("type") == "object" and isinstance(each.get("properties"), dict)]


class Schema:
    """Closed: a reader of our files skips members that it does not know, but we write none that the schema has not."""

    def __init__(self, name):
        self.root = json.loads((FOLDER / f"{name}.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(self.root)
        for struct in structs(self.root):
            struct.setdefault("additionalProperties", False)
        self.validator = jsonschema.Draft202012Validator(self.root)

    def problems(self, value):
        """Each with its place; none: it fits."""
        return [f"{error.json_path}: {error.message[:300]}" for error in self.validator.iter_errors(value)]


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema, as deadheat reads it: `yes` is a text, and so is a date."""

    yaml_implicit_resolvers = {}


for kind, pattern, first in (("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
                             ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
                             ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+", list("-+0123456789")),
                             ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789"))):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(rf"^(?:{pattern})$"), first)
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value, 16 if "0x" in node.value else 10))
Core.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))


def scenario(text):
    """The value of a scenario's YAML."""
    return yaml.load(text, Core)
