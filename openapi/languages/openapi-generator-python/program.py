"""Orders a plan, starts, renews and queries it, with the generated client; and reads an answer without data."""

import os
import time

from linksfield.signing import Signer
from openapi_client import (
    ApiClient, Configuration, GlobalOrder, IsOpen, OpenPackageAnswer, OpenPackageRequest, OrderPackageRequest, PackageType, PaymentResult,
    PlanApi, QueryDeviceFlowUsageRequest, QueryOrderRequest, RenewPackageRequest, TestFlowFlag, UsageApi,
)

SIM = f"8985{time.time_ns() // 1000:016}"  # one that nobody used before

client = ApiClient(Configuration(host=os.environ["LINKSFIELD_BASE_URL"]))
plan, usage = PlanApi(client), UsageApi(client)
signed = Signer(os.environ["LINKSFIELD_ACCESS_CODE"], os.environ["LINKSFIELD_SECRET"]).sign


accepted = 0


def data(answer):
    """What an accepted answer carries."""
    global accepted
    if answer.code != "0000":
        raise SystemExit(f"refused with {answer.code}: {answer.message}")
    accepted += 1
    return answer.data


terms = {
    "device_id": SIM, "package_code": "DP20190726001274", "package_name": "C_M_0_P_中国20M不限速月套餐",
    "package_type": PackageType.Monthly, "order_period": "1", "pay_amount": "0", "pay_rst": PaymentResult.Paid,
    "is_open": IsOpen.StartLater, "global_order": GlobalOrder.NotHostNumber, "test_flow": "0", "test_flow_flag": TestFlowFlag.NoTestData,
}
order = data(plan.order_package(OrderPackageRequest(**signed(terms)))).order_id
started = data(plan.open_package(OpenPackageRequest(**signed({"order_id": order}))))
assert started.order_id == order and started.order_expire_date
renewed = data(plan.renew_package(RenewPackageRequest(**signed({"order_id": order, "renew_period": 1}))))
assert renewed.order_expire_date > started.order_expire_date
page = data(plan.query_order(QueryOrderRequest(**signed({"device_id": SIM, "page_no": 1, "page_size": 10}))))
assert [listed.order_code for listed in page.package_order] == [order]
used = data(usage.query_device_flow_usage(QueryDeviceFlowUsageRequest(**signed({"device_id": SIM}))))
assert used.order_code == order
refused = plan.open_package(OpenPackageRequest(**signed({"order_id": "no such order"})))
assert refused.code != "0000" and refused.data is None
envelope = {"code": "0000", "message": "", "success": True}
assert OpenPackageAnswer.from_dict({**envelope, "data": {"order_id": "1"}}).data.order_id == "1"
assert OpenPackageAnswer.from_dict({**envelope, "data": {}}).data.order_id is None
assert OpenPackageAnswer.from_dict({**envelope, "data": None}).data is None
assert OpenPackageAnswer.from_dict(envelope).data is None
print(f"accepted {accepted}")
