// Holds the collections' test script, run by newman, against the table of outcomes: it accepts what is accepted, and nothing
// else. Usage: answers.mjs OPENAPI DIST
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import newman from "newman";

const [openapi, dist] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(`${openapi}/outcomes.json`, "utf8"))
  .filter(({ answer }) => answer && answer.status >= 200); // before that newman waits for another
// Beside the table's: what a script would take for success that looks for a code anywhere.
const OTHERS = [
  ["csss", "queryOrder", 200, '{"error":"not found"}'], ["csss", "queryOrder", 200, '{"success":false}'],
  ["csss", "queryOrder", 200, '{"data":{"code":"0000"}}'], ["csss", "queryOrder", 502, '{"code":"0000","data":{}}'],
  ["cube", "querySims", 200, '{"data":{"code":"0000"},"status":{"code":"CB-99-9400"}}'],
  ["mall", "singleVerify", 200, '{"error":"not found"}'], ["mall", "singleOrder", 200, '{"data":{"operateCode":"S"}}'],
  ["mall", "singleVerify", 200, '{"status":500,"path":"/"}'], ["mall", "singleVerify", 200, "[]"], ["mall", "singleVerify", 200, '"S"'],
  ["mall", "singleVerify", 200, '{"timestamp":1,"message":"no"}'], ["topup", "removeGroupSims", 200, '{"status":"404"}'],
];
cases.push(...OTHERS.map(([api, operation, status, body]) => ({ name: body, api, operation, answer: { status, body }, kind: "none" })));
// A script can't mend what is no JSON.
const expected = ({ kind, answer }) => kind === "accepted" && !answer.body.includes("C:\\d");

const server = createServer((request, response) => {
  const { status, body, bytes, content_type } = cases[Number(request.url.slice(1))].answer;
  response.writeHead(status, { "content-type": content_type ?? "application/json" });
  response.end(bytes ? Buffer.from(bytes, "hex") : body);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));

/** The name by which the collection of an API has an operation, and its test script. */
function found({ api, operation }) {
  const { item, event } = JSON.parse(readFileSync(`${dist}/${api}.postman_collection.json`, "utf8"));
  const { paths } = JSON.parse(readFileSync(`${dist}/${api}.json`, "utf8"));
  const { summary } = Object.values(paths).flatMap(Object.values).find(({ operationId }) => operationId === operation);
  if (!item.some((folder) => folder.item.some(({ name }) => name === summary))) throw new Error(`no request ${summary}`);
  return { name: summary, event: event.filter(({ listen }) => listen === "test") };
}

const item = cases.map((one, number) => ({ ...found(one), request: { url: `http://127.0.0.1:${server.address().port}/${number}` } }));
const options = { collection: { info: { name: "answers" }, item }, reporters: [], ignoreRedirects: true };
newman.run(options, (error, { run }) => {
  server.close();
  const wrong = run.executions.filter(({ assertions }, number) => !assertions?.length || assertions.some((one) => one.error) === expected(cases[number]));
  for (const { cursor, assertions } of wrong) console.error(cases[cursor.position].name, assertions?.[0]?.error?.message);
  console.log(`${run.executions.length} answers judged, ${wrong.length} wrong`);
  process.exit(error || wrong.length > 0 || run.executions.length !== cases.length ? 1 : 0);
});
