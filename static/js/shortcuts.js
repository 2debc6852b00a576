// Single keys for people who stay on the keyboard; one switch turns all of them off.

const OFF = "tollgate.shortcuts-off";
const APPLE = /Mac|iP(hone|ad)/.test(navigator.platform);
const isOff = () => localStorage.getItem(OFF) !== null;
const page = () => document.querySelector(".token-page");
const find = (key) => document.querySelector(`[data-shortcut="${key}"]`);

const KEYS = {
  "/": () => find("/")?.focus(),
  n: () => find("n")?.click(),
  j: () => step(1),
  k: () => step(-1),
  c: () => (currentRow() ?? page())?.querySelector("copy-secret button, copy-text button")?.click(),
  "?": () => document.getElementById("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (isOff() || event.defaultPrevented || event.altKey) return;
  if (event.ctrlKey || event.metaKey) return jump(event);
  if (typing(event.target) || document.querySelector("dialog[open], :popover-open")) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

function jump(event) {
  if (event.key.toLowerCase() !== "k" || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  find("jump").click();
}

// The field of a dialog that has just closed keeps the focus until the browser draws.
function typing(element) {
  return element.checkVisibility() && (element.isContentEditable
    || element.matches("input:not([type='checkbox'], [type='radio']), select, textarea"));
}

function currentRow() {
  return document.activeElement?.closest(".table tbody tr");
}

function step(by) {
  const rows = [...document.querySelectorAll(".table tbody tr:not([hidden], .row-detail)")];
  const at = rows.indexOf(currentRow());
  const row = at < 0 ? rows.at(by > 0 ? 0 : -1) : rows[at + by];
  if (!row) return;
  row.tabIndex = -1;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

class ShortcutSwitch extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => {
      if (isOff()) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
      this.show();
    });
    this.hidden = false;
    this.show();
  }

  show() {
    this.button.setAttribute("aria-checked", !isOff());
  }
}

customElements.define("shortcut-switch", ShortcutSwitch);
if (APPLE) document.querySelectorAll(".jump-link > kbd").forEach((key) => { key.textContent = "⌘ K"; });
