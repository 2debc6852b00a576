// The account switcher is a link to a page; here it opens that page's list in a popover.

const opener = document.querySelector("[data-opens='switcher']");
const switcher = document.getElementById("switcher");

const isOpen = () => switcher.matches(":popover-open");

// A press outside an open popover closes it before the click comes that would do so.
let wasOpen = false;
opener.addEventListener("pointerdown", () => { wasOpen = isOpen(); });

opener.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const byPointer = event.detail > 0;
  switcher.togglePopover(!(byPointer ? wasOpen : isOpen()));
  // At once: the browser tells of it later, when something else may be typed into.
  if (isOpen()) switcher.querySelector("input[type='search']").focus();
});

switcher.addEventListener("toggle", (event) => {
  opener.setAttribute("aria-expanded", event.newState === "open");
});

// WebKit's search fields keep Escape to themselves, even when there is nothing to clear.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Escape" || !field.matches?.("input[type='search']") || field.value) return;
  const layer = field.closest("dialog, [popover]");
  if (!layer) return;
  event.preventDefault();
  if (layer.matches("dialog")) layer.dispatchEvent(new Event("cancel", { cancelable: true }));
  else layer.hidePopover();
});

// Arrow keys move through a menu or a list of results, from the search field too.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const menu = step && event.target.closest(".menu, .jump");
  if (!menu) return;
  const items = [...menu.querySelectorAll("input[type='search'], a, button")];
  const at = items.indexOf(document.activeElement);
  event.preventDefault();
  items.at((at + step + items.length) % items.length)?.focus();
});

// Enter in the field goes to the first result of what is typed there, as soon as that
// answer is in: what is shown until then was found for something else.
let waiting = null;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(".menu > .search, .modal .search")) return;
  const found = form.parentElement.querySelector("[data-found]");
  const isAnswered = found?.dataset.found === form.elements.q.value;
  waiting = isAnswered ? null : form;
  const first = found?.querySelector(".menu-list a");
  if (isAnswered && !first) return;
  event.preventDefault();
  if (isAnswered) first.click();
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (waiting?.parentElement?.contains(detail.elt)) waiting.requestSubmit();
});

document.addEventListener("input", () => { waiting = null; });

// Filters open below their buttons, and close like menus: by Escape, and by a press beside.
const openChoice = () => document.querySelector("details.choice[open]");

document.addEventListener("click", ({ target }) => {
  const choice = openChoice();
  if (choice && target.isConnected && !choice.contains(target)) choice.open = false;
});

document.addEventListener("keydown", ({ key, target, defaultPrevented }) => {
  const choice = key === "Escape" && !defaultPrevented && openChoice();
  // The first Escape empties a field that one searches in.
  if (!choice || (target.matches("[type='search']") && target.value)) return;
  if (document.querySelector("dialog[open], :popover-open")) return;
  choice.open = false;
  choice.querySelector("summary").focus();
});

// Whatever is chosen in the menu of a row, it has done its work.
document.addEventListener("click", ({ target }) => {
  target.closest("a, button")?.closest(".actions:popover-open")?.hidePopover();
});

// On a small screen the navigation lies over the part of the page that it leads to.
addEventListener("hashchange", () => {
  const sidebar = document.getElementById("sidebar");
  if (sidebar?.matches(":popover-open")) sidebar.hidePopover();
});
