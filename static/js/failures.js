// A request that failed must not look like one that did nothing.

const notice = document.getElementById("notice");

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status === 503 && detail.xhr.getResponseHeader("HX-Retarget")) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});

document.addEventListener("htmx:responseError", ({ detail }) => {
  say(`The server answered ${detail.xhr.status}. Reload the page to see what holds now.`);
});

document.addEventListener("htmx:sendError", () => {
  say("The server cannot be reached. Nothing was changed.");
});

// A dialog that was opened as a page of its own has no row behind it to swap, so its
// form is sent as a plain one.
document.addEventListener("htmx:beforeProcessNode", ({ target }) => {
  const wanted = target.matches("form[hx-post]") && target.getAttribute("hx-target");
  if (wanted && wanted.startsWith("#") && !document.querySelector(wanted)) {
    target.removeAttribute("hx-post");
  }
});

function say(words) {
  const box = document.createElement("div");
  const text = document.createElement("p");
  box.className = "notice";
  box.dataset.level = "error";
  box.setAttribute("role", "alert");
  text.textContent = words;
  box.append(text);
  document.getElementById("modal")?.close();
  notice.replaceChildren(box);
}
