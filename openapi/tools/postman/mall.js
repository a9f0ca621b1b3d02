const isGet = pm.request.method === "GET", query = pm.request.url.query.filter((one) => !one.disabled && one.key !== "sign");
const asked = Object.fromEntries(query.map((one) => [one.key, resolved(one.value)]));
const body = { ...(isGet ? asked : read(resolved(pm.request.body.raw))), partnerCode: resolved("{{partner_code}}"), version: "3.0" };
delete body.sign;
if ("tradeTime" in body) body.tradeTime = String(Date.now());
const inPath = Object.fromEntries(pm.request.url.variables.map((one) => [one.key, resolved(one.value)]));
body.sign = crypto.MD5(content({ ...body, ...inPath })).toString();
if (isGet) pm.request.url.query.repopulate(Object.entries(body).map(([key, value]) => ({ key, value })));
else pm.request.body.update({ mode: "raw", raw: written(body) });
