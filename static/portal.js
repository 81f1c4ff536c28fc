// Small enhancements; every page works without them.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("govuk-frontend-supported");
}
initAll();

// The skip link moves the focus by itself. Were its target left in the address, a form sent from there would come
// back to it, and the error summary would lose the focus again.
document.querySelector(".govuk-skip-link")?.addEventListener("click", (event) => event.preventDefault());

// Filters start closed on a narrow screen, unless they say what is wrong with them.
const narrow = window.matchMedia("(max-width: 48.0525em)");
const foldFilters = () => {
  for (const filter of document.querySelectorAll("details.portal-filter")) {
    filter.open = !narrow.matches || filter.querySelector(".govuk-form-group--error") !== null;
  }
};
foldFilters();
narrow.addEventListener("change", foldFilters);

// A region that doesn't scroll needn't be a stop on the keyboard's way through the page.
const settleRegions = () => {
  for (const region of document.querySelectorAll(".portal-table-scroll, .portal-chart__drawing")) {
    if (region.scrollWidth > region.clientWidth) {
      region.setAttribute("tabindex", "0");
    } else {
      region.removeAttribute("tabindex");
    }
  }
};
settleRegions();
window.addEventListener("resize", settleRegions);

// A form marked with data-submit-on-change is sent as soon as a choice is made.
for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// A page that waits for a job asks again until the job is finished.
const waiting = document.querySelector("[data-refresh-seconds]");
if (waiting) {
  window.setTimeout(() => window.location.reload(), Number(waiting.dataset.refreshSeconds) * 1000);
}

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
