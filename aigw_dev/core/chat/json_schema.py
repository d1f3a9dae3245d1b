"""JSON Schemas for providers that refuse keywords, and back.

Gemini has two places for a schema, with different languages (ai.google.dev/api/caching#Schema and
docs/structured-output, read 2026-11-20):

* `parameters`, `responseSchema`: a subset of OpenAPI 3.0, upper-case types, `nullable`. Every version of the API and
  every model has it, and it answers 400 to any keyword it does not know.
* `parametersJsonSchema`, `responseJsonSchema`: JSON Schema itself, with references (recursive ones too), maps, tuples and
  unions. Newer API versions only; recordings show `$defs`, `oneOf`, `prefixItems`, `additionalProperties` at work.

`openapi_schema.from_gemini` reads the first; `for_gemini` writes it and says what it could not keep, `for_gemini_json` writes the second. A codec takes the
first where nothing was lost, because it reaches further, else the second, because it keeps more.

Never raises: cycles, references that grow without end and depth are cut and named. What has no meaning for an answer
(`$schema`, `$id`, `$comment`, `examples`, `deprecated`, `readOnly`, `writeOnly`, and `additionalProperties: false`, which
a constrained answer keeps anyway) is left out uncounted.
"""

import json
from typing import Final

import msgspec

from aigw_dev.core import loose_json

MAX_DEPTH: Final = 64
"""Deeper schemas are cut here; Google refuses far shallower ones."""
MAX_NODES: Final = 5000
"""Schemas inside one schema, after references were put in place."""
MAX_NOTES: Final = 40

_EMPTY: Final = msgspec.Raw(b"{}")
_Schema = dict[str, object]
_SILENT: Final = frozenset(
    {
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "definitions",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$anchor",
    }
)
_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_OPENAPI_KEPT: Final = frozenset(
    {
        "title", "description", "default", "minItems", "maxItems", "minProperties", "maxProperties", "minLength",
        "maxLength", "pattern", "example", "minimum", "maximum", "propertyOrdering",
    }
)  # fmt: skip
_JSON_KEPT: Final = frozenset(
    {
        "type", "title", "description", "enum", "default", "minItems", "maxItems", "minimum", "maximum", "required",
        "propertyOrdering", "minLength", "maxLength", "pattern",
    }
)  # fmt: skip
_OPENAPI_FORMATS: Final = frozenset({"date-time", "enum", "float", "double", "int32", "int64"})
_JSON_FORMATS: Final = _OPENAPI_FORMATS | {"date", "time", "duration"}


def for_gemini(schema: msgspec.Raw) -> tuple[msgspec.Raw, list[str]]:
    """The schema in Gemini's OpenAPI form, and what it lost, as dotted paths; an empty list = nothing.

    `$ref` is put in place, `const` becomes `enum`, a null type `nullable`.
    """
    return _rewritten(schema, _OpenApi)


def for_gemini_json(schema: msgspec.Raw) -> tuple[msgspec.Raw, list[str]]:
    """The schema as Gemini's JSON Schema fields take it, and what it lost.

    `const` becomes `enum`, `allOf` is merged, `definitions` are `$defs`.
    """
    return _rewritten(schema, _JsonSchema)


def is_empty_object(schema: msgspec.Raw) -> bool:
    """Whether a schema of arguments allows none: an object without properties, or nothing said."""
    loaded = loose_json.mapping(loose_json.load(bytes(schema)))
    said = {key for key in loaded if key not in _SILENT} - {"type", "title", "description", "required"}
    is_open = loaded.get("additionalProperties", False) not in (False, None)
    return not is_open and not loaded.get("properties") and said <= {"properties", "additionalProperties"}


def _rewritten(schema: msgspec.Raw, form: "type[_OpenApi | _JsonSchema]") -> tuple[msgspec.Raw, list[str]]:
    loaded = loose_json.load(bytes(schema))
    if not loose_json.is_object(loaded):
        return _EMPTY, [] if loaded is True else ["(the schema is no object that can be read)"]
    walk = form(loaded)
    return encode_schema(walk.root()), list(walk.notes)


def encode_schema(schema: object) -> msgspec.Raw:
    """A loaded schema as JSON text, lone surrogates as escapes; `{}` where it cannot be written."""
    try:
        return msgspec.Raw(msgspec.json.encode(schema))
    except (ValueError, RecursionError):
        pass
    try:
        return msgspec.Raw(json.dumps(schema, allow_nan=False).encode())
    except (ValueError, RecursionError):
        return _EMPTY


