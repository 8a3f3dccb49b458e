"use strict";
/* Positions of units: MIL-STD-2525 symbols by milsymbol, with the age of each position. The library is large and fetched
   with the first unit. A symbol is drawn once for each code and look, and copied from then on. */
const units = (() => {
  const SIZE = 22, STALE_MS = 30 * 60000;
  let rows = [], byId = new Map(), library = null, symbols = new Map();
  const load = () => {
    if (!library) library = new Promise((loaded, failed) => {
      const script = document.createElement("script");
      Object.assign(script, { src: "opsdesk://assets/leaflet/milsymbol.js", onload: loaded, onerror: failed });
      document.head.appendChild(script);
    });
    return library;
  };
  /* A code that the library cannot draw gets the frame of an unknown unit, so that it is seen that something is there. */
  const symbol = (sidc) => {
    if (!symbols.has(sidc)) {
      const style = { size: SIZE, outlineWidth: 3, outlineColor: theme.now.halo, monoColor: theme.name === "red" ? theme.now.text : undefined };
      const made = new ms.Symbol(sidc, style), valid = made.isValid();
      const it = valid ? made : new ms.Symbol("10010000000000000000", style), anchor = it.getAnchor();
      symbols.set(sidc, { valid, picture: it.asCanvas(window.devicePixelRatio || 1), x: anchor.x, y: anchor.y, wide: it.getSize().width, high: it.getSize().height });
    }
    return symbols.get(sidc);
  };
  const age = (ms) => (ms < 60000 ? "now" : ms < 3600000 ? `${Math.floor(ms / 60000)} min` : ms < 86400000 ? `${Math.floor(ms / 3600000)} h` : `${Math.floor(ms / 86400000)} d`);
  const place = (one) => Object.assign(one, mercator(one.lat, one.lon));
  const canvas = sheet("units", 605, (context, view) => {
    const now = Date.now(), words = rows.length <= 200 || view.zoom >= 10;
    context.font = "600 11px Inter";
    for (const one of rows) {
      const [x, y] = view.nearest(one);
      if (!view.covers(x, y)) continue;
      const it = symbol(one.sidc), old = one.at !== undefined && now - one.at > STALE_MS;
      context.globalAlpha = old ? 0.55 : 1;
      context.drawImage(it.picture, x - it.x, y - it.y, it.wide, it.high);
      context.globalAlpha = 1;
      if (!words) continue;
      const left = x + it.wide - it.x + 4;
      overlay.write(context, one.name, left, y, theme.now.text);
      if (one.at !== undefined) overlay.write(context, age(now - one.at), left, y + 13, old ? theme.now.tones[3] : theme.now.quiet);
    }
  });
  theme.listen(() => { symbols = new Map(); canvas.ask(); });
  return {
    /* rows: {id, sidc, lat, lon, at (milliseconds since 1970), name}. Returns a promise of how many codes were not drawn. */
    show: async (told) => {
      if (told.length) await load();
      rows = told;
      byId = new Map(rows.map((one) => [one.id, one]));
      rows.forEach(place);
      canvas.draw();
      return rows.filter((one) => !symbol(one.sidc).valid).length;
    },
    /* New positions of units that are shown, as [id, lat, lon, at]. */
    move: (told) => {
      for (const [id, lat, lon, at] of told) { const one = byId.get(id); if (one) { Object.assign(one, { lat, lon, at }); place(one); } }
      canvas.ask();
    },
    reset: () => { if (rows.length) { rows = []; byId = new Map(); canvas.ask(); } },
    draw: canvas.draw,
    age,
    count: () => rows.length,
    picture: (sidc) => { const { valid, wide, high } = symbol(sidc); return { valid, wide, high }; },
  };
})();
