"""Writes the generated part of the package: for each API its types, by openapi-typescript, and a module with a client that
has a method for each operation.

Usage: generate.py OPENAPI SOURCES, the folders of the documents and of the package's sources.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

from peel import FAMILIES, Document


def main(openapi, sources):
    (sources / "types").mkdir(exist_ok=True)
    for name, family in FAMILIES.items():
        document = Document(openapi / f"{name}.yaml")
        types(document, sources / "types" / f"{name}.ts")
        (sources / f"{name}.ts").write_text(module(document, name, family), encoding="utf-8")


def types(document, target):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "peeled.json"
        source.write_text(json.dumps(document.peeled(), ensure_ascii=False), encoding="utf-8")
        options = ["--enum", "--root-types", "--root-types-no-schema-prefix"]
        subprocess.run(["openapi-typescript", source, *options, "-o", target], check=True, stdout=subprocess.DEVNULL)


def module(document, name, family):
    title = document.root["info"]["title"]
    lines = [
        f"// {title}, version {document.root['info']['version']} of its document.",
        f'import {{ {family} }} from "./families.js";',
        'import type { Json } from "./json.js";',
        'import type { Operation } from "./operation.js";',
        f'import type * as types from "./types/{name}.js";',
        "",
        f'export * from "./types/{name}.js";',
        "",
    ]
    lines += [f"export const {name.upper()} = {json.dumps(url)};" for name, url in document.environments.items()]
    lines += ["", "export const OPERATIONS = {"]
    lines += [f"  {row['id']}: {operation(document, row)}," for row in document.rows]
    lines += ["} as const satisfies Record<string, Operation>;", ""]
    lines += [f"const TEXTS: ReadonlySet<string> = new Set({json.dumps(document.texts())});", ""]
    lines += [f"/** A client of the {title}. */", f"export class Client extends {family} {{"]
    lines += ["  protected override get texts() {", "    return TEXTS;", "  }"]
    if document.also_named():
        lines += ["", "  protected override get alsoNamed() {", f"    return {json.dumps(document.also_named())};", "  }"]
    for row in document.rows:
        lines += ["", *method(row)]
    return "\n".join([*lines, "}", ""])


def operation(document, row):
    told = {"id": row["id"], "method": row["method"], "path": row["path"], "safeToRetry": row["safe_to_retry"]}
    told |= {"query": row["query"], "body": row["body"], "mustNameOrder": row["must_name_order"], "added": row["added"]}
    told |= {"fields": row["fields"], "ownOrderIds": row["order_ids"], "orderIds": document.order_ids}
    told |= {"certainOrderIds": document.certain_order_ids}
    return json.dumps(told)


def method(row):
    output = f"types.{row['output']}" if row["output"] else "Json"
    shape = "any" if not row["output"] else "list" if row["is_list"] else "one"
    returns = f"NonNullable<{output}>{'[]' if row['is_list'] else ''}" if row["output"] else output
    name = row["id"][0].lower() + row["id"][1:]
    default = "" if row["has_required"] else " = {}"
    yield f"  /** {row['summary']}. See {row['page']} */"
    yield f"  {name}(request: types.{row['request']}{default}): Promise<{returns}> {{"
    yield f"    return this.ask<{returns}>(OPERATIONS.{row['id']}, request, \"{shape}\");"
    yield "  }"


main(*map(pathlib.Path, sys.argv[1:]))
