// What takes longer than a blink shows that it works: its button says so and is off, its
// row is dimmed, and a bar runs under the header. No form is on its way twice.

const A_BLINK = 300;
const under = new Map();

// What a page asks by itself, again and again, is nobody's work, and neither is what it
// foretells while somebody types.
// By request: an answer can take the element that asked away before it is told.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, xhr, requestConfig } = event.detail;
  if (elt.matches("[hx-trigger^='every'], [hx-trigger^='input from']")) return;
  const { verb, triggeringEvent } = requestConfig;
  if (verb !== "get" && isOnItsWay(elt)) return event.preventDefault();
  begin(xhr, elt, triggeringEvent?.submitter ?? elt);
  // An element that is gone by then would not be heard.
  xhr.addEventListener("loadend", () => end(xhr));
});

// A form that leaves the page takes its state along; one that brings a file never leaves.
// The window hears of it last, when nothing else holds it up.
addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if ("download" in event.target.dataset) return;
  if (isOnItsWay(event.target)) return event.preventDefault();
  begin(event.target, event.target, event.submitter);
});
addEventListener("pageshow", () => [...under.keys()].forEach(end));

function isOnItsWay(elt) {
  return elt.matches("form, button") && [...under.values()].some((each) => each.elt === elt);
}

function begin(key, elt, button) {
  under.set(key, { elt, button, timer: setTimeout(() => show(elt, button), A_BLINK) });
}

function show(elt, button) {
  document.body.dataset.busy = "";
  elt.closest("tr, [data-row]")?.setAttribute("aria-busy", "true");
  if (!button?.matches("button, .button")) return;
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  document.dispatchEvent(new CustomEvent("tollgate:announce", { detail: "Working…" }));
}

function end(key) {
  const { elt, button, timer } = under.get(key) ?? {};
  clearTimeout(timer);
  under.delete(key);
  if (!under.size) delete document.body.dataset.busy;
  elt?.closest("tr, [data-row]")?.removeAttribute("aria-busy");
  if (!button?.getAttribute("aria-busy")) return;
  button.removeAttribute("aria-busy");
  button.removeAttribute("aria-disabled");
}
