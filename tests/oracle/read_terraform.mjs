// Reads a file of Terraform's language on stdin with HashiCorp's own parser and prints its blocks as
// JSON, for iam_e2e_test.py. The argument of jsonencode(...) takes the place of the call.

import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

globalThis.crypto ??= webcrypto; // Node 18 has none by that name
const { parse } = createRequire(import.meta.url)("@cdktf/hcl2json");

const CALL = /^\$\{jsonencode\((.*)\)\}$/s;

// The parser's JSON is Terraform's own, in which a `${` of a string is still written as `$${`.
function text(escaped) {
  return escaped.replace(/([$%])\1\{/g, "$1{");
}

function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "string") return text(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [text(name), plain(each)]));
}

async function resolve(value) {
  if (Array.isArray(value)) return Promise.all(value.map(resolve));
  if (typeof value === "string") {
    const call = CALL.exec(value);
    if (call === null) return value;
    return plain((await parse("argument.tf", "argument = " + call[1] + "\n")).argument);
  }
  const entries = Object.entries(value).map(async ([name, each]) => [name, await resolve(each)]);
  return Object.fromEntries(await Promise.all(entries));
}

try {
  const blocks = await resolve(await parse("input.tf", readFileSync(0, "utf8")));
  console.log(JSON.stringify(blocks));
  process.exit(0); // the parser never ends by itself
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
