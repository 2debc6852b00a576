// A row in which something was typed is not lost without a question.

const ROWS = ".row-form form, form.rename, form.note-form";
const QUESTION = "Leave without saving?";
// What was typed is on its way, or kept for the page that comes back.
let isSafe = false;

// Before an answer takes the place of such a row: Cancel, Escape, another form in it.
document.addEventListener("htmx:confirm", (event) => {
  const { elt, target } = event.detail;
  const typed = [...(target?.querySelectorAll?.(ROWS) ?? [])].some((form) => form !== elt && isTyped(form));
  if (typed && !confirm(QUESTION)) event.preventDefault();
});

// A search waits for a pause in typing: who has asked for a form meanwhile keeps that.
document.addEventListener("htmx:confirm", (event) => {
  const { elt } = event.detail;
  const isLeft = elt.type === "search" && elt !== document.activeElement;
  if (isLeft && document.querySelector("#new-button.htmx-request, #new-row form")) event.preventDefault();
});

document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
  isSafe = [401, 403].includes(xhr.status);
});

// Before a form leaves the page: of the browser's own question nobody learns the answer.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || "download" in event.target.dataset) return;
  const typed = [...document.querySelectorAll(ROWS)].some((form) => form !== event.target && isTyped(form));
  if (typed && !confirm(QUESTION)) return event.preventDefault();
  isSafe = true;
});
addEventListener("pageshow", () => (isSafe = false));

addEventListener("beforeunload", (event) => {
  if (!isSafe && [...document.querySelectorAll(ROWS)].some(isTyped)) event.preventDefault();
});

function isTyped(form) {
  return [...form.elements].some((element) => {
    if (element.type === "hidden" || !element.name) return false;
    if (element.matches("select")) return [...element.options].some(differs);
    if (["checkbox", "radio"].includes(element.type)) return element.checked !== element.defaultChecked;
    return "defaultValue" in element && element.value !== element.defaultValue;
  });
}

function differs(option, index, options) {
  const first = options.some((each) => each.defaultSelected) ? option.defaultSelected : index === 0;
  return option.selected !== first;
}
