// Two elements that put a value on the clipboard: one that holds it, and one that
// has to ask the server for a secret and must not leave it behind in the page.

const SHOWN_FOR = 2000;
const READABLE_FOR = 30000;
const A_LOOK = 20;

class CopyText extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button || !this.contains(button) || button.closest(".copy-manual")) return;
      event.preventDefault();
      this.copy();
    });
  }

  async value() {
    return this.dataset.text;
  }

  async copy() {
    if (this.dataset.copy === "busy") return;
    this.clear();
    this.dataset.copy = "busy";
    const value = this.value();
    try {
      if (await put(value, this)) this.succeed();
      else this.offer(await value);
    } catch (error) {
      this.fail(error.message);
    }
  }

  succeed() {
    this.dataset.copy = "done";
    announce("Copied");
    clearTimeout(this.shown);
    this.shown = setTimeout(() => {
      if (this.dataset.copy === "done") delete this.dataset.copy;
    }, SHOWN_FOR);
  }

  fail(message) {
    delete this.dataset.copy;
    const line = document.createElement("span");
    line.className = "copy-failure";
    line.setAttribute("role", "alert");
    line.textContent = `Not copied. ${message}`;
    this.append(line);
  }

  // The clipboard refused: hand the value out, selected, for as long as it is needed.
  offer(value) {
    delete this.dataset.copy;
    const stays = hasStayed(this);
    const keys = /Mac|iP(hone|ad)/.test(navigator.platform) ? "⌘ C" : "Ctrl C";
    const field = fieldOf(value);
    const label = document.createElement("label");
    label.append(`Press ${keys} to copy`, field);
    const now = document.createElement("button");
    now.type = "button";
    now.className = "button";
    now.textContent = "Copy now";
    const part = document.createElement("div");
    part.className = "copy-manual";
    part.append(label, now);
    this.append(part);
    if (stays) {
      field.focus();
      field.select();
    }
    announce(`Your browser did not let us copy. Press ${keys}, or Copy now.`);
    this.listen(part, field, now);
  }

  // Who has worked in what goes away is led back to the button that began it.
  listen(part, field, now) {
    const leave = () => {
      const worked = part.contains(document.activeElement);
      part.remove();
      if (worked) this.querySelector("button")?.focus({ preventScroll: true });
    };
    const done = () => { leave(); this.succeed(); };
    field.addEventListener("copy", () => setTimeout(done));
    // A press of its own may copy what came too late for the first.
    now.addEventListener("click", () => {
      if (putBySelection(field.value, this)) done();
    });
    part.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      leave();
    });
    document.addEventListener("visibilitychange", leave, { once: true });
    setTimeout(leave, READABLE_FOR);
  }

  clear() {
    this.querySelectorAll(".copy-manual, .copy-failure").forEach((part) => part.remove());
  }
}

class CopySecret extends CopyText {
  async value() {
    // In a row the button names where its page's form goes.
    const { form, formAction, attributes } = this.querySelector("button");
    const response = await fetch(attributes.formaction ? formAction : form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json", ...pageHeaders() },
      cache: "no-store",
    }).catch(() => { throw new Error("The server cannot be reached."); });
    if (response.redirected) return goTo(response.url);
    const elsewhere = response.headers.get("HX-Redirect");
    if (elsewhere) return goTo(elsewhere);
    const answer = await response.json().catch(() => ({}));
    if (!response.ok || !answer.secret) {
      throw new Error(answer.detail ?? `The server answered ${response.status}.`);
    }
    // A line to paste has the secret in its middle; a function keeps "$" what it is.
    const line = this.dataset.template ?? "{secret}";
    return line.replaceAll("{secret}", () => answer.secret);
  }
}

// Safari wants the write to begin inside the click, so it is given the promise.
async function put(promise, element) {
  if (navigator.clipboard?.write && window.ClipboardItem) {
    const blob = promise.then((text) => new Blob([text], { type: "text/plain" }));
    try {
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      return true;
    } catch {
      await promise; // What the server refused is not a matter of the clipboard.
    }
  }
  return putOnceThere(promise, element);
}

// WebKit ends the click with an await, but carries it through timers for a second: they
// are begun inside the click and look for the answer.
function putOnceThere(promise, element) {
  return new Promise((resolve, reject) => {
    let act;
    promise.then(
      (text) => { act = () => resolve(putBySelection(text, element)); },
      (error) => { act = () => reject(error); },
    );
    const look = () => (act ? act() : setTimeout(look, A_LOOK));
    look();
  });
}

// An input would take lines for one.
function fieldOf(value) {
  const field = document.createElement(value.includes("\n") ? "textarea" : "input");
  field.readOnly = true;
  field.autocomplete = "off";
  field.dir = "ltr";
  field.value = value;
  return field;
}

// Plain http has no clipboard API; a dialog only lets its own content be selected.
function putBySelection(text, element) {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.className = "visually-hidden";
  area.readOnly = true;
  area.value = text;
  element.append(area);
  area.select();
  let copied = false;
  try {
    copied = document.execCommand("copy");
  } finally {
    area.value = "";
    area.remove();
    before?.focus({ preventScroll: true });
  }
  return copied;
}

// Not every browser gives the focus to a button that is pressed.
function hasStayed(element) {
  const active = document.activeElement;
  return active === document.body || element.contains(active);
}

function pageHeaders() {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
}

// Login and confirmation come back to the page, not to the address of the secret.
function goTo(address) {
  const url = new URL(address, location.href);
  if (url.searchParams.has("next")) {
    url.searchParams.set("next", location.pathname + location.search);
  }
  location.assign(url);
  return new Promise(() => {});
}

// Everything outside an open dialog is inert, and so is a live region there.
function announce(words) {
  const home = document.querySelector("dialog[open]") ?? document.body;
  let region = home.querySelector(":scope > .announcer");
  if (!region) {
    region = document.createElement("p");
    region.className = "announcer visually-hidden";
    region.setAttribute("role", "status");
    home.append(region);
  }
  region.textContent = "";
  setTimeout(() => { region.textContent = words; }, 100);
}

document.addEventListener("tollgate:announce", ({ detail }) => announce(detail));

customElements.define("copy-text", CopyText);
customElements.define("copy-secret", CopySecret);
