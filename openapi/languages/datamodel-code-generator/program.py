"""Makes an order that is accepted and a call that is refused, with the generated models."""

import os
import urllib.request

from csss import OpenPackageAnswer, OpenPackageRequest, OrderPackageAnswer, OrderPackageRequest
from linksfield.signing import Signer
from terms import TERMS

signed = Signer(os.environ["LINKSFIELD_ACCESS_CODE"], os.environ["LINKSFIELD_SECRET"]).sign


def call(path, request, answer):
    body = request.model_dump_json(exclude_unset=True).encode()
    headers = {"Content-Type": "application/json"}
    sent = urllib.request.Request(os.environ["LINKSFIELD_BASE_URL"] + path, body, headers)
    return answer.model_validate_json(urllib.request.urlopen(sent).read())


ordered = call("/package/orderPackage", OrderPackageRequest(**signed(TERMS)), OrderPackageAnswer)
assert ordered.code == "0000" and ordered.data.order_id
order = OpenPackageRequest(**signed({"order_id": "no such order"}))
refused = call("/package/openPackage", order, OpenPackageAnswer)
assert refused.code != "0000" and refused.data is None
print("accepted 1")
