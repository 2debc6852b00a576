// What happened, told where it moves nothing: one at a time, until it is dismissed or the
// next thing is done. Scripts tell with the event tollgate:say.

const parts = document.getElementById("notice-parts").content;

class NoticeArea extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.dismiss(event));
    document.addEventListener("tollgate:say", ({ detail }) => this.say(detail));
    document.addEventListener("htmx:beforeSwap", ({ detail }) => this.age(detail));
    new MutationObserver(() => this.equip()).observe(this, { childList: true });
    this.equip();
  }

  // An open dialog makes everything outside of it inert.
  say({ level, text, small, actions = [] }) {
    const box = parts.querySelector(`[data-level="${level}"]`).cloneNode(true);
    box.querySelector("p").textContent = text;
    if (small) box.querySelector("p").append(element("small", small));
    box.append(...actions.map(button));
    const dialog = document.querySelector("dialog[open] > .dialog");
    dialog?.querySelector(":scope > [data-said]")?.remove();
    if (!dialog) return this.replaceChildren(box);
    box.dataset.said = "";
    dialog.querySelector("h1").after(box);
  }

  // What was sent may stand in a notice itself, so that stays until the answer is in.
  age({ requestConfig, xhr, shouldSwap }) {
    const isPreview = !requestConfig.elt.matches("form, button");
    if (requestConfig.verb === "get" || isPreview || xhr.status >= 400 || !shouldSwap) return;
    for (const box of this.children) box.dataset.old = "";
    // In the task of the swap, also if the form that was sent is gone.
    xhr.addEventListener("loadend", () => this.leave());
  }

  leave() {
    this.querySelectorAll(":scope > [data-old]").forEach((box) => box.remove());
  }

  equip() {
    for (const box of this.querySelectorAll(":scope > .notice:not(:has([data-dismiss]))")) {
      box.append(parts.querySelector("[data-dismiss]").cloneNode(true));
    }
  }

  dismiss({ target }) {
    if (!target.closest("[data-dismiss]")) return;
    target.closest(".notice").remove();
    document.getElementById("main").focus({ preventScroll: true });
  }
}

function button({ label, act }) {
  const made = element("button", label);
  made.type = "button";
  made.className = "button";
  made.dataset.size = "small";
  made.addEventListener("click", act);
  return made;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

customElements.define("notice-area", NoticeArea);
