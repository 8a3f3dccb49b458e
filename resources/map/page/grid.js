"use strict";
/* Graticule and MGRS grid (NGA.STND.0037): grid zones, squares of 100 km with their letters, then 10 km and 1 km lines.
   Lines of a zone are straight in its own UTM projection, so they are walked there and drawn through geographic points. */
const grid = (() => {
  const BANDS = "CDEFGHJKLMNPQRSTUVWX";
  const SETS = ["ABCDEFGH", "JKLMNPQR", "STUVWXYZ"];
  const ROWS = "ABCDEFGHJKLMNPQRSTUV";
  const state = { graticule: true, mgrs: true };

  /* West and east of a zone in a band, with the exceptions of Norway (32V) and Svalbard (31X, 33X, 35X, 37X). */
  const edges = (zone, band) => {
    let west = zone * 6 - 186, east = west + 6;
    if (band === "V" && zone === 31) east = 3;
    if (band === "V" && zone === 32) west = 3;
    if (band === "X") {
      if (zone === 31) east = 9;
      else if (zone === 33) [west, east] = [9, 21];
      else if (zone === 35) [west, east] = [21, 33];
      else if (zone === 37) west = 33;
      else if ([32, 34, 36].includes(zone)) return null;
    }
    return [west, east];
  };
  const utm = new Map();
  const projection = (zone) => {
    if (!utm.has(zone)) utm.set(zone, proj4(`+proj=utm +zone=${zone} +datum=WGS84`));
    return utm.get(zone);
  };
  const letters = (zone, east, north) => {
    const column = SETS[(zone - 1) % 3][Math.floor(east / 100000) - 1];
    const row = (((Math.floor(north / 100000) % 20) + 20) % 20 + (zone % 2 ? 0 : 5)) % 20;
    return column ? column + ROWS[row] : "";
  };

  const words = [];  // [text, x, y, width, font]: written when the names of the map stand

  const line = (context, points) => {
    context.beginPath();
    points.forEach(([lat, lon], index) => {
      const { x, y } = overlay.at(lat, lon);
      if (index) context.lineTo(x, y); else context.moveTo(x, y);
    });
    context.stroke();
  };

  /* The grid zones that touch the view: [zone, band, south, west, north, east], all in degrees, clipped to the view. */
  const zones = (bounds) => {
    const found = [];
    for (let at = 0; at < 20; at++) {
      const low = at * 8 - 80, high = at === 19 ? 84 : low + 8;
      if (high < bounds.getSouth() || low > bounds.getNorth()) continue;
      for (let zone = 1; zone <= 60; zone++) {
        const span = edges(zone, BANDS[at]);
        if (!span || span[1] < bounds.getWest() || span[0] > bounds.getEast()) continue;
        found.push([zone, BANDS[at], low, span[0], high, span[1]]);
      }
    }
    return found;
  };

  const squares = (context, [zone, band, low, west, high, east], bounds, step) => {
    const project = projection(zone);
    const south = Math.max(low, bounds.getSouth()), north = Math.min(high, bounds.getNorth());
    const left = Math.max(west, bounds.getWest()), right = Math.min(east, bounds.getEast());
    if (south >= north || left >= right) return;
    const corners = [[left, south], [left, north], [right, south], [right, north], [(left + right) / 2, south], [(left + right) / 2, north]]
      .map((point) => project.forward(point));
    const [e0, e1] = [Math.min(...corners.map((c) => c[0])), Math.max(...corners.map((c) => c[0]))];
    const [n0, n1] = [Math.min(...corners.map((c) => c[1])), Math.max(...corners.map((c) => c[1]))];
    const inside = ([lat, lon]) => lon >= west - 1e-9 && lon <= east + 1e-9 && lat >= low && lat <= high;
    const walk = (fixed, from, to, point) => {
      const pace = (to - from) / 12 || 1, seen = (along) => { const [lon, lat] = project.inverse(point(fixed, along)); return [lat, lon]; };
      /* Where the line leaves the zone, found by halving: to a hundredth of a step. */
      const edge = (within, beyond) => {
        for (let turn = 0; turn < 7; turn++) { const half = (within + beyond) / 2; if (inside(seen(half))) within = half; else beyond = half; }
        return seen(within);
      };
      let run = [], before = null;
      for (let along = from; along <= to + pace / 2; along += pace) {
        const there = seen(along), now = inside(there);
        if (now && before === false) run.push(edge(along, along - pace));
        if (now) run.push(there);
        if (!now && before) { run.push(edge(along - pace, along)); line(context, run); run = []; }
        before = now;
      }
      if (run.length > 1) line(context, run);
    };
    const first = (value) => Math.ceil(value / step) * step;
    for (let e = first(e0); e <= e1; e += step) walk(e, n0, n1, (fixed, along) => [fixed, along]);
    for (let n = first(n0); n <= n1; n += step) walk(n, e0, e1, (fixed, along) => [along, fixed]);
    if (step === 100000) {
      for (let e = Math.floor(e0 / step) * step; e <= e1; e += step)
        for (let n = Math.floor(n0 / step) * step; n <= n1; n += step) {
          const there = project.inverse([e + step / 2, n + step / 2]);
          if (!inside([there[1], there[0]])) continue;
          const { x, y } = overlay.at(there[1], there[0]), word = letters(zone, e, n);
          if (word) words.push([word, x - 9, y + 4, 18]);
        }
    } else {
      const digits = step === 10000 ? (v) => Math.floor(v / 10000) % 10 : (v) => String(Math.floor(v / 1000) % 100).padStart(2, "0");
      for (let e = first(e0); e <= e1; e += step) {
        const there = project.inverse([e, n0]), { x } = overlay.at(there[1], there[0]);
        if (inside([(south + north) / 2, there[0]])) words.push([String(digits(e)), x + 3, map.getSize().y - 36, 16]);
      }
      for (let n = first(n0); n <= n1; n += step) {
        const there = project.inverse([e1, n]), { y } = overlay.at(there[1], there[0]);
        words.push([String(digits(n)), map.getSize().x - 22, y - 3, 18]);
      }
    }
  };

  overlay.add((context, { bounds, zoom }) => {
    words.length = 0;
    context.lineWidth = 1;
    context.strokeStyle = context.fillStyle = theme.now.grid;
    if (state.graticule && zoom < 6) {
      const step = zoom < 3.5 ? 30 : 10;
      context.globalAlpha = 0.22;
      for (let lat = -80; lat <= 80; lat += 10) if (lat % step === 0) line(context, [[lat, bounds.getWest()], [lat, bounds.getEast()]]);
      for (let lon = Math.ceil(bounds.getWest() / step) * step; lon <= bounds.getEast(); lon += step) line(context, [[-84, lon], [84, lon]]);
    }
    if (state.mgrs && zoom >= 4) {
      const step = zoom >= 12 ? 1000 : zoom >= 8.5 ? 10000 : 100000;
      for (const zone of zones(bounds)) {
        const [number, band, low, west, high, east] = zone;
        context.globalAlpha = 0.55;
        line(context, [[high, west], [low, west], [low, east]]);
        if (zoom >= 6) { context.globalAlpha = 0.28; squares(context, zone, bounds, step); }
        const corner = overlay.at(Math.min(high, bounds.getNorth()), Math.max(west, bounds.getWest()));
        words.push([`${number}${band}`, corner.x + 6, corner.y + 16, 28]);
      }
    }
    context.globalAlpha = 1;
  });
  overlay.addLast((context, view, free) => {
    context.font = "600 11px Inter";
    context.fillStyle = theme.now.grid;
    context.globalAlpha = 0.6;
    for (const [text, x, y, width] of words) if (free(x, y - 10, width, 12)) context.fillText(text, x, y);
    context.globalAlpha = 1;
  });
  return {
    show: (names) => { state.graticule = names.includes("graticule"); state.mgrs = names.includes("mgrs"); overlay.ask(); },
    edges, letters,
  };
})();
