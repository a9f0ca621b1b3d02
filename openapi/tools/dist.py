"""Makes what is published of the documents: JSON, OpenAPI 3.1, Postman's collections and environment, what signs and proves.

Usage: dist.py OPENAPI TARGET. Made again by the same tools from the same documents, each file is the same to the byte.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

SCRIPTS = pathlib.Path(__file__).parent / "postman"
sys.path.append(str(pathlib.Path(__file__).parents[1] / "languages"))
from peel import Document  # noqa: E402

# Where the sandbox serves each API, which script signs its calls, and the code of success.
APIS = {
    "csss": ("", "csss", "0000"),
    "mall": ("/mall-api", "mall", "S"),
    "payment": ("/payment-api", "mall", "S"),
    "topup": ("/topup-api", "mall", "S"),
    "cube": ("/cube/v4", None, "CB-00-0000"),
    "esim-qr": ("/esim-qr-api", None, "0"),
}
# What a caller fills in; the values of the sandbox, but for its secrets.
VARIABLES = {"access_code": "SANDBOX", "partner_code": "SANDBOX"}
SECRETS = ("secret", "access_token", "cube_authorization")
# What asks about an order that was placed before, and by what.
ABOUT = {"cancelAutoRenewalRecord": ("orderNo", "payId"), "stripeSubDirectly": ("payId",)}
# Of Cube's signature, which Postman can't make: it has no RSA.
MADE_ELSEWHERE = ("cube_timestamp", "cube_nonce")
HEADERS = {
    "Authorization": "{{cube_authorization}}",
    "timestamp": "{{cube_timestamp}}",
    "nonce": "{{cube_nonce}}",
    "x-access-token": "{{access_token}}",
}


def main(openapi, target):
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    documents = sorted(openapi.glob("*.yaml"))
    for path in documents:
        shutil.copy(path, target)
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        save(target / f"{path.stem}.json", document)
        newer = upgraded(document)
        save(target / f"{path.stem}.3.1.json", newer)
        text = yaml.safe_dump(newer, allow_unicode=True, sort_keys=False, width=120)
        (target / f"{path.stem}.3.1.yaml").write_text(text, encoding="utf-8")
        if path.stem in APIS:
            save(target / f"{path.stem}.postman_collection.json", collection(path, document))
    save(target / "sandbox.postman_environment.json", environment())
    for other in [*openapi.glob("*signing-vectors.json"), openapi / "outcomes.json", openapi / "CHANGELOG.md"]:
        shutil.copy(other, target)
    shutil.copytree(openapi / "workflows", target / "workflows", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(openapi / "languages/python/src/linksfield/signing.py", target / "workflows")


def save(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def upgraded(document):
    """The document in OpenAPI 3.1; what Linksfield sends are webhooks there, which have no server."""
    script = 'import { upgrade } from "@scalar/openapi-upgrader"; import { text } from "node:stream/consumers";'
    script += 'console.log(JSON.stringify(upgrade(JSON.parse(await text(process.stdin)), "3.1")))'
    run = subprocess.run(
        ["node", "--input-type=module", "-e", script], input=json.dumps(document), capture_output=True, text=True, check=True
    )
    newer = json.loads(run.stdout)
    if newer["x-linksfield-direction"] == "from-linksfield":
        newer["webhooks"] = {path.strip("/"): item for path, item in newer.pop("paths").items()}
        del newer["servers"]
    return newer


def collection(path, document):
    root = f"{path.stem.replace('-', '_')}_url"
    options = "folderStrategy=Tags,parametersResolution=Example"
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / "collection.json"
        subprocess.run(["openapi2postmanv2", "-s", path, "-o", made, "-O", options], check=True, stdout=subprocess.DEVNULL)
        whole = json.loads(made.read_text(encoding="utf-8"))
    whole = without_ids(whole)
    for item in (item for folder in whole["item"] for item in folder["item"]):
        item["request"]["url"]["host"] = [f"{{{{{root}}}}}"]
        fill_in(item["request"], document.get("x-linksfield-envelope", {}))
    whole["item"].sort(key=lambda folder: folder["name"] != "Plan")  # run from top to bottom, others ask about what it orders
    # No server: what is run from top to bottom places orders, and an address by default would be that of production.
    whole["variable"] = [{"key": root, "value": ""}]
    judged = f"const API = {json.dumps(told(path), ensure_ascii=False)};"
    scripts = {"prerequest": script("parts", APIS[path.stem][1]), "test": [judged, *script("parts", "answer")]}
    whole["event"] = [event(listen, lines) for listen, lines in scripts.items() if lines]
    return whole


def told(path):
    """What tells that an answer is accepted, by the names of requests."""
    document, (_, script_name, success) = Document(path), APIS[path.stem]
    telling = {row["summary"]: row["order_ids"] if row["order_ids"] and not row["safe_to_retry"] else row["fields"] for row in document.rows}
    return {
        "place": document.envelope["code"],
        "success": success,
        # Of a batch each line is an answer, also one without an order.
        "orders": {row["summary"]: [name for name in row["order_ids"] if name in row["fields"]] or row["fields"] for row in document.rows if row["must_name_order"]},
        "fields": telling if script_name == "mall" else {},
    }


def script(*names):
    if None in names:
        return []
    return [line for name in names for line in (SCRIPTS / f"{name}.js").read_text(encoding="utf-8").splitlines()]


def event(listen, lines):
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}


def fill_in(request, envelope):
    """Takes out what the script or a variable brings, and lets the order that was placed last be the one that is asked about."""
    if "Authorization" in envelope.get("headers", []):
        request["header"].append({"key": "Authorization"})  # OpenAPI has no parameter of this name
    for header in request["header"]:
        header["value"] = HEADERS.get(header["key"], header.get("value"))
    raw = request.get("body", {}).get("raw")
    body = json.loads(raw) if raw else None
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in envelope.get("request", [])}
        for name in ("order_id", *ABOUT.get(request["url"]["path"][-1], ())):
            if name in body:
                body[name] = f"{{{{{name}}}}}"
        request["body"]["raw"] = json.dumps(body, ensure_ascii=False, indent=2)


def without_ids(value):
    """Ids are made by chance, and Postman makes its own where there are none. Kept answers are in the documents."""
    if isinstance(value, list):
        return [without_ids(item) for item in value]
    if isinstance(value, dict):
        left_out = ("id", "_postman_id") if "item" in value or "request" in value or "_postman_id" in value else ()
        empty = ("response", "auth") if "request" in value or "method" in value else ()
        return {name: without_ids(field) for name, field in value.items() if name not in (*left_out, *empty)}
    return value


def environment():
    urls = {f"{name.replace('-', '_')}_url": f"http://127.0.0.1:8787{path}" for name, (path, *_) in APIS.items()}
    plain = urls | VARIABLES | dict.fromkeys(MADE_ELSEWHERE, "")
    values = [{"key": name, "value": value, "type": "default", "enabled": True} for name, value in plain.items()]
    values += [{"key": name, "value": "", "type": "secret", "enabled": True} for name in SECRETS]
    return {"name": "Linksfield sandbox", "values": values, "_postman_variable_scope": "environment"}


main(*map(pathlib.Path, sys.argv[1:]))
