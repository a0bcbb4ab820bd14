"""JSON Schemas of the documents that a gateway serves: values held against them, strictly, and values made of them."""
import jsonschema


def inlined(document, schema):
    """The schema with every $ref of the document replaced by what it names. Our schemas do not recurse."""
    if isinstance(schema, list):
        return [inlined(document, item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        named = inlined(document, at(document, schema["$ref"]))
        return {**named, **{k: v for k, v in schema.items() if k != "$ref"}}
    return {key: inlined(document, value) for key, value in schema.items()}


def at(document, reference):
    """What "#/a/b~1c" names."""
    for key in reference.removeprefix("#/").split("/"):
        key = key.replace("~1", "/").replace("~0", "~")
        document = document[int(key) if isinstance(document, list) else key]
    return document


def closed(schema):
    """The schema, inlined, without room for members that it does not name: what a gateway may add, a test must know.
    Objects that name no members at all stay open, and so does the data of events."""
    if not isinstance(schema, dict):
        return schema
    tight = dict(schema)
    if "allOf" in schema:
        return {**tight, "unevaluatedProperties": False}
    for key in ("oneOf", "anyOf"):
        if key in schema:
            tight[key] = [closed(one) for one in schema[key]]
    if "properties" in schema:
        tight["properties"] = {name: closed(one) for name, one in schema["properties"].items()}
        tight.setdefault("additionalProperties", False)
    if "items" in schema:
        tight["items"] = closed(schema["items"])
    return tight


def complaints(document, schema, value, strict=True):
    """What is wrong with the value, as texts; none if nothing is."""
    schema = inlined(document, schema)
    validator = jsonschema.Draft202012Validator(closed(schema) if strict else schema)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in validator.iter_errors(value)]


def sample(schema):
    """A value that the schema (inlined) admits, with every member that it names."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" and "properties" not in schema:
        return {"any": 1}
    makers = {
        "string": lambda: "x" * max(1, schema.get("minLength", 0)),
        "integer": lambda: max(1, schema.get("minimum", 0)),
        "number": lambda: 0.5,
        "boolean": lambda: True,
        "array": lambda: [sample(schema["items"])],
        "object": lambda: {name: sample(one) for name, one in schema["properties"].items()},
        None: lambda: {"any": ["thing", 1, None]},
    }
    return makers[kind]()
