// Reads JSON without rounding. `JSON.parse` makes 8985220220908997147 of 89852202209089971478, and says nothing.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What the text is not, or where it ends too early. */
export class JsonError extends Error {}

const TOKEN = /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;
const MOST_DEPTH = 512;

/**
 * Reads a JSON text. A number that would be rounded, and one in a field of `texts`, is the text of its digits. A key that
 * is there twice is an error.
 */
export function readJson(text: string, texts: ReadonlySet<string> = new Set()): Json {
  const token = new RegExp(TOKEN);
  const fail = (): never => {
    throw new JsonError(`it is no JSON at character ${token.lastIndex}`);
  };
  const next = () => token.exec(text) ?? fail();
  const value = ([, sign, string, number, word]: RegExpExecArray, field: string, depth: number): Json => {
    if (depth > MOST_DEPTH) return fail();
    if (string) return JSON.parse(string);
    if (number) return texts.has(field) || isRounded(number) ? number : Number(number);
    if (word) return JSON.parse(word);
    return sign === "{" ? object(depth) : sign === "[" ? list(field, depth) : fail();
  };
  const list = (field: string, depth: number): Json[] => {
    const items: Json[] = [];
    for (let item = next(); items.length > 0 || item[1] !== "]"; item = next()) {
      items.push(value(item, field, depth + 1));
      const [, end] = next();
      if (end === "]") break;
      if (end !== ",") fail();
    }
    return items;
  };
  const object = (depth: number): { [name: string]: Json } => {
    const fields = new Map<string, Json>();
    for (let key = next(); fields.size > 0 || key[1] !== "}"; key = next()) {
      if (!key[2] || next()[1] !== ":") return fail();
      const name: string = JSON.parse(key[2]);
      if (fields.has(name)) throw new JsonError("a key is there twice");
      fields.set(name, value(next(), name, depth + 1));
      const [, end] = next();
      if (end === "}") break;
      if (end !== ",") fail();
    }
    return Object.fromEntries(fields);
  };
  try {
    const read = value(next(), "", 0);
    return text.slice(token.lastIndex).trim() === "" ? read : fail();
  } catch (error) {
    throw error instanceof JsonError ? error : new JsonError("it is no JSON");
  }
}

/** Whether a number has digits that a double can't hold. */
function isRounded(number: string): boolean {
  const [digits = ""] = number.replace(/^-/, "").split(/[eE]/);
  const significant = digits.replace(".", "").replace(/^0+/, "");
  return significant.length > 15 && !(Number.isSafeInteger(Number(number)) && String(Number(number)) === number);
}
