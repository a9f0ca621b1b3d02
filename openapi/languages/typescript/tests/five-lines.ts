import { Client } from "linksfield/csss";

const client = new Client({ accessCode: "SANDBOX", secret: "sandbox-secret", baseUrl: process.env.LINKSFIELD_BASE_URL ?? "" });
const page = await client.queryOrder({ page_no: 1, page_size: 10 });
console.log("orders:", page.package_order_num, page.package_order?.map((order) => order.orderStatus));
