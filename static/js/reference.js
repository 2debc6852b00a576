// The index of the reference: it filters while one types, and follows the reading.

const CLOSE_TO_TOP = "0px 0px -75% 0px";

class ReferenceIndex extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type='search']");
    this.none = this.querySelector(".ref-none");
    this.groups = [...this.querySelectorAll("details")];
    this.parts = [...this.querySelectorAll(".ref-part")];
    this.links = new Map(
      [...this.querySelectorAll("a[href^='#']")].map((link) => [link.hash.slice(1), link]),
    );
    // The page that the server narrowed has nothing else to show.
    if (this.input.value) return;
    this.input.addEventListener("input", () => this.filter());
    this.querySelector("form").addEventListener("submit", (event) => this.go(event));
    this.addEventListener("click", (event) => this.leave(event));
    this.follow();
  }

  filter() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (element) => words.every((word) => element.dataset.sought.includes(word));
    document.querySelectorAll("[data-sought]").forEach((each) => { each.hidden = !fits(each); });
    document.querySelectorAll(".ref-section").forEach((section) => {
      section.hidden = words.length > 0 && !section.querySelector("[data-sought]:not([hidden])");
    });
    this.groups.forEach((group) => {
      const found = group.querySelector("li:not([hidden])") !== null;
      group.hidden = !found;
      group.open = words.length > 0 && found;
    });
    this.parts.forEach((part) => {
      part.hidden = part.querySelector("details:not([hidden])") === null;
    });
    this.none.hidden = this.groups.some((group) => !group.hidden);
  }

  // Enter leads to the first operation that is left.
  go(event) {
    event.preventDefault();
    this.querySelector("li:not([hidden]) > a")?.click();
  }

  // On a small screen the index lies over what it leads to.
  leave(event) {
    const menu = this.closest("[popover]");
    if (event.target.closest("a") && menu.matches(":popover-open")) menu.hidePopover();
  }

  follow() {
    const watch = new IntersectionObserver((entries) => {
      const seen = entries.findLast((entry) => entry.isIntersecting);
      if (seen) this.mark(this.links.get(seen.target.id));
    }, { rootMargin: CLOSE_TO_TOP });
    document.querySelectorAll("article.operation").forEach((each) => watch.observe(each));
  }

  mark(link) {
    if (!link || this.input.value) return;
    this.querySelector("[aria-current]")?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    this.groups.forEach((group) => { group.open = group.contains(link); });
    link.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("reference-index", ReferenceIndex);
