// Builds web/static: the style sheets, script, fonts, icons and licence texts that the program embeds.
// Run by `make assets` after `npm ci --ignore-scripts`. What comes out must work under the page policy (own origin only,
// no data: URL) and in browsers without oklch() and color-mix(), and must stay inside the budgets below.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as sass from "sass";
import { hexOfOklch, mixOklch, rgbOfOklch } from "./color.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const out = join(here, "..", "static");

// Largest size of each file, gzipped, in bytes. Reason: a public page is at most 100 KB cold.
const budgets = { "kern.css": 15_000, "site.css": 9_000, "rtl.css": 1_000, "app.js": 10_000, "map.js": 4_000, "leaflet.css": 4_000, "leaflet.js": 45_000 };

const read = (...path) => readFileSync(join(...path), "utf8");
const minify = (css) => sass.compileString(css, { syntax: "css", style: "compressed" }).css;

// ---- style of KERN ----

function kern() {
  const compiled = sass.compile(join(here, "kern.scss"), {
    loadPaths: [modules],
    style: "expanded",
    logger: sass.Logger.silent, // deprecations inside KERN; an error still throws
  }).css;
  return minify(logical(withoutMasks(lowerColors(compiled))));
}

// lowerColors replaces every color that older browsers do not know. Values are replaced, not doubled: a custom property
// takes any text, so an old browser would keep the second, unusable one.
function lowerColors(css) {
  const primitives = tokens(css);
  const blocks = /([^{}]*)\{([^{}]*)\}/g; // innermost blocks: each theme stands in one
  return css
    .replace(blocks, (block, selector, body) => {
      const theme = new Map([...primitives, ...tokens(body)]);
      return `${selector}{${body.replace(/color-mix\(in oklch, (.*)\);/g, (_, args) => mixed(args, theme) + ";")}}`;
    })
    .replace(/(--kern-shadow-color:)\s*([^;]+);/g, (_, name, value) => `${name} ${rgbOfOklch(value).join(" ")};`)
    .replaceAll("oklch(var(--kern-shadow-color) /", "rgb(var(--kern-shadow-color) /")
    .replace(/oklch\(([\d.%\s]+)\)/g, (_, value) => hexOfOklch(value));
}

// tokens are the custom properties declared in a piece of css; where one is declared twice the first counts.
function tokens(css) {
  const found = new Map();
  for (const [, name, value] of css.matchAll(/(--[\w-]+):\s*([^;]+);/g)) {
    if (!found.has(name)) found.set(name, value);
  }
  return found;
}

// mixed computes "A, B 8%" or "A 72%, transparent" with the tokens of one theme.
function mixed(args, theme) {
  const plain = resolved(args, theme).replace(/calc\(([\d.]+)%? ([-*]) ([\d.]+)%?\)/g, (_, a, sign, b) =>
    sign === "-" ? `${a - b}%` : `${a * b}%`,
  );
  const parts = plain.match(/^(oklch\([^)]*\)|\w+)\s*([\d.]+%)?,\s*(oklch\([^)]*\)|\w+)\s*([\d.]+%)?$/);
  if (!parts) throw new Error(`cannot mix "${args}" = "${plain}"`);
  const [, a, ofA, b, ofB] = parts;
  return mixOklch(a, b, ofB ? parseFloat(ofB) / 100 : 1 - parseFloat(ofA) / 100);
}

function resolved(value, theme) {
  for (let depth = 0; depth < 10 && value.includes("var("); depth++) {
    value = value.replace(/var\((--[\w-]+)\)/g, (_, name) => {
      if (!theme.has(name)) throw new Error(`unknown token ${name}`);
      return theme.get(name);
    });
  }
  return value;
}

