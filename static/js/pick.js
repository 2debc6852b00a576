// Choosing rows: all of a page, a range with Shift, and a bar that shows while any is.
// Without it the bar is always there and the checkboxes do the same.

class RowPicker extends HTMLElement {
  connectedCallback() {
    this.bar = this.querySelector(".bulk-bar");
    if (!this.bar) return;
    this.all = this.querySelector("[data-pick-all]");
    this.everything = this.bar.querySelector("[name='everything']");
    this.all.hidden = false;
    this.addEventListener("click", (event) => this.stretch(event));
    this.addEventListener("change", (event) => this.follow(event));
    // The browser brings back what was ticked after its script ran.
    addEventListener("pageshow", () => this.show());
    this.show();
  }

  get boxes() {
    return [...this.querySelectorAll("tbody [name='pick']")];
  }

  // Shift takes every row between this one and the one before.
  stretch(event) {
    if (!event.target.matches("[name='pick']")) return;
    const boxes = this.boxes;
    const here = boxes.indexOf(event.target);
    const from = boxes.indexOf(this.last);
    if (event.shiftKey && from >= 0) {
      const range = boxes.slice(Math.min(from, here), Math.max(from, here) + 1);
      range.forEach((box) => { box.checked = event.target.checked; });
    }
    this.last = event.target;
  }

  follow(event) {
    if (event.target === this.all) {
      this.boxes.forEach((box) => { box.checked = this.all.checked; });
    }
    this.show();
  }

  show() {
    const boxes = this.boxes;
    const count = boxes.filter((box) => box.checked).length;
    this.all.checked = count > 0 && count === boxes.length;
    this.all.indeterminate = count > 0 && count < boxes.length;
    // There is none when more match than can be chosen.
    if (!count && this.everything) this.everything.checked = false;
    this.bar.hidden = !count;
    const words = this.everything?.checked ? this.everything.dataset.words : `${count} selected`;
    this.bar.querySelector("[data-picked]").textContent = words;
  }
}

customElements.define("row-picker", RowPicker);
