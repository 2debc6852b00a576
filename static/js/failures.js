// A request that failed must not look like one that did nothing, nor like one that was
// not done when nobody knows.

const AGAIN = "If it was, sending it again finds it: nothing is made twice.";

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // The server says it by itself.
  if (detail.xhr.status < 400 || !detail.xhr.getResponseHeader("HX-Retarget")) return;
  detail.shouldSwap = true;
  detail.isError = false;
});

document.addEventListener("htmx:responseError", ({ detail: { elt, requestConfig, xhr } }) => {
  if (asksByItself(elt)) return;
  const id = xhr.getResponseHeader("X-Request-Id");
  const small = id ? `Request ${id}` : "";
  say(answered(xhr.status, changes(elt, requestConfig), named(elt)), [look], small);
});

for (const lost of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(lost, ({ detail: { elt, requestConfig } }) => {
    if (!asksByItself(elt)) unanswered(elt, requestConfig);
  });
}

// A dialog that was opened as a page of its own has no row behind it to swap, so its
// form is sent as a plain one.
document.addEventListener("htmx:beforeProcessNode", ({ target }) => {
  const wanted = target.matches("form[hx-post]") && target.getAttribute("hx-target");
  if (wanted && wanted.startsWith("#") && !document.querySelector(wanted)) {
    target.removeAttribute("hx-post");
  }
});

// It asks again in a moment.
function asksByItself(elt) {
  return elt.matches("[hx-trigger^='every']");
}

// A search changes nothing, also where what is sought must not be in an address.
function changes(elt, { verb }) {
  return verb !== "get" && !elt.matches("[type='search']");
}

function answered(status, isChange, name) {
  if (status === 404) return `${name} is not there any more: it was deleted, or your part in this account has ended.`;
  if (!isChange) return "Something broke on our side.";
  return `Something broke on our side. It is not known whether ${name} was changed.`;
}

function unanswered(elt, request) {
  const again = { label: "Try again", act: () => repeat(elt, request.triggeringEvent) };
  if (!changes(elt, request)) return say("No answer came. Is this machine connected?", [again]);
  const name = named(elt);
  if (!elt.querySelector?.("[name='once']")) {
    return say(`It is not known whether ${name} was changed: no answer came.`, [look]);
  }
  say(`It is not known whether ${name} was made: no answer came.`, [again, look], AGAIN);
}

const look = { label: "Look", act: () => location.reload() };

function repeat(elt, event) {
  if (elt.matches("form")) return elt.requestSubmit(event?.submitter);
  // What is typed into a search is asked once only.
  if (elt.matches("form[role='search'] > *")) return elt.form.requestSubmit();
  elt.dispatchEvent(new Event(event?.type ?? "click", { bubbles: true, cancelable: true }));
}

// What a message is about: what was typed for it, its row, or its dialog.
function named(elt) {
  const typed = elt.querySelector?.("[name='once']") && elt.querySelector("[type='text'], [type='email'], [type='url']");
  if (typed?.value) return typed.value;
  const said = elt.closest("tr, [data-row]")?.querySelector(".name, h1") ?? elt.closest(".dialog")?.querySelector("h1 bdi");
  return said?.textContent.trim() || "this";
}

function say(text, actions, small) {
  const detail = { level: "error", text, actions, small };
  document.dispatchEvent(new CustomEvent("tollgate:say", { detail }));
}