class _Walk:
    """What both forms share: references, notes and the budget."""

    def __init__(self, root: _Schema) -> None:
        self._root = root
        self._left = MAX_NODES
        self.notes: dict[str, None] = {}

    def note(self, path: str, keyword: str) -> None:
        """This was lost."""
        if len(self.notes) < MAX_NOTES:
            self.notes[f"{path}.{keyword}".lstrip(".")] = None

    def spend(self, path: str, depth: int) -> bool:
        """Whether one more schema is allowed; notes where not."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            self.note(path[:200], "(too deep or too large)")
            return False
        return True

    def resolve(self, reference: object) -> _Schema | None:
        """What a local reference points at."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        place: object = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if loose_json.is_array(place):
                place = (
                    place[int(name)]
                    if name.isascii() and name.isdigit() and int(name[:6]) < len(place)
                    else None
                )
            else:
                place = loose_json.mapping(place).get(name)
        return place if loose_json.is_object(place) else None

    def joined(self, schema: _Schema, path: str) -> _Schema:
        """`allOf` put into the schema that holds it; a keyword that two of them say differently is noted."""
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        several = loose_json.items(schema.get("allOf"))
        if len(several) == 1 and "$ref" in (alone := loose_json.mapping(several[0])) and "$ref" not in merged:
            return alone | merged  # how older generators write a reference that has a description
        for one in several:
            part = loose_json.mapping(one)
            if "$ref" in part:
                target = self.resolve(part["$ref"])
                part = self._flat(target, part) if target is not None else part
            for key, value in part.items():
                if key == "properties":
                    merged[key] = loose_json.mapping(merged.get(key)) | loose_json.mapping(value)
                elif key == "required":
                    merged[key] = [*loose_json.items(merged.get(key)), *loose_json.items(value)]
                elif merged.get(key, value) == value:
                    merged[key] = value
                elif key not in {"title", "description"}:
                    self.note(path, "allOf")
        return merged

    @staticmethod
    def _flat(target: _Schema, part: _Schema) -> _Schema:
        return target | {key: value for key, value in part.items() if key != "$ref"}

    def bounds(self, schema: _Schema, path: str) -> _Schema:
        """The exclusive bounds as inclusive ones: exact for integers, noted else."""
        found: _Schema = {}
        for keyword, bound, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
            value = schema.get(keyword)
            if isinstance(value, bool) or not isinstance(value, int | float) or bound in schema:
                if value not in (None, False):
                    self.note(path, keyword)
            elif schema.get("type") == "integer" and float(value).is_integer():
                found[bound] = int(value) + step
            else:
                found[bound] = value
                self.note(path, keyword)
        return found


class _OpenApi(_Walk):
    """Writes the OpenAPI form."""

    def root(self) -> _Schema:
        """The whole."""
        return self.take(self._root, "", 0, frozenset())

    def take(self, schema: object, path: str, depth: int, seen: frozenset[str]) -> _Schema:
        """One schema."""
        if not loose_json.is_object(schema) or not self.spend(path, depth):
            self.note(path, "(any)")
            return {}
        if "$ref" in schema:
            reference = loose_json.text(schema["$ref"])
            target = None if reference in seen else self.resolve(reference)
            if target is None:
                self.note(path, "$ref")
                return {"type": "OBJECT"}
            return self.take(self._flat(target, schema), path, depth + 1, seen | {reference})
        if "allOf" in schema:
            schema = self.joined(schema, path)
            if "$ref" in schema:
                return self.take(schema, path, depth + 1, seen)
        made: _Schema = {}
        self._type(schema, made, path)
        made |= self.bounds(schema, path)
        for key, value in schema.items():
            if key in _OPENAPI_KEPT:
                made[key] = value
            elif key not in _SILENT:
                self._keyword(key, value, made, (path, depth, seen))
        self._shape(made, path)
        return made

    def _type(self, schema: _Schema, made: _Schema, path: str) -> None:
        said = schema.get("type")
        names = (
            [said]
            if isinstance(said, str)
            else [one for one in loose_json.items(said) if isinstance(one, str)]
        )
        if "null" in names and len(names) > 1:
            made["nullable"] = True
            names = [name for name in names if name != "null"]
        if not names and "properties" in schema:
            names = ["object"]
        elif not names and ("enum" in schema or "const" in schema):
            names = ["string"]
        if len(names) > 1 or (names and names[0].lower() not in _TYPES):
            self.note(path, "type")
        if names and names[0].lower() in _TYPES:
            made["type"] = names[0].upper()
        elif "anyOf" not in schema and "oneOf" not in schema:
            self.note(path, "(any)")

    def _keyword(
        self, key: str, value: object, made: _Schema, place: tuple[str, int, frozenset[str]]
    ) -> None:
        path, depth, seen = place
        match key:
            case "type" | "exclusiveMinimum" | "exclusiveMaximum":
                pass
            case "properties":
                made[key] = {
                    name: self.take(one, f"{path}.{name}", depth + 1, seen)
                    for name, one in loose_json.mapping(value).items()
                }
            case "required":
                made[key] = [name for name in loose_json.items(value) if isinstance(name, str)]
            case "items" if loose_json.is_object(value):
                made[key] = self.take(value, f"{path}[]", depth + 1, seen)
            case "anyOf" | "oneOf":
                self._union(value, made, place, is_exact=key == "anyOf")
            case "enum" | "const":
                values = [value] if key == "const" else loose_json.items(value)
                made["enum"] = [one for one in values if isinstance(one, str)]
                if None in values:
                    made["nullable"] = True
                if any(one is not None and not isinstance(one, str) for one in values):
                    self.note(path, key)
            case "format" if isinstance(value, str) and value in _OPENAPI_FORMATS:
                made[key] = value
            case "nullable" if isinstance(value, bool):
                made[key] = value or made.get("nullable", False)
            case "additionalProperties" if value is False or (value is True and "properties" in made):
                pass
            case _:
                self.note(path, key)

    def _union(
        self, value: object, made: _Schema, place: tuple[str, int, frozenset[str]], *, is_exact: bool
    ) -> None:
        path, depth, seen = place
        options = [one for one in loose_json.items(value) if one != {"type": "null"}]
        if len(options) < len(loose_json.items(value)):
            made["nullable"] = True
        taken = [self.take(one, path, depth + 1, seen) for one in options]
        if len(taken) == 1:
            made.update(taken[0] | made)
            return
        made["anyOf"] = taken
        if not is_exact:
            self.note(path, "oneOf")

    def _shape(self, made: _Schema, path: str) -> None:
        """What Google refuses: names required that are no property, lists of nothing, objects of nothing inside."""
        if "required" in made:
            known = loose_json.mapping(made.get("properties"))
            made["required"] = [
                name for name in dict.fromkeys(loose_json.items(made["required"])) if name in known
            ]
            if not made["required"]:
                del made["required"]
        if made.get("type") == "ARRAY" and "items" not in made:
            self.note(path, "(items of any kind)")
        if made.get("type") == "OBJECT" and not made.get("properties"):
            made.pop("properties", None)
            if path:
                self.note(path, "(an object without properties)")
        if not made.get("enum", True):
            del made["enum"]


