// Copies what static/ takes unchanged from the packages: the typeface and GOV.UK Frontend's script.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

const wanted = /^source-sans-3-latin(-ext)?-(400-normal|400-italic|600-normal|700-normal)\.woff2$/;
const from = "node_modules/@fontsource/source-sans-3/";
const to = "../static/";

mkdirSync(`${to}fonts`, { recursive: true });
for (const file of readdirSync(`${from}files`).filter((name) => wanted.test(name))) {
  copyFileSync(`${from}files/${file}`, `${to}fonts/${file}`);
}
copyFileSync(`${from}LICENSE`, `${to}fonts/LICENSE`);
const script = readFileSync("node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js", "utf8");
// Its source map is not shipped, so the pointer to it goes too.
writeFileSync(`${to}govuk-frontend.min.js`, script.replace(/\/\/# sourceMappingURL=.*\s*$/, ""));
