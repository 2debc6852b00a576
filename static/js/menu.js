// The account switcher is a link to a page; here it opens that page's list in a popover.

const opener = document.querySelector("[data-opens='switcher']");
const switcher = document.getElementById("switcher");

opener.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  switcher.togglePopover();
  // At once: the browser tells of it later, when something else may be typed into.
  if (switcher.matches(":popover-open")) switcher.querySelector("input[type='search']").focus();
});

switcher.addEventListener("toggle", (event) => {
  opener.setAttribute("aria-expanded", event.newState === "open");
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

// Enter in the field goes to the first result.
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".menu > .search, .modal .search")) return;
  const first = event.target.parentElement.querySelector(".menu-list a");
  if (!first) return;
  event.preventDefault();
  first.click();
});

// On a small screen the navigation lies over the part of the page that it leads to.
addEventListener("hashchange", () => {
  const sidebar = document.getElementById("sidebar");
  if (sidebar?.matches(":popover-open")) sidebar.hidePopover();
});
