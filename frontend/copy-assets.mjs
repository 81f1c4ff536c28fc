// Copies what static/ takes unchanged from the packages: the typefaces and GOV.UK Frontend's script.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

const to = "../static/";
// Pages take the Latin letters; documents (partnership_portal/typefaces.py) those of every name they may have to show.
const latin = /^source-sans-3-latin(-ext)?-(400-normal|400-italic|600-normal|700-normal)\.woff2$/;
const more = /^source-sans-3-(vietnamese|cyrillic|cyrillic-ext|greek|greek-ext)-(400|600|700)-normal\.woff2$/;
const noto = /^noto-sans-(?:(\w+)-\1-400-normal\.woff2|(?:kr-korean|jp-japanese|sc-chinese-simplified)-400-normal\.woff)$/;

mkdirSync(`${to}fonts`, { recursive: true });
const packages = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).devDependencies);
for (const name of packages.filter((one) => one.startsWith("@fontsource/"))) {
  const from = `node_modules/${name}/files/`;
  for (const file of readdirSync(from).filter((one) => latin.test(one) || more.test(one) || noto.test(one))) {
    copyFileSync(`${from}${file}`, `${to}fonts/${file}`);
  }
}
copyFileSync("node_modules/@fontsource/source-sans-3/LICENSE", `${to}fonts/LICENSE`);
copyFileSync("node_modules/@fontsource/noto-sans-sc/LICENSE", `${to}fonts/LICENSE-NOTO`);
const script = readFileSync("node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js", "utf8");
// Its source map is not shipped, so the pointer to it goes too.
writeFileSync(`${to}govuk-frontend.min.js`, script.replace(/\/\/# sourceMappingURL=.*\s*$/, ""));
