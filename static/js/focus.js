// Keeps the focus where the work is when htmx replaces a row under it.

let lost = null;

document.addEventListener("htmx:beforeSwap", () => {
  const row = document.activeElement?.closest("tbody tr");
  lost = row && { body: row.parentElement, index: row.sectionRowIndex };
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.closest("dialog")) return;
  const wanted = detail.elt.querySelector?.("[autofocus]");
  if (wanted) wanted.focus();
  else if (document.activeElement === document.body) refocus();
  lost = null;
});

document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.(".row-form");
  form && form.querySelector("[data-close]")?.click();
});

function refocus() {
  const rows = lost?.body.isConnected ? [...lost.body.rows] : [];
  const visible = rows.filter((row) => !row.hidden);
  const next = visible.find((row) => row.sectionRowIndex >= lost.index) ?? visible.at(-1);
  const place = next?.querySelector("button, a[href], input:not([type='hidden'])");
  (place ?? document.getElementById("main")).focus({ preventScroll: !place });
}
