// Improves pages that work without it. On any doubt the browser does what it would have done: load the whole page.
// Sentences come from the page (data-…), never from here.

const policy = window.trustedTypes?.createPolicy("seestern", { createHTML: (html) => html }) ?? { createHTML: (html) => html };

// ---- after a failed form: the summary is read first ----

document.getElementById("fehler")?.focus();

// ---- partial swap: data-part="id" on a form (method get) or around links ----

const pause = 350; // milliseconds after the last key
const calm = 60_000; // milliseconds without live filter after "too many requests"
let running = null;
let quietUntil = 0;

async function swap(url, part, remember) {
  running?.abort();
  running = new AbortController();
  const old = document.getElementById(part);
  old?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { headers: { "Seestern-Part": part }, signal: running.signal, credentials: "same-origin" });
    if (answer.status === 429) {
      quietUntil = Date.now() + calm;
      old?.removeAttribute("aria-busy");
      return false;
    }
    if (answer.status !== 200 || answer.redirected) throw new Error("not a part");
    const page = new DOMParser().parseFromString(policy.createHTML(await answer.text()), "text/html");
    const fresh = page.getElementById(part);
    if (!old || !fresh) throw new Error("part missing");
    old.replaceWith(document.importNode(fresh, true));
    const swapped = document.getElementById(part);
    recount(swapped.dataset.counts);
    document.getElementById("meldung").textContent = swapped.dataset.message ?? "";
    remember(url);
    now = shown();
    return swapped;
  } catch (error) {
    if (error.name === "AbortError") return false; // a newer request is on its way
    location.assign(url);
    return false;
  }
}

// The filter stays as it is while somebody uses it; only its numbers change: "id=12 id=3" are the hits by control.
function recount(counts) {
  if (counts === undefined) return;
  const hits = new Map(counts.split(" ").map((pair) => pair.split("=")));
  for (const number of document.querySelectorAll("label > .s-count")) number.textContent = `(${hits.get(number.parentElement.htmlFor) ?? 0})`;
}

function address(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, value);
  const url = new URL(form.action || location.href);
  url.search = query;
  url.hash = "";
  return url.href;
}

for (const form of document.querySelectorAll("form[data-part]")) {
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    if (Date.now() < quietUntil) return;
    timer = setTimeout(() => swap(address(form), form.dataset.part, (url) => history.replaceState(null, "", url)), pause);
  };
  form.addEventListener("input", later);
  form.addEventListener("submit", () => clearTimeout(timer));
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  const part = link?.closest(":not(form)[data-part]")?.dataset.part;
  if (!part || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.hash) return;
  event.preventDefault();
  const fresh = await swap(link.href, part, (url) => history.pushState(null, "", url));
  if (!fresh) return;
  const heading = fresh.querySelector("h1, h2, h3") ?? fresh;
  heading.tabIndex = -1;
  heading.focus();
});

// Going back to another list loads it; a link within the page is no reason to load it again.
const shown = () => location.pathname + location.search;
let now = shown();
window.addEventListener("popstate", () => {
  if (shown() !== now) location.reload();
});

// ---- shapes: said on leaving a field, never in the way of sending ----

const shapes = {
  email: (field) => field.value === "" || /^[^\s@]+@[^\s@]+$/.test(field.value.trim()),
  date: (field) => {
    const [day, month, year] = [...field.querySelectorAll("input")].map((input) => input.value.trim());
    if (!day || !month || !year) return true; // not finished
    const full = year.length === 2 ? 2000 + +year : +year;
    const date = new Date(full, month - 1, day);
    return date.getFullYear() === full && date.getMonth() === month - 1 && date.getDate() === +day;
  },
};

document.addEventListener("focusout", (event) => {
  const field = event.target.closest?.("[data-shape]");
  if (!field || field.contains(event.relatedTarget)) return;
  const next = field.nextElementSibling;
  const hint = next?.classList.contains("s-shape") ? next : null;
  if (shapes[field.dataset.shape]?.(field)) return hint?.remove();
  if (hint) return;
  const text = document.createElement("p");
  text.className = "s-shape";
  text.textContent = field.dataset.says;
  field.after(text);
});

