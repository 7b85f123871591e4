// Builds dist/report.html: one file with style and script in it, and a place for the data.

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const PLACEHOLDER = '__SPARKIFY_REPORT_DATA__';
const BYTES_MAX = 600_000;

async function bundle(entry) {
  const result = await build({
    absWorkingDir: HERE, entryPoints: [entry], bundle: true, write: false, metafile: true,
    minify: true, format: 'iife', target: ['chrome111', 'firefox113', 'safari16.4'],
    charset: 'ascii', legalComments: 'none', outdir: 'dist',
  });
  return { text: result.outputFiles[0].text.trim(), inputs: Object.keys(result.metafile.inputs) };
}

/** The licences of the packages that went in; equal texts once, with all their names. */
async function licences(inputs) {
  const folders = new Set(inputs
    .map((input) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1])
    .filter((folder) => folder !== undefined));
  const texts = new Map();
  for (const folder of [...folders].sort()) {
    const at = path.join(HERE, folder);
    const file = (await readdir(at)).find((name) => /^licen[cs]e/i.test(name));
    if (file === undefined) throw new Error(`${folder} has no licence file`);
    const text = (await readFile(path.join(at, file), 'utf8')).trim();
    texts.set(text, [...(texts.get(text) ?? []), folder.replace('node_modules/', '')]);
  }
  return [...texts].map(([text, names]) => `${names.join(', ')}:\n${text}`).join('\n\n');
}

function hash(text) {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}

function policyOf(style, script) {
  return [
    "default-src 'none'", `script-src ${hash(script)}`, `style-src ${hash(style)}`,
    // The program's server makes 'self' of the connection's 'none'.
    'img-src blob: data:', "connect-src 'none'", "base-uri 'none'", "form-action 'none'",
  ].join('; ');
}

function check(html) {
  const places = html.split(PLACEHOLDER).length - 1;
  if (places !== 1) throw new Error(`the page has ${places} places for its data instead of 1`);
  const bytes = Buffer.byteLength(html);
  if (bytes > BYTES_MAX) throw new Error(`the page has ${bytes} bytes, more than ${BYTES_MAX}`);
  return bytes;
}

async function main() {
  const script = await bundle('src/main.js');
  const style = await bundle('src/page.css');
  if (/<\/(script|style)/i.test(script.text + style.text)) throw new Error('a tag would end early');
  const notice = (await licences(script.inputs)).replaceAll('--', '- -');
  const template = await readFile(path.join(HERE, 'src/page.html'), 'utf8');
  const parts = {
    policy: policyOf(style.text, script.text), style: style.text, script: script.text, data: PLACEHOLDER,
  };
  const page = template.trim().replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
  const html = `${page}\n<!-- Contains these packages:\n\n${notice}\n-->\n`;
  const bytes = check(html);
  await mkdir(path.join(HERE, 'dist'), { recursive: true });
  await writeFile(path.join(HERE, 'dist/report.html'), html);
  console.log(`dist/report.html: ${bytes} bytes`);
}

await main();
