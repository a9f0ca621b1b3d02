"""Calls the sandbox's Cube API with the generated client."""

import json
import os
import pathlib
import sys
import time

from cube import ApiClient, Configuration, SIMApi, SMSApi, SendSmsRequest, SmsMessage
from linksfield.signing import CubeSigner

SIM = f"8985{time.time_ns() // 1000:016}"  # one that nobody used before

file = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))


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
print(f"cube accepted {accepted}")
