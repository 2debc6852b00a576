// Keeps the focus where the work is when htmx replaces a row under it. All of it in the
// task of the swap: what comes later takes the focus from whoever types already.

const askedAt = new WeakMap();
const passedBy = new WeakSet();

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  askedAt.set(detail.xhr, document.activeElement);
});

document.addEventListener("htmx:beforeSwap", ({ detail: { target, xhr } }) => {
  const active = document.activeElement;
  const row = active?.closest("tbody tr, [data-row]");
  const opener = active?.closest("form")?.dataset.opener;
  const lost = row && { body: row.parentElement, index: place(row), opener };
  if (hasGoneOn(active, askedAt.get(xhr)) && !target.contains(active)) passedBy.add(xhr);
  // A row that was deleted settles nothing, and a form that is gone hears no event.
  xhr.addEventListener("loadend", () => {
    dropDetails();
    if (lost && document.activeElement === document.body) refocus(lost);
  });
});

// Before htmx itself follows what is marked.
document.addEventListener("htmx:afterSwap", ({ detail: { elt, xhr } }) => {
  if (!passedBy.has(xhr)) return;
  elt.querySelectorAll("[autofocus]").forEach((each) => each.removeAttribute("autofocus"));
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.closest("dialog")) return;
  const marked = detail.elt.querySelector?.("[autofocus]");
  // A form that came back begins with what is wrong in it.
  const wanted = marked?.form?.querySelector("[aria-invalid='true']") ?? marked;
  wanted?.focus();
  wanted?.select?.();
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
function refocus(lost) {
  const opener = document.getElementById(lost.opener);
  if (opener) return opener.focus();
  const rows = lost.body.isConnected ? [...lost.body.children] : [];
  const visible = rows.filter((row) => !row.hidden);
  const next = visible.find((row) => place(row) >= lost.index) ?? visible.at(-1);
  const found = next?.querySelector("button, a[href], input:not([type='hidden'])");
  (found ?? document.getElementById("main")).focus({ preventScroll: !found });
}

// Who works in a field by the time that an answer comes stays there.
function hasGoneOn(active, before) {
  return active !== before && active?.matches("input, select, textarea");
}

function place(row) {
  return [...row.parentElement.children].indexOf(row);
}