// withoutMasks draws the arrows of select and accordion as a clipped shape instead of a data: URL.
function withoutMasks(css) {
  const shapes = {
    down: "polygon(12% 30%, 50% 68%, 88% 30%, 96% 38%, 50% 84%, 4% 38%)",
    up: "polygon(12% 70%, 50% 32%, 88% 70%, 96% 62%, 50% 16%, 4% 62%)",
  };
  return css
    .replace(/\s*-webkit-mask: url\("data:[^"]*"\)[^;]*;/g, "")
    .replace(/mask: url\("data:([^"]*)"\)[^;]*;/g, (_, svg) => `clip-path: ${svg.includes("M480-528") ? shapes.up : shapes.down};`)
    .replace(/\s*(-webkit-)?mask-(size|repeat|position): [^;]*;/g, "");
}

// logical makes the layout follow the direction of writing.
function logical(css) {
  const sides = { left: "inline-start", right: "inline-end" };
  return css
    .replace(/(?<=[\s{;])(margin|padding|border)-(left|right)(?=[:-])/g, (_, what, side) => `${what}-${sides[side]}`)
    .replace(/(?<=[\s{;])(left|right):/g, (_, side) => `inset-${sides[side]}:`)
    .replace(/(?<=[\s{;])(text-align|float|clear): (left|right);/g, (_, what, side) =>
      `${what}: ${(what === "text-align" ? "" : "inline-") + (side === "left" ? "start" : "end")};`,
    );
}

// withoutImages leaves out what names files that are not used here.
const withoutImages = (css) => css.replace(/[^{}]*\{[^{}]*url\([^{}]*\}/g, "");

// ---- own files ----

const files = new Map(); // logical name → content

files.set("kern.css", kern());
files.set("rtl.css", minify(read(here, "rtl.css")));
files.set("app.js", read(here, "app.js"));
files.set("map.js", read(here, "map.js"));
files.set("leaflet.js", read(modules, "leaflet/dist/leaflet.js").replace(/\n\/\/# sourceMappingURL=.*/, ""));
files.set("leaflet.css", minify(withoutImages(read(modules, "leaflet/dist/leaflet.css"))));
files.set("BSD-2-Clause.txt", read(modules, "leaflet/LICENSE"));
for (const weight of [400, 600]) {
  files.set(`fira-sans-${weight}.woff2`, readFileSync(join(modules, `@fontsource/fira-sans/files/fira-sans-latin-${weight}-normal.woff2`)));
}
files.set("EUPL-1.2.txt", read(modules, "@kern-ux/native/LICENSE.md"));
files.set("OFL-1.1.txt", read(modules, "@fontsource/fira-sans/LICENSE"));
files.set("icon.svg", read(here, "icons", "seestern.svg").replaceAll("currentColor", "#d4532d"));

// The names of the fonts must be known before the style sheet that names them is hashed.
const hashed = (name, content) =>
  `${name.slice(0, -extname(name).length)}.${createHash("sha256").update(content).digest("hex").slice(0, 10)}${extname(name)}`;
const site = sass.compile(join(here, "site.scss")).css + `@media print{${read(here, "print.css")}}`;
files.set("site.css", minify(site.replace(/url\("([\w.-]+)"\)/g, (_, name) => `url("${hashed(name, files.get(name))}")`)));

// ---- checks and output ----

const problems = [];
for (const [name, content] of files) {
  if (!name.endsWith(".css")) continue;
  for (const [what, pattern] of Object.entries({ "oklch(": /oklch\(/, "color-mix(": /color-mix\(/, "data:": /data:/, "@import": /@import/, "a foreign url()": /url\(["']?\s*([a-z]+:|\/\/)/i })) {
    if (pattern.test(content)) problems.push(`${name} contains ${what}`);
  }
}

mkdirSync(out, { recursive: true });
const manifest = {};
for (const [name, content] of files) {
  const bytes = Buffer.from(content);
  const zipped = gzipSync(bytes, { level: 9 });
  const file = hashed(name, content);
  writeFileSync(join(out, file), bytes);
  if (extname(name) !== ".woff2") writeFileSync(join(out, file + ".gz"), zipped); // fonts are compressed already
  manifest[name] = { file, size: bytes.length, gzip: extname(name) === ".woff2" ? bytes.length : zipped.length };
  if (zipped.length > (budgets[name] ?? Infinity)) problems.push(`${name} has ${zipped.length} bytes gzipped, budget ${budgets[name]}`);
}
const css = manifest["kern.css"].gzip + manifest["site.css"].gzip;
if (css > 24_000) problems.push(`style sheets have ${css} bytes gzipped together, budget 24000`);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");
const current = new Set(["README", "manifest.json", ...Object.values(manifest).flatMap(({ file }) => [file, file + ".gz"])]);
for (const name of readdirSync(out)) if (!current.has(name)) rmSync(join(out, name)); // last, so that a build beside it finds all files
for (const [name, { file, size, gzip }] of Object.entries(manifest)) console.log(`${name.padEnd(22)} ${String(size).padStart(7)} ${String(gzip).padStart(7)} gz  ${file}`);
if (!existsSync(join(out, "README"))) throw new Error("web/static/README is missing: go build needs it");
