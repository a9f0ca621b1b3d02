"""Takes off a document what a caller neither passes nor reads: signatures, and the envelope of answers.

What is left is the schemas that a package's types are made of, and a row for each operation.
"""

import copy
import pathlib
import re

import yaml

# The documents of what is called, and the hand-written class that signs and reads for each.
FAMILIES = {"csss": "Csss", "mall": "Mall", "payment": "Mall", "topup": "Mall", "cube": "Cube", "esim-qr": "EsimQr"}
# What the API judges, and what is no part of a type.
LIMITS = ("minProperties", "maxProperties", "minItems", "maxItems", "minLength", "maxLength", "pattern", "minimum", "maximum")
BODY = "body"  # the parameter that a body is which has no fields


class Document:
    def __init__(self, path):
        self.root = yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))
        self.schemas = self.root["components"]["schemas"]
        self.envelope = self.root.get("x-linksfield-envelope", {})
        self.rows = [self._row(*operation) for operation in self._operations()]
        self.order_ids = self._all_ids("order", "request")
        # An `id` beside the data is that of anything: of the answer, or of what is wrong.
        self.certain_order_ids = [name for name in self._all_ids("order") if name != "id"]

    @property
    def environments(self):
        """The addresses of servers by the names of their environments."""
        servers = (server for server in self.root["servers"] if "variables" not in server)
        return {server["x-linksfield-environment"]: server["url"] for server in servers}

    def outputs(self):
        """The names of all schemas that answers are made of."""
        return reachable(self.schemas, [row["output"] for row in self.rows if row["output"]])

    def peeled(self):
        """A document of the schemas that a package has, and of nothing else."""
        schemas = copy.deepcopy(self.schemas)
        for row in self.rows:
            schemas[row["request"]] = row["schema"]
        for name in self.outputs():
            for field in self.envelope.get("request", []):
                schemas[name].get("properties", {}).pop(field, None)
        for schema in schemas.values():
            without(schema, LIMITS)
        kept = reachable(schemas, [name for row in self.rows for name in (row["request"], row["output"]) if name])
        info = {name: self.root["info"][name] for name in ("title", "version", "license")}
        components = {"schemas": {name: schemas[name] for name in schemas if name in kept}}
        return {"openapi": "3.0.3", "info": info, "paths": {}, "components": components}

    def texts(self):
        """The names of fields that are text, or lists of it, wherever they stand: a number there was meant as its digits."""
        kinds = {}
        for schema in self.schemas.values():
            for name, field in schema.get("properties", {}).items():
                resolved = self._resolved(field)
                kinds.setdefault(name, set()).add(self._resolved(resolved.get("items", resolved)).get("type"))
        # How it is written tells whether the code of an envelope is that of success.
        return sorted({name for name, types in kinds.items() if types == {"string"}} | {self.envelope["code"].split(".")[-1]})

    def also_named(self):
        """The other names that fields have in some answers."""
        fields = (field for schema in self.schemas.values() for field in schema.get("properties", {}).items())
        return {field["x-linksfield-also-named"]: name for name, field in fields if "x-linksfield-also-named" in field}

    def _operations(self):
        for path, item in self.root["paths"].items():
            for method in ("get", "post", "put", "patch", "delete"):
                if method in item:
                    yield path, method, item[method], item.get("parameters", []) + item[method].get("parameters", [])

    def _resolved(self, node):
        while "$ref" in node:
            _, kind, name = node["$ref"].rsplit("/", 2)
            node = self.root["components"][kind][name]
        return node

    def _row(self, path, method, node, parameters):
        name = node["operationId"][0].upper() + node["operationId"][1:]
        placed = [self._resolved(parameter) for parameter in parameters]
        placed = [parameter for parameter in placed if parameter["in"] != "header"]
        body = content(node.get("requestBody", {}))
        whole = self._whole_request(body, placed, node)
        documented = [field for field in self.envelope.get("request-where-documented", []) if field in whole["properties"]]
        added = self.envelope.get("request", []) + documented
        for field in added:
            whole["properties"].pop(field, None)
        whole["required"] = [field for field in whole["required"] if field not in added]
        if not whole["required"]:
            del whole["required"]
        data = self._data(content(node["responses"]["200"]))
        output, resolved = data.get("$ref", "").rsplit("/", 1)[-1], self._resolved(data)
        is_list = resolved.get("type") == "array"
        if is_list:
            output = resolved["items"]["$ref"].rsplit("/", 1)[-1]
        elif "properties" not in resolved:
            output = None
        own = self._ids(output, ("order",))
        safe = node["x-linksfield-safe-to-retry"]
        places = not safe and bool(own) and not set(own) & set(whole["properties"])
        required = resolved.get("required", []) + resolved.get("x-linksfield-required-on-success", [])
        fields = [field for field in resolved.get("properties", {}) if field not in self.envelope.get("response", [])]
        return {
            "id": node["operationId"],
            "method": method.upper(),
            "path": path,
            "summary": node["summary"],
            "page": node["x-linksfield-documentation"]["page"],
            "request": name + "Request",
            "schema": whole,
            "has_required": "required" in whole,
            "output": output,
            "is_list": is_list,
            "added": added,
            "query": {parameter["name"]: separator(parameter) for parameter in placed if parameter["in"] == "query"},
            "body": self._body(body, node),
            "safe_to_retry": safe,
            "order_ids": own,
            "must_name_order": places or bool(set(own) & set(required)),
            "fields": fields,
        }

    def _whole_request(self, body, placed, node):
        """One object of the fields of the body and of the parameters in path and query."""
        whole = {"type": "object", "required": [], "properties": {}}
        schema = self._resolved(body)
        if "properties" in schema:
            whole = {"required": [], **copy.deepcopy(schema)}
        elif body:
            whole["properties"][BODY] = body
            whole["required"] += [BODY] if node["requestBody"].get("required") else []
        for parameter in placed:
            field = dict(parameter["schema"])
            if "$ref" not in field and "description" in parameter:
                field["description"] = parameter["description"]
            whole["properties"][parameter["name"]] = field
            whole["required"] += [parameter["name"]] if parameter.get("required") else []
        whole["description"] = f"Parameters of `{node['operationId']}`. " + schema.get("description", "")
        return whole

    def _body(self, body, node):
        if body and "properties" not in self._resolved(body):
            return "whole"
        return "fields" if node.get("requestBody", {}).get("required") else "none"

    def _data(self, answer):
        resolved = self._resolved(answer)
        code = self.envelope["code"].split(".")[0]
        return resolved["properties"]["data"] if code in resolved.get("properties", {}) else answer

    def _all_ids(self, *of):
        return sorted({name for row in self.rows for name in self._ids(row["output"], of)})

    def _ids(self, output, of):
        """The fields, at any depth, that are the id of one of these."""
        names = reachable(self.schemas, [output] if output else [])
        fields = (field for name in names for field in self.schemas[name].get("properties", {}).items())
        return sorted({name for name, field in fields if self._identifies(field) & set(of)})

    def _identifies(self, field):
        named = self._resolved(field)
        kind = "".join(word.capitalize() for word in named.get("format", "").split("-"))
        kinds = (named, self._resolved(named.get("items", {})), self.schemas.get(kind, {}))
        return {kind.get("x-linksfield-identifies") for kind in kinds}


def content(node):
    return node.get("content", {}).get("application/json", {}).get("schema", {})


def separator(parameter):
    """What is between the items of a list in the query; nothing if each stands alone."""
    style = parameter.get("style", "form")
    if parameter.get("explode", style == "form"):
        return None
    return {"spaceDelimited": " ", "pipeDelimited": "|"}.get(style, ",")


def without(node, names):
    """Takes these keywords out of a schema, at any depth."""
    if isinstance(node, dict):
        for name in names:
            node.pop(name, None)
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        without(inner, names)


def reachable(schemas, names):
    found, left = set(), list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += re.findall(r"#/components/schemas/(\w+)", str(schemas[name]))
    return found
