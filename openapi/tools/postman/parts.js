// Variables and comments are resolved here, once: what is signed is what is sent. Numbers keep their digits.
const crypto = require("crypto-js");
const bytes = (key) => unescape(encodeURIComponent(key));
const sorted = (object) => Object.keys(object).sort((a, b) => (bytes(a) < bytes(b) ? -1 : 1));
const written = (value) => Array.isArray(value) ? `[${value.map(written)}]`
  : value && typeof value === "object" ? `{${sorted(value).map((key) => `${JSON.stringify(key)}:${written(value[key])}`)}}`
  : /^\u0001/.test(value) ? value.slice(1) : JSON.stringify(value);
const isEmpty = (value) => value === null || value === "" || (typeof value === "object" && !Object.keys(value).length);
const content = (all) => written(Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value))));
const read = (text) => JSON.parse(text
  .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string) => string || "")
  .replace(/("(?:[^"\\]|\\.)*")|-?\d[\d.eE+-]*/g, (number, string) => string || `"\\u0001${number}"`));
const resolved = (text) => pm.variables.replaceIn(text || "");
