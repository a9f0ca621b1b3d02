// Looks at the references in Chromium: at three widths, light, dark and printed; axe must find nothing, the console stay
// silent, nothing stick out; search and "copy as curl" must work. Runs where the tools are installed.
// Usage: node reference.mjs URL FOLDER, which gets a picture of each look
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(`${process.cwd()}/`);
const { default: puppeteer } = await import(pathToFileURL(resolve("puppeteer-core")));
const [url, folder] = process.argv.slice(2);
const roots = ["", "/cube/v4", "/mall-api", "/payment-api", "/topup-api", "/esim-qr-api", "/notifications"];
const faults = [];

const browser = await puppeteer.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
await browser.defaultBrowserContext().overridePermissions(url, ["clipboard-write", "clipboard-sanitized-write", "clipboard-read"]);
let looks = 0;
for (const root of roots) {
  const page = await browser.newPage();
  page.on("console", (message) => faults.push(`${root}: the console says ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`${root}: ${error.message}`));
  for (const width of [390, 800, 1300]) {
    for (const scheme of ["light", "dark"]) {
      const look = `${root || "csss"} at ${width}, ${scheme}`;
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await page.goto(`${url}${root}/docs`);
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      await page.addScriptTag({ path: resolve("axe-core/axe.min.js") });
      const { violations } = await page.evaluate(() => window.axe.run());
      for (const { id, nodes } of violations) {
        faults.push(`${look}: ${id}: ${nodes.length} times, first ${nodes[0].html.slice(0, 160)}`);
      }
      const [stickOut, title, navigation] = await page.evaluate(() => [
        document.documentElement.scrollWidth - window.innerWidth,
        document.querySelector("h1").getBoundingClientRect().top,
        document.querySelector("nav").getBoundingClientRect().top,
      ]);
      if (stickOut > 0) faults.push(`${look}: sticks out by ${stickOut} pixels`);
      if (width === 390 && title > navigation) faults.push(`${look}: does not begin with its title`);
      await page.screenshot({ path: `${folder}/${look.replaceAll(/[^a-z0-9]+/g, "-")}.png` });
      looks += 1;
    }
  }
  const sections = () => page.$$eval("main section", (all) => all.filter((one) => !one.hidden).length);
  const all = await sections();
  await page.type("#search", "nothing has these words");
  if ((await sections()) !== 0) faults.push(`${root}: search hides nothing`);
  await page.$eval("#search", (search) => { search.value = ""; search.dispatchEvent(new Event("input")); });
  if ((await sections()) !== all || all === 0) faults.push(`${root}: search does not show all again`);
  if (root !== "/notifications") {
    await page.click("section button");
    await page.waitForFunction(() => document.querySelector("section output").textContent.length > 0);
    const said = await page.$eval("section output", (output) => output.textContent);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    if (!copied.startsWith("curl --request") || said !== `Copied:${copied}`) faults.push(`${root}: copied ${copied}, said ${said}`);
  }
  await page.emulateMediaType("print");
  if (await page.$eval("nav", (nav) => nav.checkVisibility())) faults.push(`${root}: prints its navigation`);
  await page.pdf({ path: `${folder}/${root.replaceAll("/", "") || "csss"}.pdf` });
  await page.close();
}
await browser.close();
console.log(`${looks} looks, ${faults.length} faults`);
faults.forEach((fault) => console.log(fault));
process.exitCode = faults.length === 0 ? 0 : 1;
