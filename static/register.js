// The register on a bad line: each tap stays on this phone until the portal has it. Without this script, or where the
// browser keeps nothing, every tap is a form that is sent.
const form = document.querySelector("form[data-register]");
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;
const NO_ANSWER_AFTER = 15000;

const storage = (() => {
  try {
    const key = "portal-register-probe";
    localStorage.setItem(key, key);
    localStorage.removeItem(key);
    return localStorage;
  } catch {
    return null;
  }
})();

const keepTaps = () => {
  const key = `portal-register/${form.dataset.register}`;
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const line = form.querySelector("[data-line]");
  const rest = form.querySelector("[data-rest]");
  let sending = false;
  let wait = FIRST_WAIT;
  let timer = 0;
  let trouble = "";
  let saved = false;

  const kept = () => {
    try {
      return JSON.parse(storage.getItem(key)) ?? [];
    } catch {
      return [];
    }
  };
  const keep = (taps) => (taps.length ? storage.setItem(key, JSON.stringify(taps)) : storage.removeItem(key));
  const drop = (tap) => keep(kept().filter((one) => one.id !== tap.id));

  const rowOf = (tap) => form.querySelector(`[data-booking="${Number.parseInt(tap, 10)}"]`);
  const press = (row, mark) => {
    row.dataset.mark = mark;
    for (const button of row.querySelectorAll(".portal-mark")) {
      button.setAttribute("aria-pressed", String(button.value.endsWith(`-${mark}`)));
    }
  };
  const say = (row, words) => {
    row.querySelector("[data-words]").textContent = words;
  };
  const showCounts = (counts) => {
    for (const place of document.querySelectorAll("[data-count]")) {
      place.textContent = counts[place.dataset.count];
    }
  };

  // What the row shows while its tap waits.
  const showWaiting = (tap) => {
    const row = rowOf(tap.tap);
    if (!row) {
      return;
    }
    const mark = tap.tap.split("-")[1];
    row.dataset.saved ??= row.dataset.mark;
    row.classList.add("portal-register__row--waiting");
    if (mark === "undo") {
      say(row, "Undo: waiting for the line");
    } else {
      press(row, mark);
      say(row, `${mark === "present" ? "Present" : "Absent"}: waiting for the line`);
    }
  };

  const showSaved = (tap, told) => {
    showCounts(told.counts);
    const row = rowOf(tap.tap);
    if (!row || kept().some((one) => rowOf(one.tap) === row)) {
      return;
    }
    row.classList.remove("portal-register__row--waiting");
    row.dataset.saved = told.mark ?? "";
    press(row, row.dataset.saved);
    say(row, told.mark ? `${told.words} – saved` : told.words);
    row.querySelector("[value$='-undo']").hidden = !told.can_undo;
  };

  const showRefused = (tap, sentence) => {
    const row = rowOf(tap.tap);
    if (row) {
      row.classList.remove("portal-register__row--waiting");
      // What the portal has, so that nobody is taken for marked who isn't.
      press(row, row.dataset.saved);
      say(row, sentence);
    }
  };

  const showLine = () => {
    const waiting = kept().length;
    const people = waiting === 1 ? "1 tap is" : `${waiting} taps are`;
    line.classList.toggle("portal-register-line--waiting", waiting > 0 && (trouble !== "" || wait > FIRST_WAIT));
    if (trouble) {
      line.textContent = `${trouble} ${waiting ? `${people} kept on this phone until then.` : ""}`;
    } else if (waiting && wait > FIRST_WAIT) {
      line.textContent = `No line: ${people} kept on this phone and sent as soon as there is one.`;
    } else if (!waiting && saved) {
      line.textContent = "Everything is saved.";
    }
    rest.disabled = waiting > 0;
  };

  const ask = async (tap) => {
    const patience = new AbortController();
    const alarm = window.setTimeout(() => patience.abort(), NO_ANSWER_AFTER);
    try {
      return await fetch(window.location.pathname, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({
          csrfmiddlewaretoken: token,
          tap: tap.tap,
          age: Math.max(0, Date.now() - tap.at),
        }),
        redirect: "manual",
        signal: patience.signal,
      });
    } finally {
      window.clearTimeout(alarm);
    }
  };

  const later = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(send, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };

  // Takes one answer; tells whether the next tap may go.
  const take = async (tap, answer) => {
    if (answer.ok) {
      const told = await answer.json();
      drop(tap);
      saved = true;
      showSaved(tap, told);
      return true;
    }
    if (answer.status === 409) {
      const { refused } = await answer.json();
      drop(tap);
      showRefused(tap, refused);
      return true;
    }
    if (answer.status === 404) {
      drop(tap);
      showRefused(tap, "No longer on this register");
      return true;
    }
    if (answer.type === "opaqueredirect" || answer.status === 403) {
      trouble = "You are signed out. Load this page again and sign in.";
      return false;
    }
    later();
    return false;
  };

  const send = async () => {
    if (sending || trouble) {
      return;
    }
    sending = true;
    window.clearTimeout(timer);
    try {
      for (let tap = kept()[0]; tap; tap = kept()[0]) {
        let goesOn = false;
        try {
          goesOn = await take(tap, await ask(tap));
        } catch {
          later();
        }
        if (!goesOn) {
          break;
        }
        wait = FIRST_WAIT;
      }
    } finally {
      sending = false;
    }
    showLine();
  };

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || button === rest) {
      return;
    }
    const tap = { id: `${Date.now()}-${Math.random()}`, tap: button.value, at: Date.now() };
    try {
      keep([...kept(), tap]);
    } catch {
      // No room on this phone: the tap goes as a form.
      return;
    }
    event.preventDefault();
    showWaiting(tap);
    showLine();
    send();
  });

  const again = () => {
    wait = FIRST_WAIT;
    send();
  };
  window.addEventListener("online", again);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());

  for (const tap of kept()) {
    showWaiting(tap);
  }
  showLine();
  send();
};

// The list grows shorter as one types; the button is for those without this script.
const search = document.querySelector("[data-register-search]");
const filterRows = () => {
  const text = search.elements.q.value.trim().toLowerCase();
  const onlyOpen = search.elements.only_open.checked;
  for (const row of form.querySelectorAll("[data-booking]")) {
    const who = row.querySelector(".portal-register__who").textContent.toLowerCase();
    row.hidden = !who.includes(text) || (onlyOpen && row.dataset.mark !== "");
  }
};

if (form && storage) {
  keepTaps();
}
if (form && search) {
  search.querySelector("[type=submit]").hidden = true;
  search.addEventListener("input", filterRows);
}