for (const field of document.querySelectorAll("[data-max]")) {
  const left = document.createElement("p");
  left.className = "s-left";
  left.setAttribute("aria-hidden", "true"); // the limit stands in the hint
  const count = () => (left.textContent = `${[...field.value].length} / ${field.dataset.max}`);
  field.addEventListener("input", count);
  field.after(left);
  count();
}

// ---- place names while typing: data-suggest="path" answers ?q= with a JSON list of texts ----

for (const field of document.querySelectorAll("input[data-suggest]")) {
  const list = document.createElement("datalist");
  list.id = `${field.id}-liste`;
  field.after(list);
  field.setAttribute("list", list.id);
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (field.value.trim().length < 2 || Date.now() < quietUntil) return;
    timer = setTimeout(async () => {
      try {
        const answer = await fetch(`${field.dataset.suggest}?q=${encodeURIComponent(field.value.trim())}`);
        if (answer.status === 429) quietUntil = Date.now() + calm;
        if (answer.status !== 200) return;
        list.replaceChildren(...(await answer.json()).map((text) => Object.assign(document.createElement("option"), { value: text })));
      } catch {
        // typing goes on without suggestions
      }
    }, pause);
  });
}

// ---- buttons that only a script can serve: data-print and data-copy hold their labels ----

for (const place of document.querySelectorAll("[data-print], [data-copy]")) {
  const button = (label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "kern-btn kern-btn--tertiary";
    const text = document.createElement("span");
    text.className = "kern-label";
    text.textContent = label;
    made.append(text);
    made.addEventListener("click", act);
    place.append(made);
  };
  if (place.dataset.print) button(place.dataset.print, () => window.print());
  if (place.dataset.copy && navigator.clipboard) {
    button(place.dataset.copy, async () => {
      await navigator.clipboard.writeText(place.dataset.url ?? location.href);
      document.getElementById("meldung").textContent = place.dataset.copied ?? "";
    });
  }
}

// ---- the map: drawn by the server, and movable for whoever asks ----

customElements.define("seestern-map", class extends HTMLElement {
  connectedCallback() {
    if (!this.dataset.map || this.querySelector("button")) return;
    const drawing = this.querySelector("svg");
    const credit = this.querySelector(".s-map-credit");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "kern-btn kern-btn--secondary";
    button.append(Object.assign(document.createElement("span"), { className: "kern-label", textContent: this.dataset.move }));
    this.append(button);
    button.addEventListener("click", async () => {
      const show = (live) => {
        drawing.toggleAttribute("hidden", live);
        button.hidden = live;
        if (credit) credit.hidden = !live;
      };
      button.disabled = true;
      try {
        const { open } = await import(this.dataset.script);
        show(true);
        let end = () => {};
        const close = () => {
          end();
          show(false);
          button.focus();
        };
        end = await open({ box: this, data: JSON.parse(this.dataset.map), words: this.dataset, leaflet: this.dataset.leaflet, style: this.dataset.sheet, close });
      } catch {
        show(false); // the drawn map stays
        button.remove();
      }
      button.disabled = false;
    });
  }
});

// ---- a page that forgets: data-idle seconds without a key or a touch, then a warning, then data-more seconds later another page ----

for (const place of document.querySelectorAll("[data-idle]")) {
  let timer = 0;
  const after = (seconds, act) => {
    clearTimeout(timer);
    timer = setTimeout(act, 1000 * seconds);
  };
  const warn = () => {
    const text = document.createElement("p");
    text.textContent = place.dataset.says;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "kern-btn kern-btn--primary";
    const label = document.createElement("span");
    label.className = "kern-label";
    label.textContent = place.dataset.stay;
    button.append(label);
    place.className = "s-idle";
    place.setAttribute("role", "alert");
    place.replaceChildren(text, button);
    after(place.dataset.more, () => location.replace(place.dataset.to)); // the way back does not lead here
  };
  const alive = () => {
    place.className = "";
    place.removeAttribute("role");
    place.replaceChildren();
    after(place.dataset.idle, warn);
  };
  for (const sign of ["keydown", "pointerdown", "input", "scroll"]) document.addEventListener(sign, alive, { passive: true });
  alive();
}
