// Orders a plan, starts, renews and queries it, with a client whose types are generated; and reads an answer without data.
import { strict as assert } from "node:assert";
import createClient from "openapi-fetch";
import { GlobalOrder, IsOpen, PackageType, PaymentResult, TestFlowFlag, type components, type paths } from "./csss";
import { signer } from "./signing";

// One that nobody used before.
const SIM = `8985${String(Date.now()).padStart(16, "0")}`;

const client = createClient<paths>({ baseUrl: process.env.LINKSFIELD_BASE_URL });
const signed = signer(process.env.LINKSFIELD_ACCESS_CODE ?? "", process.env.LINKSFIELD_SECRET ?? "");

let accepted = 0;

/** What an accepted answer carries. */
function data<D>(result: { data?: { code: string; message: string; data?: D | null } }): D {
  const answer = result.data;
  if (answer?.code !== "0000" || !answer.data) throw new Error(`refused with ${answer?.code}: ${answer?.message}`);
  accepted += 1;
  return answer.data;
}

async function main() {
  const terms = {
    device_id: SIM, package_code: "DP20190726001274", package_name: "C_M_0_P_中国20M不限速月套餐",
    package_type: PackageType.Monthly, order_period: "1", pay_amount: "0", pay_rst: PaymentResult.Paid,
    is_open: IsOpen.StartLater, global_order: GlobalOrder.NotHostNumber, test_flow: "0", test_flow_flag: TestFlowFlag.NoTestData,
  };
  const { order_id = "" } = data(await client.POST("/package/orderPackage", { body: signed(terms) }));
  const started = data(await client.POST("/package/openPackage", { body: signed({ order_id }) }));
  assert(started.order_id === order_id && started.order_expire_date);
  const renewal = signed({ order_id, renew_period: 1 });
  const renewed = data(await client.POST("/package/renewPackage", { body: renewal }));
  assert(renewed.order_expire_date && renewed.order_expire_date > started.order_expire_date);
  const query = signed({ device_id: SIM, page_no: 1, page_size: 10 });
  const page = data(await client.POST("/package/queryOrder", { body: query }));
  assert.deepEqual(page.package_order?.map((listed) => listed.orderCode), [order_id]);
  const used = data(await client.POST("/flow/queryDeviceFlowUsage", { body: signed({ device_id: SIM }) }));
  assert.equal(used.order_code, order_id);
  const refused = await client.POST("/package/openPackage", { body: signed({ order_id: "no such order" }) });
  assert(refused.data?.code !== "0000" && !refused.data?.data);
  console.log(`accepted ${accepted}`);
}

const envelope = { code: "0000", message: "", success: true };
const answers: components["schemas"]["OpenPackageAnswer"][] = [
  { ...envelope, data: { order_id: "1" } },
  { ...envelope, data: {} },
  { ...envelope, data: null },
  envelope,
];
assert.deepEqual(answers.map(({ data }) => data?.order_id), ["1", undefined, undefined, undefined]);

main();
