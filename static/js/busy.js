// What takes longer than a blink shows that it works: its button says so and is off, its
// row is dimmed, and a bar runs under the header. No form is on its way twice.

const A_BLINK = 300;
const under = new Map();

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  const { verb, triggeringEvent } = requestConfig;
  if (verb !== "get" && elt.matches("form") && under.has(elt)) return event.preventDefault();
  begin(elt, triggeringEvent?.submitter ?? elt);
});

document.addEventListener("htmx:afterRequest", ({ detail }) => end(detail.elt));

// A form that leaves the page takes its state along.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (under.has(event.target)) return event.preventDefault();
  begin(event.target, event.submitter);
});
addEventListener("pageshow", () => [...under.keys()].forEach(end));

function begin(elt, button) {
  end(elt);
  under.set(elt, { button, timer: setTimeout(() => show(elt, button), A_BLINK) });
}

function show(elt, button) {
  document.body.dataset.busy = "";
  elt.closest("tr, [data-row]")?.setAttribute("aria-busy", "true");
  if (!button?.matches("button, .button")) return;
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  document.dispatchEvent(new CustomEvent("tollgate:announce", { detail: "Working…" }));
}

function end(elt) {
  const { button, timer } = under.get(elt) ?? {};
  clearTimeout(timer);
  under.delete(elt);
  if (!under.size) delete document.body.dataset.busy;
  elt.closest("tr, [data-row]")?.removeAttribute("aria-busy");
  if (button?.getAttribute("aria-busy")) {
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
}
