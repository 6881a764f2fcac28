// The map that can be moved, loaded when somebody asks for it. It stands in the place of the drawn one and says the same.
// Leaflet runs under the page policy: no inline style or script, no data: URL, and the one HTML string it needs.

const policy = {
  createHTML: (html) => {
    if (html === "<svg/>") return html; // Leaflet asks whether the browser can draw
    throw new TypeError("no HTML from here");
  },
};
window.trustedTypes?.createPolicy("default", policy);

const load = (href) =>
  new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: resolve, onerror: reject });
    document.head.append(link);
  });

// open shows the map in box. data is what the server says; words are the labels; close is called by its button. It returns what ends it.
export async function open({ box, data, words, leaflet, style, close }) {
  const [, lines] = await Promise.all([
    window.L ?? import(leaflet),
    data.lines ? fetch(data.lines).then((answer) => (answer.ok ? answer.json() : [])) : [],
    document.querySelector(`link[href="${style}"]`) ?? load(style),
  ]);
  const L = window.L;

  const bar = document.createElement("div");
  bar.className = "s-map-bar";
  const place = document.createElement("div");
  place.className = "s-map-live";
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", words.title);
  const skip = document.createElement("p");
  skip.append(Object.assign(document.createElement("a"), { href: `#${box.dataset.after}`, textContent: words.skip }));
  const credit = box.querySelector(".s-map-credit");
  box.append(skip, bar, place, ...(credit ? [credit] : []));

  const map = L.map(place, {
    zoomControl: false, attributionControl: false, scrollWheelZoom: false,
    fadeAnimation: false, zoomAnimation: false, markerZoomAnimation: false, inertia: false,
    maxZoom: data.zoom, minZoom: 5,
  });
  const all = L.latLngBounds(data.points.map(([, lat, lon]) => [lat, lon]));
  if (data.radius) all.extend(L.latLng(data.center).toBounds(2 * data.radius));
  const whole = () => map.fitBounds(all, { animate: false, padding: [24, 24], maxZoom: Math.min(15, data.zoom) });
  whole();
  if (data.tiles) {
    new (L.GridLayer.extend({
      createTile(at, done) {
        const picture = document.createElement("img");
        picture.alt = "";
        picture.addEventListener("load", () => done(null, picture));
        picture.addEventListener("error", () => done(new Error("no tile"), picture));
        picture.src = `${data.tiles}/${at.z}/${at.x}/${at.y}`;
        return picture;
      },
    }))({ maxZoom: data.zoom }).addTo(map);
  }
  for (const { thick, points } of lines) {
    const path = [];
    for (let i = 0; i < points.length; i += 2) path.push([points[i] / 1e5, points[i + 1] / 1e5]);
    L.polyline(path, { interactive: false, weight: thick ? 3 : 1.5, className: "s-map-live-line" }).addTo(map);
  }
  if (data.radius) L.circle(data.center, { radius: data.radius, interactive: false, className: "s-map-live-circle" }).addTo(map);
  for (const [number, lat, lon] of data.points) {
    const entry = document.querySelector(`#treffer .s-hits > li:nth-child(${number}) a`);
    const sign = document.createElement("span");
    sign.textContent = number;
    const marker = L.marker([lat, lon], { icon: L.divIcon({ html: sign, className: "s-map-pin", iconSize: [32, 32] }), keyboard: Boolean(entry), interactive: Boolean(entry) });
    marker.addTo(map);
    if (!entry) continue;
    marker.getElement().setAttribute("aria-label", `${number}: ${entry.textContent.trim()}`);
    marker.on("click keypress", (event) => {
      if (event.originalEvent.key && event.originalEvent.key !== "Enter") return;
      entry.focus();
      entry.scrollIntoView({ block: "center" });
    });
  }
  place.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    map.setZoom(map.getZoom() - Math.sign(event.deltaY), { animate: false });
  }, { passive: false });

  const pan = (x, y) => map.panBy([x * place.clientWidth / 3, y * place.clientHeight / 3], { animate: false });
  const buttons = {
    in: () => map.zoomIn(1, { animate: false }), out: () => map.zoomOut(1, { animate: false }),
    north: () => pan(0, -1), south: () => pan(0, 1), west: () => pan(-1, 0), east: () => pan(1, 0), whole, close,
  };
  for (const [name, act] of Object.entries(buttons)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "kern-btn kern-btn--secondary";
    button.append(Object.assign(document.createElement("span"), { className: "kern-label", textContent: words[name] }));
    button.addEventListener("click", act);
    bar.append(button);
  }
  bar.firstElementChild.focus();
  return () => {
    map.remove();
    for (const part of [skip, bar, place]) part.remove();
  };
}
