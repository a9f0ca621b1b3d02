// An answer is accepted by the one code of success, at its place and under HTTP 2xx; of the Mall, where an answer has no
// code, by a documented field. A success of which an order is documented must name it, in the data itself.
const plain = (value) => typeof value === "string" ? value.replace(/^\u0001/, "") : value;
const says = (value) => ![undefined, null, false, "", "null"].includes(plain(value)) && JSON.stringify(value).length > 2;
const named = (value, names) => value && typeof value === "object" ? Object.entries(value).map(([name, field]) =>
  names.includes(name) && says(field) ? plain(field) : named(field, names)).find((found) => found !== undefined) : undefined;
const has = (value, names) => names.some((name) => says((value || {})[name]));
// Where nothing is documented of an answer: an object that looks like no error, also an empty one.
const isOdd = (fields) => !fields || typeof fields !== "object" || Array.isArray(fields) || Number(plain(fields.status)) >= 400 ||
  ["error", "code", "message"].some((name) => name in fields);
pm.test("accepted", () => {
  pm.expect(pm.response.code).to.be.within(200, 299);
  const answer = read(pm.response.text());
  const code = API.place.split(".").reduce((part, name) => (part || {})[name], answer);
  const [fields, orders] = [API.fields, API.orders].map((of) => of[pm.info.requestName]);
  pm.expect([undefined, null, true, "true"]).to.include(plain(answer.success));
  if (code === undefined && fields) pm.expect(fields.length ? named(answer, fields) : !isOdd(answer)).to.be.ok;
  else pm.expect(plain(code)).to.equal(API.success);
  const data = says(answer.data) ? answer.data : answer;
  if (orders) pm.expect(has(data, orders)).to.be.ok;
  // What is asked about next.
  for (const name of ["order_id", "orderNo", "payId"]) {
    const id = named(data, [name]);
    if (id) pm.collectionVariables.set(name, String(id));
  }
});
