// Ids are read from the text: JSON.parse rounds those that came as numbers.
const order = /"order_id"\s*:\s*"?([^",}\s]+)/.exec(pm.response.text());
if (order) pm.collectionVariables.set("order_id", order[1]);
const code = (/"(?:operateCode|code)"\s*:\s*"?([^",}\s]+)/.exec(pm.response.text()) || [])[1];
pm.test("accepted", () => pm.expect([undefined, "0000", "S", "0", "CB-00-0000"]).to.include(code));
