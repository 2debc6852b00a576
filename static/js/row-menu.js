// What can be done with a token stands once in the page. Each row gets a copy with its own
// name and address; without scripts it has a link to the page of the token instead.

const SLOT = /\{(pk|name|page)\}/g;

class RowMenu extends HTMLElement {
  connectedCallback() {
    const template = document.getElementById("row-menu");
    const row = this.closest("tr");
    if (!template || !row) return;
    const menu = template.content.cloneNode(true);
    const values = {
      pk: row.id.replace("token-", ""),
      name: row.querySelector(".name").textContent,
      page: this.querySelector("a").getAttribute("href"),
    };
    menu.querySelectorAll("[data-when]").forEach((action) => this.keepIfDue(action));
    menu.querySelectorAll("*").forEach((element) => fill(element, values));
    menu.querySelector(".menu-facts").append(...facts(row));
    this.replaceWith(menu);
  }

  // Some are there for a row that is something, or for one that is not.
  keepIfDue(action) {
    const isDue = action.dataset.when.split(" ").every((word) => (
      word.startsWith("-") ? !(word.slice(1) in this.dataset) : word in this.dataset
    ));
    if (isDue) action.removeAttribute("data-when");
    else action.remove();
  }
}

function fill(element, values) {
  for (const { name, value } of [...element.attributes]) {
    if (value.includes("{")) {
      element.setAttribute(name, value.replaceAll(SLOT, (_, slot) => values[slot]));
    }
  }
}

// On a phone the menu says what there is no column for.
function facts(row) {
  const made = row.querySelector(".created, .made");
  const [moment, person] = ["time", "bdi"].map((tag) => made.querySelector(tag).cloneNode(true));
  return ["Created ", moment, " by ", person];
}

customElements.define("row-menu", RowMenu);
