// The one <dialog> that htmx fills: it opens when it is filled, and gives the focus back.

const FIRST = [
  "[autofocus]",
  "[aria-invalid='true']",
  "input:not([type='hidden'], [readonly]), select, textarea",
  "[data-close]",
  "button, a[href]",
];

class ModalDialog extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.dialog.addEventListener("close", () => this.leave());
    this.dialog.addEventListener("cancel", (event) => this.hesitate(event));
    this.dialog.addEventListener("click", (event) => this.click(event));
    document.addEventListener("htmx:beforeRequest", (event) => this.remember(event));
    document.addEventListener("htmx:beforeSwap", (event) => this.answer(event));
    document.addEventListener("htmx:afterSettle", (event) => this.show(event));
    document.addEventListener("tollgate:close", () => this.close());
  }

  remember({ detail: { elt, requestConfig, target, xhr } }) {
    if (this.dialog.contains(elt)) this.keepFor(xhr);
    if (target === this.dialog && !this.dialog.open) {
      this.opener = lasting(requestConfig.triggeringEvent?.submitter ?? elt);
      this.heirs = rowsAfter(this.opener);
    }
  }

  // The answer to a form that is gone finds nothing to change in the page.
  keepFor(xhr) {
    this.asking = xhr;
    xhr.addEventListener("loadend", () => {
      this.asking = null;
      this.empty();
    });
  }

  empty() {
    if (!this.dialog.open && !this.asking) this.dialog.replaceChildren();
  }

  // An invalid form is the same page with 422, so its dialog goes back into this one;
  // a refusal is told in the page behind.
  answer({ detail }) {
    if (!this.dialog.contains(detail.requestConfig.elt)) return;
    if (detail.xhr.status === 422 && !detail.xhr.getResponseHeader("HX-Retarget")) {
      detail.target = this.dialog;
      detail.swapOverride = "innerHTML";
      detail.selectOverride = "#dialog";
    } else if (detail.xhr.status >= 400) {
      this.close();
    }
  }

  show({ detail }) {
    if (detail.target !== this.dialog || !this.dialog.hasChildNodes()) return;
    if (!this.dialog.open) this.dialog.showModal();
    this.before = detail.xhr.status === 422 ? null : this.typed();
    const first = FIRST.map((css) => this.dialog.querySelector(css)).find(Boolean);
    first?.focus();
    if (first?.matches("input[type='text']")) first.select();
  }

  click(event) {
    if (event.target === this.dialog && this.typed() === this.before) this.close();
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    this.close();
  }

  hesitate(event) {
    event.preventDefault();
    if (this.typed() === this.before || confirm("Leave without saving?")) this.close();
  }

  // The focus goes back at once: the browser tells of it when it draws next, and whoever
  // types by then has gone on.
  close() {
    if (!this.dialog.open) return;
    this.dialog.close();
    if (this.opener) this.giveBack();
  }

  typed() {
    const forms = [...this.dialog.querySelectorAll("form[method='post']")];
    return forms.map((form) => new URLSearchParams(new FormData(form))).join();
  }

  leave() {
    if (this.dialog.open) return;
    this.empty();
    const active = document.activeElement;
    if (active === document.body || this.dialog.contains(active)) this.giveBack();
  }

  giveBack() {
    // The row with the opener may have been swapped for its successor meanwhile.
    const opener = this.opener?.isConnected ? this.opener : byId(this.opener?.id);
    const place = opener ?? this.heirs?.map(control).find(Boolean);
    (place ?? byId("main")).focus({ preventScroll: !place });
    this.opener = this.heirs = null;
  }
}

// When the row with the opener was deleted, the work goes on in the next one.
function rowsAfter(opener) {
  const row = opener.closest("tbody tr");
  const rows = row ? [...row.parentElement.rows] : [];
  return [...rows.slice(row?.sectionRowIndex + 1), ...rows.slice(0, row?.sectionRowIndex).reverse()];
}

function control(row) {
  return row.isConnected && !row.hidden && row.querySelector("button, a[href]");
}

function byId(id) {
  return id ? document.getElementById(id) : null;
}

// A link in a menu is hidden again when the dialog closes; the menu's button is not. On a
// wide screen the actions of a row are no menu.
function lasting(opener) {
  const menu = opener.closest(".menu:popover-open");
  return menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : opener;
}

customElements.define("modal-dialog", ModalDialog);
