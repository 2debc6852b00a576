// What was typed outlives the end of a session: it is kept in this tab while it is on its
// way, and put back when the person comes back to the page. A page without a person (the
// login, a failure) means that it did not arrive. Secrets are not kept.

const KEY = "tollgate.draft";
const UNKEPT = ["hidden", "file", "search"];
const SECRET_FIELDS = "[type='password'], [autocomplete='one-time-code'], [name='code']";
const SECRET = /\btg[a-z]_\w{20}/;
const person = document.body.dataset.person;
const openers = new WeakMap();
const touched = new WeakSet();

document.addEventListener("submit", ({ target }) => keep(target), { capture: true });

// A form that a link or a button fetched is fetched by it again.
document.addEventListener("htmx:afterSwap", ({ target, detail }) => {
  const { verb, path, elt } = detail.requestConfig;
  const opener = verb === "get" ? path : openers.get(elt);
  const forms = target.matches("form") ? [target] : target.querySelectorAll("form");
  forms.forEach((form) => openers.set(form, opener));
});

// Whatever was asked for when the session had ended takes the page away.
document.addEventListener("htmx:beforeOnLoad", ({ detail: { elt, requestConfig, xhr } }) => {
  const isTooOld = xhr.status === 403;
  if (xhr.status === 401 || isTooOld) keep(elt.closest("form") ?? document.querySelector(".row-form form"), isTooOld);
  else if (requestConfig.verb !== "get") forget();
});

addEventListener("load", () => {
  const draft = JSON.parse(sessionStorage.getItem(KEY));
  if (!draft) return;
  if (!person) return store({ ...draft, stopped: true });
  forget();
  if (draft.stopped && draft.person === person && draft.page === here()) restore(draft);
});

document.addEventListener("input", ({ target }) => touched.add(target), { capture: true });

function keep(form, stopped = false) {
  if (!person || form?.method !== "post") return;
  const fields = [...form.elements].filter(isTyped).map(written);
  if (!fields.length || form.querySelector(SECRET_FIELDS)) return;
  const action = form.getAttribute("action");
  store({ person, page: here(), action, opener: openers.get(form), fields, stopped });
}

function isTyped(element) {
  return element.name && !UNKEPT.includes(element.type) && !SECRET.test(element.value)
    && element.matches("input, select, textarea");
}

function written({ name, type, value, checked }) {
  return { name, value, checked: ["checkbox", "radio"].includes(type) ? checked : null };
}

function restore(draft) {
  if (fill(draft)) return;
  const opener = [...document.querySelectorAll("[hx-get]")]
    .find((each) => each.getAttribute("hx-get") === draft.opener);
  if (!opener) return;
  const settled = () => {
    if (fill(draft)) document.removeEventListener("htmx:afterSettle", settled);
  };
  document.addEventListener("htmx:afterSettle", settled);
  opener.click();
}

function fill({ action, fields }) {
  const form = [...document.forms].find(
    (each) => each.getAttribute("action") === action && each.elements[fields[0].name],
  );
  if (!form) return false;
  if (!fields.filter((field) => write(form, field)).length) return true;
  form.dispatchEvent(new Event("change", { bubbles: true }));
  document.dispatchEvent(new CustomEvent("tollgate:say", {
    detail: { level: "info", text: "What you typed is back. It was not sent." },
  }));
  return true;
}

// Returns whether there was something to write: what a person has typed by then is newer.
function write(form, { name, value, checked }) {
  const fields = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const untouched = fields.filter((each) => !isTouched(each));
  for (const element of untouched) {
    const before = [element.value, element.checked].join();
    if (checked === null) element.value = value;
    else if (element.value === value) element.checked = checked;
    const folded = element.closest("details");
    if (folded && before !== [element.value, element.checked].join()) folded.open = true;
  }
  return untouched.length > 0;
}

// Before this script ran, nobody noted it.
function isTouched(element) {
  const isText = element.matches("textarea, input:not([type='checkbox'], [type='radio'])");
  return touched.has(element) || (isText && element.value !== element.defaultValue);
}

function here() {
  return location.pathname + location.search;
}

function store(draft) {
  sessionStorage.setItem(KEY, JSON.stringify(draft));
}

function forget() {
  sessionStorage.removeItem(KEY);
}
