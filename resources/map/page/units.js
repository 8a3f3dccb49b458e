"use strict";
/* Positions of units: MIL-STD-2525 symbols by milsymbol, with the age of each position. The library is large and fetched
   with the first unit. A symbol is drawn once for each code and look, and copied from then on. Thousands move at once:
   where they are stands in arrays of numbers, and a symbol is copied to whole pixels, which needs no smoothing. */
const units = (() => {
  const SIZE = 22, STALE_MS = 30 * 60000;
  const NORTH = 85.0511287798, NUMBERS = 4;
  let rows = [], byId = new Map(), library = null, symbols = new Map();
  /* Of each row: its place in the world as a square of side 1, when it was there (NaN where unknown), its symbol. */
  let xs = new Float64Array(0), ys = xs, ats = xs, drawn = null;
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
      const style = { size: SIZE, outlineWidth: 3, outlineColor: theme.now.halo, monoColor: theme.name === "red" ? theme.now.text : "" };
      const made = new ms.Symbol(sidc, style), valid = made.isValid();
      const it = valid ? made : new ms.Symbol("10010000000000000000", style), anchor = it.getAnchor();
      const canvas = it.asCanvas(window.devicePixelRatio || 1), picture = new OffscreenCanvas(Math.max(1, canvas.width), Math.max(1, canvas.height));
      picture.getContext("2d").drawImage(canvas, 0, 0);
      /* A bitmap, because a canvas is looked at for changes each time that it is copied. */
      symbols.set(sidc, { valid, picture: picture.transferToImageBitmap(), x: anchor.x, y: anchor.y, wide: it.getSize().width, high: it.getSize().height });
    }
    return symbols.get(sidc);
  };
  const age = (ms) => (ms < 60000 ? "now" : ms < 3600000 ? `${Math.floor(ms / 60000)} min` : ms < 86400000 ? `${Math.floor(ms / 3600000)} h` : `${Math.floor(ms / 86400000)} d`);
  /* As `mercator`, without an object for each. */
  const place = (at, lat, lon, moment) => {
    const sine = Math.sin(Math.max(-NORTH, Math.min(NORTH, lat)) * Math.PI / 180);
    xs[at] = lon / 360 + 0.5;
    ys[at] = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
    ats[at] = moment;
  };
  const canvas = sheet("units", 605, (context, { size, pad, zoom, world, middle }) => {
    const now = Date.now(), words = rows.length <= 200 || zoom >= 10, scale = window.devicePixelRatio || 1;
    if (!drawn) drawn = rows.map((one) => symbol(one.sidc));
    context.font = "600 11px Inter";
    let alpha = 1;
    for (let at = 0; at < rows.length; at++) {
      /* Of the copies of the world the one that is nearest to the middle counts, as in `sheet`. */
      let x = xs[at] * world - middle.x;
      x += size.x / 2 - Math.round(x / world) * world;
      const y = ys[at] * world - middle.y + size.y / 2;
      if (!(x >= -pad.x && y >= -pad.y && x <= size.x + pad.x && y <= size.y + pad.y)) continue;
      const it = drawn[at], old = now - ats[at] > STALE_MS;
      if (alpha !== (old ? 0.55 : 1)) context.globalAlpha = alpha = old ? 0.55 : 1;
      const { picture } = it;
      context.drawImage(picture, Math.round((x - it.x) * scale) / scale, Math.round((y - it.y) * scale) / scale, picture.width / scale, picture.height / scale);
      if (!words) continue;
      if (alpha !== 1) context.globalAlpha = alpha = 1;
      const left = x + it.wide - it.x + 4;
      overlay.write(context, rows[at].name, left, y, theme.now.text);
      if (!Number.isNaN(ats[at])) overlay.write(context, age(now - ats[at]), left, y + 13, old ? theme.now.tones[3] : theme.now.quiet);
    }
  });
  const take = (told) => {
    rows = told;
    byId = new Map(rows.map((one, at) => [one.id, at]));
    [xs, ys, ats] = [0, 1, 2].map(() => new Float64Array(rows.length));
    drawn = null;
    rows.forEach((one, at) => place(at, one.lat, one.lon, one.at === undefined ? NaN : one.at));
  };
  theme.listen(() => { symbols = new Map(); drawn = null; canvas.ask(); });
  return {
    /* rows: {id, sidc, lat, lon, at (milliseconds since 1970), name}. Returns a promise of how many codes were not drawn. */
    show: async (told) => {
      if (told.length) await load();
      take(told);
      canvas.draw();
      return rows.filter((one) => !symbol(one.sidc).valid).length;
    },
    /* New positions of units that are shown, as [id, lat, lon, at]. */
    move: (told) => {
      for (const [id, lat, lon, moment] of told) { const at = byId.get(id); if (at !== undefined) place(at, lat, lon, moment === undefined ? NaN : moment); }
      canvas.ask();
    },
    /* The same for thousands: base64 of float64 (little-endian), four for each: its number in what was shown, from 0, latitude,
       longitude, moment. */
    moveMany: (text) => {
      const told = new Float64Array(Uint8Array.fromBase64(text).buffer);
      for (let from = 0; from < told.length; from += NUMBERS) if (told[from] < rows.length) place(told[from], told[from + 1], told[from + 2], told[from + 3]);
      canvas.ask();
    },
    reset: () => { if (rows.length) { take([]); canvas.ask(); } },
    draw: canvas.draw,
    age,
    count: () => rows.length,
    /* Where a unit is drawn, to a ten-millionth of a degree, or null. */
    at: (id) => {
      const at = byId.get(id), round = (degrees) => Math.round(degrees * 1e7) / 1e7;
      if (at === undefined) return null;
      const { lat, lng } = map.unproject([xs[at] * 256, ys[at] * 256], 0);
      return { lat: round(lat), lon: round(lng), at: ats[at] };
    },
    picture: (sidc) => { const { valid, wide, high } = symbol(sidc); return { valid, wide, high }; },
  };
})();
