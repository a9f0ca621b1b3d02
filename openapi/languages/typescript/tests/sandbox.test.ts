// A plan is ordered, started, renewed and queried in the sandbox, also if others used it before.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as csss from "linksfield/csss";
import * as cube from "linksfield/cube";
import * as mall from "linksfield/mall";

const { LINKSFIELD_BASE_URL: url = "", LINKSFIELD_ACCESS_CODE: accessCode = "", LINKSFIELD_SECRET: secret = "" } = process.env;
const SIM = "89852022018041800192";

// Requests can be built before there is a client.
const MONTH: csss.OrderPackageRequest = {
  device_id: SIM,
  package_code: "DP20190726001274",
  package_name: "C_M_0_P_中国20M不限速月套餐",
  package_type: csss.PackageType.Monthly,
  order_period: "1",
  pay_amount: "0",
  pay_rst: csss.PaymentResult.Paid,
  is_open: csss.IsOpen.StartLater,
  global_order: csss.GlobalOrder.NotHostNumber,
  test_flow: "0",
  test_flow_flag: csss.TestFlowFlag.NoTestData,
};

test("CSSS", async () => {
  const client = new csss.Client({ accessCode, secret, baseUrl: url });
  const { order_id = "" } = await client.orderPackage(MONTH);
  const started = await client.openPackage({ order_id });
  assert(order_id && started.order_id === order_id && started.order_expire_date);
  const renewed = await client.renewPackage({ order_id, renew_period: 1 });
  assert(renewed.order_expire_date && renewed.order_expire_date > started.order_expire_date);
  const page = await client.queryOrder({ device_id: SIM, page_no: 1, page_size: 100 });
  assert(page.package_order?.some(({ orderCode }) => orderCode === order_id));
  assert((await client.queryDeviceFlowUsage({ device_id: SIM })).order_code);
  const refused = { kind: "refused", outcomeUnknown: false };
  await assert.rejects(client.openPackage({ order_id: "no such order" }), refused);
});

test("Cube", async () => {
  const privateKey = JSON.parse(readFileSync(`${process.env.LINKSFIELD_OPENAPI}/cube-signing-vectors.json`, "utf8")).private_key;
  const client = new cube.Client({ keyId: "sandbox", privateKey, baseUrl: `${url}/cube/v4` });
  const sims = await client.querySims({ page_size: 5 });
  assert.equal(sims.length, 5);
  const sim_id = sims[0]?.sim_id ?? "";
  assert.equal((await client.querySim({ sim_id })).sim_id, sim_id);
  assert(Array.isArray(await client.querySimBundles({ sim_id, status: [1, 2] })));
  const sent = await client.sendSms({ sim_ids: [sim_id], message: { type: 1, content: "你好 / ok" } });
  assert(sent.job_id);
  await assert.rejects(client.querySim({ sim_id: "no such SIM" }), { kind: "refused" });
});

test("Mall", async () => {
  const client = (partnerCode: string) => new mall.Client({ partnerCode, baseUrl: `${url}/mall-api` });
  const request = { deviceCode: "0", languageCode: "1", mark: "0", terminal: "0", tradeType: "singleQueryOrder" };
  assert.deepEqual((await client(accessCode).singleQueryOrder(request)).orderList, []);
  const refused = { kind: "refused", outcomeUnknown: false };
  await assert.rejects(client("somebody else").singleQueryOrder(request), refused);
});
