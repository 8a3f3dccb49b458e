"use strict";
/* Drawings: points, lines, areas and circles as records have them, areas of threat hatched in the colour of their level.
   What has expired is dashed and pale, and says so. */
const drawings = (() => {
  const LEVELS = {
    light: ["#5f6b79", "#2f7d4f", "#8a6a00", "#c24e0a", "#d92d20", "#8f1010"],
    dark: ["#8390a2", "#4fae78", "#d3a83c", "#f08a4b", "#f0645a", "#ff4d6d"],
    red: ["#8a2c26", "#8a2c26", "#a83a32", "#c8463c", "#e6564a", "#ff6b5e"],
  };
  const THREAT = 3, AREA = 2, STEP = 10;
  const ink = document.createElement("canvas").getContext("2d");
  let rows = [], chosen = null, hidden = null, drawn = [], named = [], draft = null;
  const level = (one) => LEVELS[theme.name][one.l] || LEVELS[theme.name][0];
  const colour = (one) => (one.k === THREAT ? level(one) : one.k === AREA ? theme.now.text : theme.now.accent);

  /* -- shapes ----------------------------------------------------------------------------------------------------- */
  const world = (lon, lat) => { const { x, y } = mercator(Math.max(-85, Math.min(85, lat)), lon); return [x, y]; };
  /* An edge is straight in degrees (RFC 7946), which on this map it is not: it is walked in steps. */
  const walked = (ring) => {
    const found = [];
    ring.forEach(([lon, lat], at) => {
      if (at) {
        const [lon0, lat0] = ring[at - 1], steps = Math.min(60, Math.ceil(Math.abs(lat - lat0) / 2));
        for (let step = 1; step < steps; step++) found.push(world(lon0 + ((lon - lon0) * step) / steps, lat0 + ((lat - lat0) * step) / steps));
      }
      found.push(world(lon, lat));
    });
    return found;
  };
  const round = ([lon, lat], metres) => {
    const far = metres / 6371008.8, phi = (lat * Math.PI) / 180, found = [];
    for (let at = 0; at <= 72; at++) {
      const turn = (at * Math.PI) / 36;
      const phi2 = Math.asin(Math.sin(phi) * Math.cos(far) + Math.cos(phi) * Math.sin(far) * Math.cos(turn));
      const wide = Math.atan2(Math.sin(turn) * Math.sin(far) * Math.cos(phi), Math.cos(far) - Math.sin(phi) * Math.sin(phi2));
      found.push([lon + (wide * 180) / Math.PI, (phi2 * 180) / Math.PI]);
    }
    return found;
  };
  const ringsOf = ({ type, coordinates }, radius) => {
    if (type === "Point") return radius ? [walked(round(coordinates, radius))] : [[world(...coordinates)]];
    if (type === "LineString") return [walked(coordinates)];
    return (type === "Polygon" ? [coordinates] : coordinates).flat().map(walked);
  };
  const read = (one) => {
    try {
      const shape = JSON.parse(one.g);
      const kind = shape.type === "Point" ? (one.r ? "area" : "point") : shape.type === "LineString" ? "line" : "area";
      const rings = ringsOf(shape, one.r);
      let west = Infinity, east = -Infinity;
      for (const ring of rings) for (const [x] of ring) { west = Math.min(west, x); east = Math.max(east, x); }
      return { ...one, kind, rings, west, east };
    } catch (error) { return null; }
  };
  /* The copies of a shape that the view can show, as paths in pixels of the container. */
  const copies = (one, view) => {
    const found = [];
    for (let turn = -2; turn <= 2; turn++) {
      const x = (at) => (at + turn) * view.world - view.middle.x + view.size.x / 2, y = (at) => at * view.world - view.middle.y + view.size.y / 2;
      if (x(one.east) < -view.pad.x || x(one.west) > view.size.x + view.pad.x) continue;
      const path = new Path2D();
      let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
      for (const ring of one.rings) {
        ring.forEach(([wx, wy], at) => {
          const px = x(wx), py = y(wy);
          left = Math.min(left, px); right = Math.max(right, px); top = Math.min(top, py); bottom = Math.max(bottom, py);
          if (at) path.lineTo(px, py); else path.moveTo(px, py);
        });
        if (one.kind === "area") path.closePath();
      }
      if (bottom < -view.pad.y || top > view.size.y + view.pad.y) continue;
      found.push({ path, left, right, top, bottom });
    }
    return found;
  };

  /* -- drawing ---------------------------------------------------------------------------------------------------- */
  const hatch = (context, { path, left, right, top, bottom }, tone, alpha, view) => {
    context.save();
    context.clip(path, "evenodd");
    context.beginPath();
    const from = Math.max(left, -view.pad.x), to = Math.min(right, view.size.x + view.pad.x), high = Math.max(top, -view.pad.y), low = Math.min(bottom, view.size.y + view.pad.y);
    const began = Math.floor((from + high + view.middle.x + view.middle.y) / STEP) * STEP - view.middle.x - view.middle.y;
    for (let at = began; at < to + low; at += STEP) { context.moveTo(at - low, low); context.lineTo(at - high, high); }
    context.globalAlpha = alpha;
    context.lineWidth = 1.2;
    context.strokeStyle = tone;
    context.stroke();
    context.restore();
  };
  const shape = (context, one, copy, view) => {
    const tone = colour(one), pale = one.x || one.f;
    context.globalAlpha = one.x ? 0.75 : 1;
    if (one.kind === "point") {
      context.beginPath();
      context.arc(copy.left, copy.top, 5, 0, 7);
      context.fillStyle = tone;
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = theme.now.surface;
      context.stroke();
    } else {
      if (one.kind === "area") {
        context.save();
        context.globalAlpha = one.k === THREAT ? (one.x ? 0.04 : 0.14) : 0.07;
        context.fillStyle = tone;
        context.fill(copy.path, "evenodd");
        context.restore();
        if (one.k === THREAT) hatch(context, copy, tone, one.x ? 0.35 : 0.7, view);
      }
      context.lineJoin = "round";
      context.lineWidth = 4.5;
      context.strokeStyle = theme.now.halo;
      context.setLineDash([]);
      context.save();
      context.globalAlpha *= 0.7;
      context.stroke(copy.path);
      context.restore();
      context.lineWidth = 2.2;
      context.strokeStyle = tone;
      context.setLineDash(pale ? [6, 5] : []);
      context.stroke(copy.path);
      context.setLineDash([]);
    }
    context.globalAlpha = 1;
    if (one.id === chosen) {
      context.lineWidth = 2;
      context.strokeStyle = theme.now.accent;
      if (one.kind === "point") { context.beginPath(); context.arc(copy.left, copy.top, 10, 0, 7); context.stroke(); }
      else { context.save(); context.lineWidth = 7; context.globalAlpha = 0.35; context.stroke(copy.path); context.restore(); }
    }
  };
  const cropped = (context, text, width) => {
    if (context.measureText(text).width <= width) return text;
    let end = text.length;
    while (end > 1 && context.measureText(text.slice(0, end) + "…").width > width) end--;
    return text.slice(0, end) + "…";
  };
  const label = (context, one, copy, taken) => {
    if (!one.n) return;
    if (one.kind !== "point" && Math.max(copy.right - copy.left, copy.bottom - copy.top) < 26 && one.id !== chosen) return;
    context.font = "600 11px Inter";
    const first = cropped(context, one.w ? `${one.w}  ${one.n}` : one.n, 190), wide = context.measureText(first).width;
    context.font = "11px Inter";
    const width = Math.ceil(Math.max(wide, one.u ? context.measureText(one.u).width : 0)) + 14, height = one.u ? 33 : 20;
    const across = (copy.left + copy.right) / 2 - width / 2, down = (copy.top + copy.bottom) / 2 - height / 2;
    /* Beside other labels, in view, and where it hides least of marks and legend. */
    const places = [6, 20].flatMap((gap) => {
      const sides = [[copy.right + gap + 3, down], [copy.left - width - gap - 3, down], [across, copy.bottom + gap], [across, copy.top - height - gap]];
      return one.kind === "point" ? sides : [...sides.slice(2), ...sides.slice(0, 2)];
    });
    const free = ([px, py]) => !taken.some((it) => px < it[2] && px + width > it[0] && py < it[3] && py + height > it[1]);
    const shared = ([px, py], it) => Math.max(0, Math.min(px + width, it[2]) - Math.max(px, it[0])) * Math.max(0, Math.min(py + height, it[3]) - Math.max(py, it[1]));
    const view = map.getSize(), above = [...marks.boxes(), ...legend.boxes()];
    const cost = (place) => above.reduce((sum, it) => sum + shared(place, it), 0) + 2 * (width * height - shared(place, [0, 0, view.x, view.y]));
    const best = places.filter(free).map((place) => ({ place, cost: cost(place) })).reduce((found, it) => (found && found.cost <= it.cost ? found : it), null);
    const [x, y] = (best ? best.place : one.id === chosen ? places[0] : []).map(Math.round);
    if (x === undefined) return;
    taken.push([x, y, x + width, y + height]);
    const tone = colour(one);
    context.beginPath();
    context.roundRect(x + 0.5, y + 0.5, width, height, 4);
    context.globalAlpha = 0.93;
    context.fillStyle = theme.now.surface;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1;
    context.setLineDash(one.x || one.f ? [4, 3] : []);
    context.strokeStyle = one.k === THREAT ? tone : theme.now.line;
    context.stroke();
    context.setLineDash([]);
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.font = "600 11px Inter";
    context.fillStyle = one.k === THREAT ? tone : theme.now.text;
    context.fillText(first, x + 7, y + 14);
    if (one.u) { context.font = "11px Inter"; context.fillStyle = theme.now.text; context.fillText(one.u, x + 7, y + 27); }
  };
  const paint = (context, view) => {
    drawn = [];
    for (const one of draft ? [...rows, draft] : rows) {
      if (one.id === hidden) continue;
      for (const copy of copies(one, view)) { shape(context, one, copy, view); drawn.push({ one, ...copy }); }
    }
    labels.draw();
  };
  const paintLabels = (context) => {
    const taken = named = [];
    for (const it of [...drawn].sort((a, b) => (b.one.id === chosen) - (a.one.id === chosen) || b.one.l - a.one.l)) label(context, it.one, it, taken);
    overlay.later();
  };
  overlay.over(() => named);
  const labels = sheet("labels", 612, paintLabels), canvas = sheet("drawings", 430, paint);

  /* -- the mouse -------------------------------------------------------------------------------------------------- */
  const size = (it) => (it.one.kind === "area" ? (it.right - it.left) * (it.bottom - it.top) : 0);
  /* What lies under the pointer, the smallest first: a small area in a large one can be chosen. */
  const hit = ({ x, y }) => drawn.filter((it) => {
    if (x < it.left - 9 || x > it.right + 9 || y < it.top - 9 || y > it.bottom + 9) return false;
    if (it.one.kind === "point") return Math.hypot(x - it.left, y - it.top) <= 9;
    ink.lineWidth = 12;
    return ink.isPointInStroke(it.path, x, y) || (it.one.kind === "area" && ink.isPointInPath(it.path, x, y, "evenodd"));
  }).sort((a, b) => size(a) - size(b))[0] || null;
  const tip = L.tooltip({ direction: "top", offset: [0, -10] });
  map.on("mousemove", (event) => {
    const it = sketch.active() || marks.hit(event.containerPoint) ? null : hit(event.containerPoint);
    if (!it) { tip.remove(); return; }
    map.getContainer().style.cursor = "pointer";
    const line = document.createElement("div");
    line.textContent = [it.one.n, it.one.w, it.one.u].filter(Boolean).join("  ·  ");
    tip.setLatLng(event.latlng).setContent(line).addTo(map);
  });
  map.on("mouseout movestart zoomstart", () => tip.remove());
  theme.listen(canvas.ask);

  return {
    /* A shape that has no name yet. */
    draft: (said, radius) => { draft = said ? read({ id: "", n: "", k: 1, g: said, r: radius, l: 0, x: 0, f: 0, w: "", u: "" }) : null; canvas.ask(); },
    show: (told) => { rows = told.map(read).filter(Boolean); canvas.ask(); legend.draw(); },
    /* Says whether a drawing was pressed. */
    click: (event) => { const it = hit(event.containerPoint); if (it && it.one.id) channel.tell("drawing", it.one.id); return Boolean(it); },
    choose: (id) => { chosen = id; canvas.ask(); },
    /* The one that is being redrawn is not shown as it was. */
    hide: (id) => { hidden = id; canvas.ask(); },
    reset: () => { rows = []; chosen = hidden = draft = null; canvas.ask(); },
    drawn: () => drawn.map(({ one, left, right, top, bottom }) => ({ n: one.n, kind: one.kind, x: one.x, box: [left, top, right, bottom] })),
    rings: ringsOf, world,
    lines: () => {
      const look = theme.now, found = [];
      const box = (tone, dash, fill) => legend.svg(`<rect x="-8" y="-6" width="16" height="12" rx="2" fill="${fill ? tone : "none"}" fill-opacity=".16" stroke="${tone}" stroke-width="1.8" stroke-dasharray="${dash}"/>`);
      const levels = [...new Set(rows.filter((one) => one.k === THREAT && !one.x).map((one) => one.l))].sort((a, b) => b - a);
      for (const one of levels) found.push({ swatch: box(level({ l: one }), "", true), text: `Threat: ${rows.find((it) => it.l === one).w.toLowerCase()}` });
      if (rows.some((one) => one.x)) found.push({ swatch: box(look.quiet, "4 3", false), text: "Expired" });
      return found;
    },
  };
})();
