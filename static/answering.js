// What is typed on a page of questions is kept by the portal now and then, so that a line that drops or a phone that is
// put away loses nothing. Without this script a page is saved when it is left by one of its buttons.
const form = document.querySelector("form[data-answering]");
const AFTER_TYPING = 1500;
const BETWEEN = 8000;
const FIRST_WAIT = 2000;
const LONGEST_WAIT = 30000;
const NO_ANSWER_AFTER = 10000;

const saveWhileTyping = () => {
  const saved = form.querySelector("[data-saved]");
  const trouble = form.querySelector("[data-trouble]");
  let changes = 0;
  let known = 0;
  let last = 0;
  let wait = FIRST_WAIT;
  let timer = 0;
  let sending = null;
  let leaving = false;
  let refused = false;

  const say = (words) => {
    if (trouble.textContent !== words) {
      trouble.textContent = words;
    }
  };
  const clock = () => new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

  // The page knows by these what it showed; what it has just saved it has seen.
  const carry = (marks) => {
    for (const mark of marks) {
      const key = mark.slice(0, mark.lastIndexOf(":") + 1);
      for (const field of form.querySelectorAll("input[name=shown]")) {
        if (field.value.startsWith(key)) {
          field.value = mark;
        }
      }
    }
  };

  const post = async () => {
    const patience = new AbortController();
    const alarm = window.setTimeout(() => patience.abort(), NO_ANSWER_AFTER);
    const body = new URLSearchParams(new FormData(form));
    body.set("typing", "yes");
    try {
      return await fetch(window.location.href, {
        method: "POST",
        headers: { Accept: "application/json" },
        body,
        redirect: "manual",
        signal: patience.signal,
        keepalive: document.visibilityState === "hidden",
      });
    } finally {
      window.clearTimeout(alarm);
    }
  };

  // Tells whether the line is there; a portal that says no says so on the page that a button leads to.
  const save = async () => {
    const before = changes;
    last = Date.now();
    let answer;
    try {
      answer = await post();
      if (answer.ok) {
        carry((await answer.json()).shown);
      }
    } catch {
      return false;
    }
    if (answer.ok) {
      known = before;
      saved.textContent = `Saved at ${clock()}`;
      say("");
    } else if (answer.status < 500) {
      refused = true;
      saved.textContent = "";
      say(
        answer.type === "opaqueredirect" || answer.status === 403
          ? "Not saved: you are signed out, or this page is too old. Copy what you have typed before you go on."
          : "Not saved: this can’t be answered any more.",
      );
    } else {
      return false;
    }
    return true;
  };

  const later = (soon) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(send, soon);
  };

  const send = () => {
    if (!sending && !refused && changes !== known) {
      window.clearTimeout(timer);
      sending = save().then((there) => {
        sending = null;
        if (there) {
          wait = FIRST_WAIT;
        } else {
          saved.textContent = "";
          say("There is no connection. What you have typed stays on this page, and is saved as soon as there is one.");
          wait = Math.min(wait * 2, LONGEST_WAIT);
        }
        if (changes !== known && !refused) {
          later(there ? BETWEEN : wait);
        }
        return there;
      });
    }
    return sending ?? Promise.resolve(true);
  };

  const note = () => {
    changes += 1;
    if (!sending) {
      later(Math.max(AFTER_TYPING, last + BETWEEN - Date.now()));
    }
  };
  form.addEventListener("input", note);
  form.addEventListener("change", note);
  window.addEventListener("online", send);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      send();
    }
  });

  // A button leaves the page when everything is saved, or when the portal says no; without a line it stays.
  form.addEventListener("submit", async (event) => {
    if (leaving || refused || (changes === known && !sending)) {
      return;
    }
    event.preventDefault();
    const button = event.submitter;
    await sending;
    if (await send()) {
      leaving = true;
      form.requestSubmit(button);
    }
  });
};

if (form) {
  saveWhileTyping();
}
