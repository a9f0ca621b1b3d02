"""Makes a collection of requests whose body is not what is sent: variables and comments are resolved before it is signed.

Usage: tricky.py COLLECTION TARGET REFUSED, with a second target for a request that the API must refuse.
"""

import json
import pathlib
import sys

BODIES = {
    "a variable": '{"device_id": "{{sim}}", "page_no": 1, "page_size": 10}',
    "a variable that is another each time": '{"device_id": "{{$randomInt}}", "page_no": 1, "page_size": 10}',
    "a comment": '{\n  // "device_id": "of nobody",\n  "page_no": 1, /* the first */ "page_size": 10\n}',
    "Chinese text, a slash and two slashes in a text": '{"device_id": "中国/https://例", "page_no": 1, "page_size": 10}',
    "a number that JSON.parse would round": '{"page_no": 1, "page_size": 10, "\\u00fcnknown": [89852202209089971478, 1.10]}',
}

source, target, refused = map(pathlib.Path, sys.argv[1:])
collection = json.loads(source.read_text(encoding="utf-8"))
requests = {item["request"]["url"]["path"][-1]: item["request"] for folder in collection["item"] for item in folder["item"]}


def save(path, operation, bodies):
    request = requests[operation]
    items = [{"name": name, "request": {**request, "body": {**request["body"], "raw": body}}} for name, body in bodies.items()]
    path.write_text(json.dumps({**collection, "item": items}), encoding="utf-8")


save(target, "queryOrder", BODIES)
save(refused, "openPackage", {"an order that nobody placed": '{"order_id": "0"}'})
