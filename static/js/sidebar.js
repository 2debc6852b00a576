// The list of pages stays where it was scrolled to, from page to page and from account to
// account; what is chosen in it is in sight.

const sidebar = document.getElementById("sidebar");
// The reference has another list.
const KEY = `tollgate.${sidebar.firstElementChild?.className}`;

function restore() {
  sidebar.scrollTop = Number(sessionStorage.getItem(KEY));
  const chosen = sidebar.querySelector("[aria-current]");
  if (!chosen) return;
  const { top, bottom } = chosen.getBoundingClientRect();
  const box = sidebar.getBoundingClientRect();
  if (top < box.top || bottom > box.bottom) sidebar.scrollTop += top - box.top - box.height / 2;
}

restore();
// On a small screen it is there only when it is opened.
sidebar.addEventListener("toggle", ({ newState }) => newState === "open" && restore());
addEventListener("pagehide", () => {
  if (sidebar.clientHeight) sessionStorage.setItem(KEY, sidebar.scrollTop);
});
