"""A plan is ordered, started, renewed and queried in the sandbox, also if others used it before."""

import json
import os
import pathlib
import unittest

from linksfield import Error, csss, cube, mall

URL = os.environ["LINKSFIELD_BASE_URL"]
OPENAPI = pathlib.Path(os.environ["LINKSFIELD_OPENAPI"])
SIM = "89852022018041800192"

# Models can be built before there is a client.
MONTH = csss.OrderPackageRequest(
    device_id=SIM,
    package_code="DP20190726001274",
    package_name="C_M_0_P_中国20M不限速月套餐",
    package_type=csss.PackageType.Monthly,
    order_period="1",
    pay_amount="0",
    pay_rst=csss.PaymentResult.Paid,
    is_open=csss.IsOpen.StartLater,
    global_order=csss.GlobalOrder.NotHostNumber,
    test_flow="0",
    test_flow_flag=csss.TestFlowFlag.NoTestData,
)


class Sandbox(unittest.TestCase):
    def test_csss(self):
        client = csss.Client(os.environ["LINKSFIELD_ACCESS_CODE"], os.environ["LINKSFIELD_SECRET"], URL)
        order = client.order_package(MONTH).order_id
        self.assertTrue(order)
        started = client.open_package(csss.OpenPackageRequest(order_id=order))
        self.assertEqual(started.order_id, order)
        renewed = client.renew_package(csss.RenewPackageRequest(order_id=order, renew_period=1))
        self.assertGreater(renewed.order_expire_date, started.order_expire_date)
        page = client.query_order(csss.QueryOrderRequest(device_id=SIM, page_no=1, page_size=100))
        self.assertIn(order, [listed.orderCode for listed in page.package_order])
        self.assertTrue(client.query_device_flow_usage(csss.QueryDeviceFlowUsageRequest(device_id=SIM)).order_code)
        with self.assertRaises(Error) as refused:
            client.open_package(csss.OpenPackageRequest(order_id="no such order"))
        self.assertEqual((refused.exception.kind, refused.exception.outcome_unknown), ("refused", False))
        self.assertTrue(refused.exception.code)

    def test_cube(self):
        key = json.loads((OPENAPI / "cube-signing-vectors.json").read_text())["private_key"]
        client = cube.Client("sandbox", key, URL + "/cube/v4")
        sims = client.query_sims(cube.QuerySimsRequest(page_size=5))
        self.assertEqual(len(sims), 5)
        sim = sims[0].sim_id
        self.assertEqual(client.query_sim(cube.QuerySimRequest(sim_id=sim)).sim_id, sim)
        bundles = client.call(cube.OPERATIONS["querySimBundles"], {"sim_id": sim, "status": [1, 2]})
        self.assertIsInstance(bundles.data, list)
        message = cube.SmsMessage(type=1, content="你好 / ok")
        self.assertTrue(client.send_sms(cube.SendSmsRequest(sim_ids=[sim], message=message)).job_id)
        with self.assertRaises(Error) as refused:
            client.query_sim(cube.QuerySimRequest(sim_id="no such SIM"))
        self.assertEqual(refused.exception.kind, "refused")

    def test_mall(self):
        request = mall.SingleQueryOrderRequest(
            deviceCode="0", languageCode="1", mark="0", terminal="0", tradeType="singleQueryOrder"
        )
        client = mall.Client(os.environ["LINKSFIELD_ACCESS_CODE"], URL + "/mall-api")
        self.assertEqual(client.single_query_order(request).orderList, [])
        with self.assertRaises(Error) as refused:
            mall.Client("somebody else", URL + "/mall-api").single_query_order(request)
        self.assertEqual((refused.exception.kind, refused.exception.outcome_unknown), ("refused", False))


if __name__ == "__main__":
    unittest.main()
