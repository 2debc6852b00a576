// Keeps the focus where the work is when htmx replaces a row under it.

const SETTLED = 60;
let lost = null;

document.addEventListener("htmx:beforeSwap", () => {
  const active = document.activeElement;
  const row = active?.closest("tbody tr, [data-row]");
  const opener = active?.closest("form")?.dataset.opener;
  lost = row && { body: row.parentElement, index: place(row), opener };
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.closest("dialog")) return;
  const wanted = detail.elt.querySelector?.("[autofocus]");
  wanted?.focus();
  wanted?.select?.();
});

// A row that was deleted settles nothing, so this waits for the request instead.
document.addEventListener("htmx:afterRequest", () => {
  dropDetails();
  setTimeout(() => {
    if (lost && document.activeElement === document.body) refocus();
    lost = null;
  }, SETTLED);
});

document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.(".row-form, [data-opener]");
  form && form.querySelector("[data-close]")?.click();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest(".row-form [data-close]")) return;
  document.querySelector("[data-shortcut='n']")?.focus();
});

// The line to paste goes with the row it stands under.
function dropDetails() {
  document.querySelectorAll("[data-of]").forEach((detail) => {
    if (!document.getElementById(detail.dataset.of)) detail.remove();
  });
}

// A form that was opened in a row names the button that opened it.
function refocus() {
  const opener = document.getElementById(lost.opener);
  if (opener) return opener.focus();
  const rows = lost.body.isConnected ? [...lost.body.children] : [];
  const visible = rows.filter((row) => !row.hidden);
  const next = visible.find((row) => place(row) >= lost.index) ?? visible.at(-1);
  const found = next?.querySelector("button, a[href], input:not([type='hidden'])");
  (found ?? document.getElementById("main")).focus({ preventScroll: !found });
}

function place(row) {
  return [...row.parentElement.children].indexOf(row);
}