class _JsonSchema(_Walk):
    """Writes the subset of JSON Schema."""

    def root(self) -> _Schema:
        """The whole, with its definitions."""
        defined = loose_json.mapping(self._root.get("definitions")) | loose_json.mapping(
            self._root.get("$defs")
        )
        made = self.take(self._root, "", 0)
        if defined:
            made["$defs"] = {name: self.take(one, f"$defs.{name}", 1) for name, one in defined.items()}
        return made

    def take(self, schema: object, path: str, depth: int, *, is_inlined: bool = False) -> _Schema:
        """One schema; `is_inlined` where it was put in the place of a reference."""
        if schema is True:
            return {}
        if not loose_json.is_object(schema) or not self.spend(path, depth):
            self.note(path, "(unreadable)")
            return {}
        if "$ref" in schema:
            return self._reference(schema, path, depth, is_inlined=is_inlined)
        if "allOf" in schema:
            schema = self.joined(schema, path)
            if "$ref" in schema:
                return self._reference(schema, path, depth, is_inlined=is_inlined)
        made = self.bounds(schema, path)
        for key, value in schema.items():
            if key in _JSON_KEPT:
                made[key] = value
            elif key not in _SILENT:
                self._keyword(key, value, made, (path, depth))
        return made

    def _reference(self, schema: _Schema, path: str, depth: int, *, is_inlined: bool) -> _Schema:
        """A reference stands alone (only `$` keywords beside it are allowed); what was beside it goes around it."""
        reference = loose_json.text(schema["$ref"])
        name = reference.removeprefix("#/definitions/").removeprefix("#/$defs/")
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        if name == reference or "/" in name:
            target = None if is_inlined else self.resolve(reference)
            if target is None:
                self.note(path, "$ref")
                return self.take(rest, path, depth + 1)
            return self.take(target | rest, path, depth + 1, is_inlined=True)
        around = self.take({key: value for key, value in rest.items() if key != "title"}, path, depth + 1)
        alone: _Schema = {"$ref": f"#/$defs/{name}"}
        return around | {"anyOf": [alone]} if around and "anyOf" not in around else alone

    def _keyword(self, key: str, value: object, made: _Schema, place: tuple[str, int]) -> None:
        path, depth = place
        match key:
            case "exclusiveMinimum" | "exclusiveMaximum":
                pass
            case "properties":
                made[key] = {
                    name: self.take(one, f"{path}.{name}", depth + 1)
                    for name, one in loose_json.mapping(value).items()
                }
            case "items" | "additionalProperties":
                made[key] = value if isinstance(value, bool) else self.take(value, f"{path}[]", depth + 1)
            case "anyOf" | "oneOf" | "prefixItems":
                made[key] = [self.take(one, path, depth + 1) for one in loose_json.items(value)]
            case "const":
                made["enum"] = [value]
                if "type" not in made and (kind := _kind(value)):
                    made["type"] = kind
            case "format" if isinstance(value, str) and value in _JSON_FORMATS:
                made[key] = value
            case "nullable" if isinstance(value, bool):
                said = made.get("type")
                if value and isinstance(said, str):
                    made["type"] = [said, "null"]
            case _:
                self.note(path, key)


def _kind(value: object) -> str:
    """The JSON type of a constant; empty where Gemini's `enum` does not take it anyway."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (str, "string"),
        (int, "integer"),
        (float, "number"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "")
