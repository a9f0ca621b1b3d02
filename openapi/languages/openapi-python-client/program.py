"""Makes an order that is accepted and a call that is refused, with the generated client."""

import os

from csss_client import Client
from csss_client.api.plan import open_package, order_package
from csss_client.models import OpenPackageRequest, OrderPackageRequest
from linksfield.signing import Signer
from terms import TERMS

client = Client(base_url=os.environ["LINKSFIELD_BASE_URL"])
signed = Signer(os.environ["LINKSFIELD_ACCESS_CODE"], os.environ["LINKSFIELD_SECRET"]).sign

ordered = order_package.sync(client=client, body=OrderPackageRequest.from_dict(signed(TERMS)))
assert ordered.code == "0000" and ordered.data.order_id
refused = open_package.sync(client=client, body=OpenPackageRequest(**signed({"order_id": "no such order"})))
assert refused.code != "0000" and refused.data is None
print("accepted 1")
