"use strict";
/* The base map: names on the overlay over the ground, and tiles from a file, which cover the ground where they reach. */
const base = (() => {
  /* For the red look: how light a picture is, as red alone. */
  document.body.insertAdjacentHTML("beforeend", `<svg width="0" height="0" style="position:absolute"><filter id="night"
    color-interpolation-filters="sRGB"><feColorMatrix values=".1 .2 .05 0 0  .015 .03 .01 0 0  .012 .025 .008 0 0  0 0 0 1 0"/></filter></svg>`);
  const words = { countries: [], places: [] };
  const extra = { airports: [], ports: [] }, reading = new Set();
  let shown = ["terrain", "places"], tiles = null;

  /* The points of a layer with their words, as [{n, lat, lon, …}]. */
  const points = (layer) => fetch(`opsdesk://assets/map/${layer}.json`).then((answer) => answer.json());
  const names = Promise.all(["countries", "places"].map(points)).then(([countries, places]) => {
    words.countries = countries.sort((one, two) => two.s - one.s);
    words.places = places.sort((one, two) => two.k - one.k || one.z - two.z || two.p - one.p);
    theme.listen(overlay.ask);
  });
  /* Airports and ports are read when they are first wanted. */
  const want = (kind) => {
    if (extra[kind].length || reading.has(kind)) return;
    reading.add(kind);
    points(kind).then((found) => { extra[kind] = found.sort((one, two) => one.z - two.z); overlay.ask(); }, (error) => channel.tell("failed", error))
      .finally(() => reading.delete(kind));
  };

  const near = (point, bounds) => bounds.contains([point.lat, point.lon]);
  const dot = (context, x, y, colour, square) => {
    context.beginPath();
    if (square) context.rect(x - 2.5, y - 2.5, 5, 5); else context.arc(x, y, 2.6, 0, 7);
    context.fillStyle = theme.now.land;
    context.fill();
    context.lineWidth = 1.4;
    context.strokeStyle = colour;
    context.stroke();
  };
  overlay.add((context, { bounds, zoom, beside }, free) => {
    const look = theme.now;
    if (shown.includes("places"))
      for (const place of words.places) {
        if (place.z > zoom + 1 || !near(place, bounds)) continue;
        const { x, y } = overlay.at(place.lat, place.lon);
        context.font = place.k ? "600 12px Inter" : "12px Inter";
        const at = beside(x, y, context.measureText(place.n).width);
        if (!at) continue;
        dot(context, x, y, look.text, place.k);
        overlay.write(context, place.n, ...at, look.text);
      }
    for (const kind of ["airports", "ports"])
      if (shown.includes(kind))
        for (const point of extra[kind]) {
          if (point.z > zoom + 2 || !near(point, bounds)) continue;
          const { x, y } = overlay.at(point.lat, point.lon), text = (kind === "ports" ? "⚓ " : "✈ ") + point.n;
          context.font = "11px Inter";
          if (free(x - 4, y - 8, context.measureText(text).width + 8, 15)) overlay.write(context, text, x - 4, y + 4, look.quiet);
        }
    if (zoom < 8)
      for (const country of words.countries) {
        if (!near(country, bounds) || country.s < 400 / 4 ** zoom * 4) continue;
        const { x, y } = overlay.at(country.lat, country.lon), text = country.n.toUpperCase();
        context.font = "600 11px Inter";
        const width = context.measureText(text).width;
        /* A country is large: its name may stand a little off its middle. */
        const found = [0, -70, 70].flatMap((right) => [0, -22, 22, -44, 44].map((down) => [right, down]))
          .find(([right, down]) => free(x - width / 2 + right, y - 7 + down, width, 15));
        if (found) overlay.write(context, text, x - width / 2 + found[0], y + 4 + found[1], look.country);
      }
  });

  return {
    loaded: Promise.all([ground.loaded, names]),
    shown: () => shown,
    show: (names) => {
      shown = names;
      ground.show(names.includes("terrain"));
      Object.keys(extra).filter((kind) => names.includes(kind)).forEach(want);
      overlay.ask();
    },
    /* Tiles of a file: {id, minzoom, maxzoom, bounds: [[south, west], [north, east]]}, or null for none. */
    tiles: (found) => {
      if (tiles) tiles.remove();
      tiles = found && L.tileLayer(`opsdesk://tiles/${found.id}/{z}/{x}/{y}`, {
        minNativeZoom: found.minzoom, maxNativeZoom: found.maxzoom, bounds: found.bounds, maxZoom: 22, updateWhenZooming: false,
      }).addTo(map);
    },
  };
})();
