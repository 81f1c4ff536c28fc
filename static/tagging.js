// Tagging by the keyboard: a theme's key ticks it, Enter or J goes on, K goes back, S saves. The keys act only while the
// focus is in an answer. Without this script the check boxes and the button do the same.
const form = document.querySelector("form[data-tagging]");
const REMEMBERED = "portal-tagging-by-keyboard";

const remembered = (value) => {
  try {
    if (value !== undefined) {
      sessionStorage.setItem(REMEMBERED, value);
    }
    return sessionStorage.getItem(REMEMBERED) === "yes";
  } catch {
    return false;
  }
};

const tagByKeyboard = () => {
  const answers = [...form.querySelectorAll("[data-answer]")];
  const keys = document.querySelector("[data-keys]");
  const begin = document.querySelector("[data-begin]");
  const say = document.querySelector("[data-say]");
  let changed = false;

  const goTo = (answer) => {
    answer?.focus();
    answer?.scrollIntoView({ block: "nearest" });
  };
  const beside = (answer, step) => answers[answers.indexOf(answer) + step];
  const toggle = (box) => {
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    say.textContent = `${box.dataset.name} ${box.checked ? "ticked" : "not ticked"}`;
  };
  const save = () => {
    remembered("yes");
    form.requestSubmit();
  };
  const goOn = (answer, step) => {
    const next = beside(answer, step);
    if (next) {
      goTo(next);
    } else if (step > 0) {
      form.querySelector("button[type=submit]").focus();
    }
  };

  for (const answer of answers) {
    answer.addEventListener("keydown", (event) => {
      // Links and buttons in an answer keep their Enter.
      const isControl = event.target.closest("a, button, textarea, input:not([type=checkbox])");
      if (event.ctrlKey || event.metaKey || event.altKey || (isControl && event.key === "Enter")) {
        return;
      }
      const key = event.key.toLowerCase();
      const box = answer.querySelector(`input[data-key="${CSS.escape(key)}"]`);
      const acts = {
        enter: () => goOn(answer, 1),
        j: () => goOn(answer, 1),
        k: () => goOn(answer, -1),
        s: save,
        "?": () => goTo(keys),
      };
      const act = box ? () => toggle(box) : acts[key];
      if (act) {
        event.preventDefault();
        act();
      }
    });
  }

  form.addEventListener("change", () => {
    changed = true;
  });
  form.addEventListener("submit", () => {
    changed = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed) {
      event.preventDefault();
    }
  });

  keys.hidden = false;
  begin.addEventListener("click", () => goTo(answers[0]));
  if (remembered()) {
    remembered("no");
    goTo(answers[0]);
  }
};

if (form) {
  tagByKeyboard();
}
