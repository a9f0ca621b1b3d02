"""Writes the generated part of the package: a module for each API, with its types and a client that has a method for each
operation.

Usage: generate.py OPENAPI PACKAGE, the folders of the documents and of the package.
"""

import ast
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from peel import FAMILIES, Document


def main(openapi, package):
    for name, family in FAMILIES.items():
        document = Document(openapi / f"{name}.yaml")
        folder = package / name.replace("-", "_")
        folder.mkdir(exist_ok=True)
        models(document, folder / "models.py")
        types = defined(folder / "models.py")
        (folder / "__init__.py").write_text(module(document, family, types), encoding="utf-8")


def models(document, target):
    peeled = document.peeled()
    outputs = document.outputs()
    bases = {name: f"linksfield.model.{'Output' if name in outputs else 'Request'}" for name in peeled["components"]["schemas"]}
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "peeled.json"
        source.write_text(json.dumps(peeled, ensure_ascii=False), encoding="utf-8")
        subprocess.run(
            [
                "datamodel-codegen", "--input", source, "--input-file-type", "openapi", "--output", target,
                "--output-model-type", "pydantic_v2.BaseModel", "--base-class-map", json.dumps(bases),
                "--base-class", "linksfield.model.Output", "--collapse-root-models", "--strict-nullable", "--use-annotated",
                "--use-schema-description", "--use-union-operator", "--target-python-version", "3.10", "--disable-timestamp",
                "--formatters", "builtin",
            ],
            check=True,
        )  # fmt: skip


def defined(source):
    """The names of the types in a module, without those that it imports."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return sorted(node.name for node in tree.body if isinstance(node, ast.ClassDef))


def module(document, family, types):
    title = document.root["info"]["title"]
    lines = [
        f'"""{title}, version {document.root["info"]["version"]} of its document."""',
        "",
        "from typing import Any",
        "",
        f"from ..families import {family}",
        "from ..operation import Operation",
        "from . import models",
        f"from .models import {', '.join(f'{name} as {name}' for name in types)}",
        "",
    ]
    lines += [f'{name.upper()} = "{url}"' for name, url in document.environments.items()]
    lines += ["", "OPERATIONS = {"]
    lines += [f"    {row['id']!r}: {operation(document, row)}," for row in document.rows]
    lines += ["}", "", "", f"class Client({family}):", f'    """A client of the {title}."""']
    lines += [f"    also_named = {document.also_named()!r}"] if document.also_named() else []
    for row in document.rows:
        lines += ["", *method(row)]
    return "\n".join(lines) + "\n"


def operation(document, row):
    same = ("id", "method", "path", "safe_to_retry", "query", "body", "must_name_order")
    lists = {"added": row["added"], "fields": row["fields"], "own_order_ids": row["order_ids"]}
    lists |= {"order_ids": document.order_ids, "certain_order_ids": document.certain_order_ids}
    told = {name: row[name] for name in same} | {name: tuple(values) for name, values in lists.items()}
    return f"Operation({', '.join(f'{name}={value!r}' for name, value in told.items())})"


def method(row):
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", row["id"]).lower()
    output = f"models.{row['output']}" if row["output"] else "Any"
    returns = f"list[{output}]" if row["is_list"] else output
    default = "" if row["has_required"] else f" = models.{row['request']}()"
    yield f"    def {snake}(self, request: models.{row['request']}{default}) -> {returns}:"
    yield f'        """{row["summary"]}. See {row["page"]}"""'
    call = f"OPERATIONS[{row['id']!r}], request"
    if row["output"]:
        yield f"        return self._ask_{'list' if row['is_list'] else 'one'}({call}, {output})"
    else:
        yield f"        return self._ask({call}).data"


main(*map(pathlib.Path, sys.argv[1:]))
