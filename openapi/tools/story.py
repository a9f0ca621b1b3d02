"""An order is placed and its answer lost, an order is refused, a year passes: told and seen over HTTP alone."""

import http.client
import json
import os
import urllib.error
import urllib.request

from linksfield.signing import Signer

URL = os.environ["LINKSFIELD_BASE_URL"]
SIM = "89852022018041800192"
ORDER = {
    "device_id": SIM, "package_code": "DP20190726001274", "package_name": "C_M_0_P", "package_type": "2",
    "order_period": "1", "pay_amount": "0", "pay_rst": "2", "is_open": "1", "global_order": "0",
    "test_flow_flag": "0", "test_flow": "0",
}  # fmt: skip
signer = Signer(os.environ["LINKSFIELD_ACCESS_CODE"], os.environ["LINKSFIELD_SECRET"])


def ask(method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"Content-Type": "application/json", **headers}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def call(path, **parameters):
    return ask("POST", path, signer.sign(parameters))


def control(method, path, body=None):
    return ask(method, "/_sandbox" + path, body)


control("PUT", "/clock", {"time": "2022-01-27T03:18:50Z"})
control("POST", "/faults", {"scenes": [
    {"fault": "drop-after-placing", "operation": "orderPackage"},
    {"reply": {"code": "1001", "message": "no credit"}, "operation": "orderPackage", "parameters": {"device_id": SIM}},
]})  # fmt: skip
try:
    raise SystemExit(f"the answer was to be lost: {call('/package/orderPackage', **ORDER)}")
except http.client.RemoteDisconnected:
    pass
listed = call("/package/queryOrder", page_no=1, page_size=10, device_id=SIM)["data"]
assert listed["page"]["total_count"] == 1, "it was placed all the same"
assert call("/package/orderPackage", **ORDER)["code"] == "1001"
assert control("GET", "/faults") == {"stories_left": 0}

assert control("POST", "/usage", {"device_id": SIM, "amount": 5}) == {"is_used": True}
assert call("/flow/queryDeviceFlowUsage", device_id=SIM)["data"]["order_used_flow"] == "5"
control("PUT", "/clock", {"time": "2023-01-27T03:18:50Z"})
assert call("/flow/queryDeviceFlowUsage", device_id=SIM)["code"] == "SANDBOX-NO-PLAN-IN-USE"

requests = control("GET", "/requests")["requests"]
assert [request["operation"] for request in requests] == [
    "orderPackage", "queryOrder", "orderPackage", "queryDeviceFlowUsage", "queryDeviceFlowUsage",
]  # fmt: skip
assert all(request["is_verified"] for request in requests) and requests[0]["status"] is None
assert requests[0]["parameters"] == ORDER

try:
    raise SystemExit(ask("GET", "/_sandbox/requests", Origin="http://evil.example"))
except urllib.error.HTTPError as error:
    assert error.code == 403, error
print("a story was told over HTTP: an order lost and found, one refused, data used, a year passed")
