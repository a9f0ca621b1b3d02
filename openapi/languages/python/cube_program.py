"""Signs every vector of the Cube API, and calls the sandbox with the generated client."""

import json
import os
import pathlib
import sys

from cube import ApiClient, Configuration, SIMApi, SMSApi, SendSmsRequest, SmsMessage
from linksfield_cube import CubeSigner, signed
from linksfield_signing import content

SIM = "89852202209089971478"

file = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
for vector in file["vectors"]:
    signer = CubeSigner(vector["key_id"], file["private_key"])
    body = json.loads(vector["body"]) if vector["body"] else None
    stamp = (vector["timestamp"], str(vector["nonce"]))
    assert content(signed(vector["url"], body, *stamp)) == vector["content"], vector["name"]
    assert signer.headers(vector["url"], body, *stamp) == vector["headers"], vector["name"]


class Signed(ApiClient):
    """The generated client, which signs each request on its way."""

    signer = CubeSigner("sandbox", file["private_key"])

    def call_api(self, method, url, header_params=None, body=None, *others, **named):
        header_params = {**(header_params or {}), **self.signer.headers(url, body)}
        return super().call_api(method, url, header_params, body, *others, **named)


client = Signed(Configuration(host=os.environ["LINKSFIELD_BASE_URL"] + "/cube/v4"))
sims, sms = SIMApi(client), SMSApi(client)
unsigned = {"timestamp": "", "nonce": 0}  # filled in by the signer
accepted = 0


def data(answer):
    global accepted
    if answer.status.code != "CB-00-0000":
        raise SystemExit(f"refused with {answer.status.code}: {answer.status.message}")
    accepted += 1
    return answer.data


assert len(data(sims.query_sims(**unsigned, page_size=5))) == 5
assert data(sims.query_sim(**unsigned, sim_id=SIM)).status == 10
data(sims.activate_sim(**unsigned, sim_id=SIM, request_body={}))
message = SmsMessage(type=1, content="你好 / ok")
assert data(sms.send_sms(**unsigned, send_sms_request=SendSmsRequest(sim_ids=[SIM], message=message))).job_id
assert data(sms.list_sent_sms(**unsigned, sim_id=SIM))[0].content.message == "你好 / ok"
print(f"cube vectors {len(file['vectors'])}, accepted {accepted}")
