"""Makes a call that is accepted and one that is refused, with the generated client."""

import os

from csss_client import Client
from csss_client.api.plan import open_package
from csss_client.api.sim import sync_asset_info
from csss_client.models import OpenPackageRequest, SyncAssetInfoRequest
from linksfield.signing import Signer

client = Client(base_url=os.environ["LINKSFIELD_BASE_URL"])
signed = Signer(os.environ["LINKSFIELD_ACCESS_CODE"], os.environ["LINKSFIELD_SECRET"]).sign

listed = sync_asset_info.sync(client=client, body=SyncAssetInfoRequest(**signed({})))
assert listed.code == "0000" and listed.data == []
refused = open_package.sync(client=client, body=OpenPackageRequest(**signed({"order_id": "no such order"})))
assert refused.code != "0000" and refused.data is None
print("accepted 1")
