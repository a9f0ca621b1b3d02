"""Signs every vector, and reads an answer whose data is an object, null and missing."""

import json
import pathlib
import sys

from linksfield_signing import Signer, content
from openapi_client import OpenPackageAnswer

vectors = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
checked = 0
for vector in vectors:
    checked += 1
    signer = Signer(vector["access_code"], vector["secret"])
    try:
        body = signer.sign(vector["parameters"], vector["timestamp"])
    except ValueError as error:
        assert str(error) == vector.get("error"), vector["name"]
        continue
    sign = body.pop("sign")
    assert (content(body), sign) == (vector["content"], vector["sign"]), vector["name"]

answer = {"code": "0000", "message": "", "success": True}
assert OpenPackageAnswer.from_dict({**answer, "data": {"order_id": "1"}}).data.order_id == "1"
assert OpenPackageAnswer.from_dict({**answer, "data": {}}).data.order_id is None
assert OpenPackageAnswer.from_dict({**answer, "data": None}).data is None
assert OpenPackageAnswer.from_dict(answer).data is None
print(f"vectors {checked}/{len(vectors)}")
