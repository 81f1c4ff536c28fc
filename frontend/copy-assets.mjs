// Copies what static/ takes unchanged from the packages: the typeface and GOV.UK Frontend's script.
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";

const wanted = /^source-sans-3-latin(-ext)?-(400-normal|400-italic|600-normal|700-normal)\.woff2$/;
const from = "node_modules/@fontsource/source-sans-3/";
const to = "../static/";

mkdirSync(`${to}fonts`, { recursive: true });
for (const file of readdirSync(`${from}files`).filter((name) => wanted.test(name))) {
  copyFileSync(`${from}files/${file}`, `${to}fonts/${file}`);
}
copyFileSync(`${from}LICENSE`, `${to}fonts/LICENSE`);
copyFileSync("node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js", `${to}govuk-frontend.min.js`);
