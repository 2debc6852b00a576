// The page of a link. The secret stands behind the "#", which no server is told; it is
// taken out of the address bar and sent once. The cookie that it is changed for is
// renewed as long as the page is open.

const ASKED_EVERY = 30_000;
const UNITS = [["day", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];
const LOST = "The server did not answer. Check your connection and try again.";
const OVER = [404, 409];

let secret = "";

// Also when the link is pasted into the address bar of its own page.
function takeSecret() {
  if (!location.hash) return;
  secret = location.hash.slice(1);
  history.replaceState(history.state, "", location.pathname + location.search);
  document.querySelector("share-door")?.knock?.();
}

addEventListener("hashchange", takeSecret);
takeSecret();

class ShareDoor extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.open(this.form.elements.secret.value);
    });
    this.knock();
  }

  knock() {
    if (secret) this.open(secret);
    secret = "";
  }

  async open(text) {
    const fields = new FormData(this.form);
    fields.set("secret", text);
    this.say("Opening…", "");
    this.dataset.gate = "open";
    const { ok, detail } = await post(this.form, fields);
    if (ok) return location.reload();
    delete this.dataset.gate;
    this.say("This link opens nothing", detail ?? LOST);
    // It is not in the address bar any more, and may be good.
    if (!detail) this.form.elements.secret.value = text;
  }

  say(title, why) {
    part(this, "title").textContent = title;
    part(this, "why").textContent = why;
  }
}

class ShareVisit extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form.visitor-renew");
    this.setClock(this.dataset.left);
    this.timers = [setInterval(() => this.tick(), 1000)];
    // In a preview there is no ticket to renew.
    if (!this.form) return;
    this.timers.push(setInterval(() => this.renew(), ASKED_EVERY));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.renew();
    });
  }

  setClock(left) {
    this.ends = left == null ? Infinity : performance.now() + left * 1000;
  }

  tick() {
    const left = (this.ends - performance.now()) / 1000;
    if (left === Infinity) return;
    part(this, "left").textContent = words(Math.max(Math.floor(left), 0));
    if (left > 0 || !this.form) return;
    this.ends = Infinity;
    this.renew();
  }

  async renew() {
    if (this.dataset.state === "over") return;
    const { ok, status, detail, left, shows } = await post(this.form, new FormData(this.form));
    if (OVER.includes(status)) return this.end(detail);
    // What is shown changed, or a login in this browser changed the form's token.
    if (status === 403 || (ok && shows !== this.dataset.shows)) return location.reload();
    if (ok) this.setClock(left);
  }

  end(why) {
    this.dataset.state = "over";
    this.timers.forEach(clearInterval);
    part(this, "open").hidden = true;
    part(this, "over").hidden = false;
    part(this, "why").textContent = why ?? "";
    document.title = "This link is closed";
  }
}

function part(element, name) {
  return element.querySelector(`[data-part="${name}"]`);
}

// With no referrer at all a browser does not name the origin of a form either.
async function post(form, body) {
  const options = { method: "POST", body, cache: "no-store", referrerPolicy: "origin" };
  const headers = { Accept: "application/json" };
  const answer = await fetch(form.action, { ...options, headers }).catch(() => null);
  if (!answer) return { ok: false };
  const said = await answer.json().catch(() => ({}));
  return { ...said, ok: answer.ok, status: answer.status };
}

function words(seconds) {
  const found = UNITS.findIndex(([, size]) => seconds >= size);
  const first = found < 0 ? UNITS.length - 1 : found;
  const said = [];
  for (const [name, size] of UNITS.slice(first, first + 2)) {
    const number = Math.floor(seconds / size);
    seconds %= size;
    const plural = name === "day" && number > 1 ? "s" : "";
    if (number || !said.length) said.push(`${number} ${name}${plural}`);
  }
  return said.join(" ");
}

customElements.define("share-door", ShareDoor);
customElements.define("share-visit", ShareVisit);
