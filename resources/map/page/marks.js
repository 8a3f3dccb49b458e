"use strict";
/* Points of records: marks, put together where they stand close, with a ring that shows how urgent they are; or a surface
   of heat. A window of time hides what lies outside it: the points stay here and are not told again. */
const marks = (() => {
  const CELL = 46, NEAR = 38, MOST = 60, MARK = 7;
  const layers = new Map();
  let chosen = null, span = null, drawn = [], fan = null;
  const tone = (priority) => theme.now.tones[priority] || theme.now.tones[0];

  /* -- which points, and where ---------------------------------------------------------------------------------- */
  const inside = (one) => !span || one.w === undefined || one.w === null || (one.w >= span[0] && one.w < span[1]);
  const placed = (rows) => {
    for (const one of rows) Object.assign(one, mercator(one.lat, one.lon));
    return rows;
  };
  /* Points of one cell of a grid belong together, and so do cells whose middles are near. The grid stands in the world
     and not in the view, so that nothing is put together anew while the map is moved. */
  const grouped = (rows, view) => {
    const cells = new Map(), left = view.middle.x - view.size.x / 2, top = view.middle.y - view.size.y / 2;
    for (const one of rows) {
      if (!inside(one)) continue;
      const [x, y] = view.nearest(one);
      if (!view.covers(x, y)) continue;
      const column = Math.floor((x + left) / CELL), row = Math.floor((y + top) / CELL), key = column * 16777216 + row;
      const cell = cells.get(key);
      if (cell) { cell.rows.push(one); cell.sx += x; cell.sy += y; } else cells.set(key, { key, column, row, rows: [one], sx: x, sy: y });
    }
    const found = [];
    for (const cell of [...cells.values()].sort((one, two) => two.rows.length - one.rows.length || one.key - two.key)) {
      if (cell.taken) continue;
      cell.taken = true;
      const x = cell.sx / cell.rows.length, y = cell.sy / cell.rows.length;
      for (let c = -1; c <= 1; c++)
        for (let r = -1; r <= 1; r++) {
          const other = cells.get((cell.column + c) * 16777216 + cell.row + r);
          if (!other || other.taken || Math.hypot(other.sx / other.rows.length - x, other.sy / other.rows.length - y) > NEAR) continue;
          other.taken = true;
          cell.rows = cell.rows.concat(other.rows);
          cell.sx += other.sx;
          cell.sy += other.sy;
        }
      found.push({ rows: cell.rows, x: cell.sx / cell.rows.length, y: cell.sy / cell.rows.length });
    }
    return found;
  };

  /* -- drawing ---------------------------------------------------------------------------------------------------- */
  const path = (context, x, y, priority, r) => {
    context.beginPath();
    if (priority === 4) { context.moveTo(x, y - r * 1.3); context.lineTo(x + r * 1.3, y); context.lineTo(x, y + r * 1.3); context.lineTo(x - r * 1.3, y); context.closePath(); }
    else if (priority === 3) context.roundRect(x - r, y - r, 2 * r, 2 * r, 3);
    else context.arc(x, y, r, 0, 7);
  };
  const mark = (context, x, y, one) => {
    const done = one.s >= 50, look = theme.now;
    path(context, x, y, one.p, MARK + 0.5);
    context.fillStyle = look.surface;
    context.fill();
    context.lineWidth = 1;
    context.strokeStyle = tone(one.p);
    context.stroke();
    path(context, x, y, one.p, done ? MARK - 1.5 : MARK - 2);
    if (done) { context.lineWidth = 2; context.stroke(); } else { context.fillStyle = tone(one.p); context.fill(); }
  };
  const halo = (context, x, y, r) => {
    context.beginPath();
    context.arc(x, y, r, 0, 7);
    context.lineWidth = 3;
    context.strokeStyle = theme.now.accent;
    context.stroke();
  };
  const radius = (count) => (count < 10 ? 14 : count < 100 ? 18 : count < 1000 ? 22 : 26);
  const cluster = (context, { rows, x, y }) => {
    const counts = [0, 0, 0, 0, 0], r = radius(rows.length);
    for (const one of rows) counts[one.p] += 1;
    context.beginPath();
    context.arc(x, y, r, 0, 7);
    context.fillStyle = theme.now.surface;
    context.fill();
    context.lineWidth = 4;
    let from = -Math.PI / 2;
    counts.forEach((count, priority) => {
      if (!count) return;
      const to = from + (2 * Math.PI * count) / rows.length;
      context.beginPath();
      context.arc(x, y, r - 2, from, to);
      context.strokeStyle = tone(priority);
      context.stroke();
      from = to;
    });
    context.fillStyle = theme.now.text;
    context.fillText(rows.length, x, y + 0.5);
    return r;
  };
  /* What stands at one place, spread around it. */
  const spread = (context, view) => {
    const [x, y] = view.nearest(fan[0]), round = Math.max(30, (fan.length * 22) / (2 * Math.PI));
    fan.forEach((one, number) => {
      const turn = (2 * Math.PI * number) / fan.length - Math.PI / 2, at = [x + round * Math.cos(turn), y + round * Math.sin(turn)];
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(...at);
      context.lineWidth = 1;
      context.strokeStyle = theme.now.quiet;
      context.stroke();
      mark(context, ...at, one);
      if (one.id === chosen) halo(context, ...at, MARK + 5);
      drawn.push({ x: at[0], y: at[1], r: MARK + 3, one });
    });
  };
  const paint = (context, view) => {
    drawn = [];
    context.font = "600 12px Inter";
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const { kind, rows } of layers.values()) {
      if (kind === "heat") continue;
      for (const group of grouped(rows, view)) {
        const { x, y } = group, alone = group.rows.length === 1;
        const r = alone ? MARK + 3 : cluster(context, group);
        if (alone) mark(context, x, y, group.rows[0]);
        if (chosen && group.rows.some((one) => one.id === chosen)) halo(context, x, y, r + 3);
        drawn.push(alone ? { x, y, r, one: group.rows[0] } : { x, y, r, rows: group.rows });
      }
    }
    if (fan) spread(context, view);
    overlay.later();
  };
  const canvas = sheet("marks", 610, paint);
  const boxes = () => drawn.map(({ x, y, r }) => [x - r, y - r, x + r, y + r]);
  overlay.over(boxes);

  /* -- the mouse -------------------------------------------------------------------------------------------------- */
  const hit = ({ x, y }) => { for (let at = drawn.length - 1; at >= 0; at--) { const it = drawn[at]; if (Math.hypot(it.x - x, it.y - y) <= it.r + 1) return it; } return null; };
  /* Says whether something of ours was pressed. */
  const click = (event) => {
    const it = hit(event.containerPoint), had = fan;
    fan = null;
    if (had) canvas.ask();
    if (!it) return false;
    if (it.one) { if (had && had.includes(it.one)) fan = had; channel.tell("chosen", it.one.id); return true; }
    const box = L.latLngBounds(it.rows.map((one) => [one.lat, one.lon])), [low, high] = [map.project(box.getSouthWest(), 18), map.project(box.getNorthEast(), 18)];
    if (Math.hypot(high.x - low.x, high.y - low.y) < 40) { fan = it.rows.slice(0, MOST); canvas.ask(); } else map.fitBounds(box, { animate: false, padding: [60, 60], maxZoom: 18 });
    return true;
  };
  map.doubleClickZoom.disable();
  map.on("dblclick", (event) => {
    if (sketch.active()) return;
    const it = hit(event.containerPoint);
    if (it && it.one) channel.tell("opened", it.one.id); else if (!it) map.setZoomAround(event.containerPoint, map.getZoom() + 1);
  });
  /* Words from records go in as text, never as markup. */
  const tip = L.tooltip({ direction: "top", offset: [0, -8] });
  map.on("mousemove", (event) => {
    const it = hit(event.containerPoint);
    map.getContainer().style.cursor = it ? "pointer" : "";
    if (!it || !it.one) { tip.remove(); return; }
    const line = document.createElement("div");
    line.textContent = `${it.one.n}  ${it.one.t}`;
    tip.setLatLng(map.containerPointToLatLng([it.x, it.y])).setContent(line).addTo(map);
  });
  map.on("mouseout movestart zoomstart", () => tip.remove());
  map.on("zoomstart", () => { fan = null; });

  /* -- told by the program ---------------------------------------------------------------------------------------- */
  const warm = (rows) => rows.filter(inside).map((one) => [one.lat, one.lon, 0.6]);
  /* The surface of heat is read back for each picture: said before, that costs less. */
  const plain = window.simpleheat;
  window.simpleheat = (surface) => { surface.getContext("2d", { willReadFrequently: true }); return plain(surface); };
  /* Its next picture goes with it: the library would draw it on a map that it is no longer on. */
  const cool = (heat) => { L.Util.cancelAnimFrame(heat._frame); heat._frame = null; heat.remove(); };
  const fill = (name, { kind, rows }) => {
    const had = layers.get(name);
    if (kind === "heat") {
      if (had) cool(had.heat);
      const heat = L.heatLayer(warm(rows), { radius: 26, blur: 22, maxZoom: 9, minOpacity: 0.12, gradient: theme.now.heat });
      layers.set(name, { heat, rows, kind });
      heat.addTo(map);
    } else layers.set(name, { rows: placed(rows), kind });
    canvas.ask();
    return rows.length;
  };
  const drop = (name) => {
    const found = layers.get(name);
    if (found && found.heat) cool(found.heat);
    layers.delete(name);
    canvas.ask();
  };
  theme.listen(() => {
    for (const { heat } of layers.values()) if (heat) heat.setOptions({ gradient: theme.now.heat });
    canvas.ask();
  });
  return {
    fill, drop, click, hit, boxes,
    choose: (id) => { chosen = id; canvas.ask(); },
    /* Show only what happened from one moment to before another, in milliseconds since 1970; null for all. */
    window: (from, to) => {
      span = from === null ? null : [from, to];
      fan = null;
      for (const { heat, rows } of layers.values()) if (heat) heat.setLatLngs(warm(rows));
      canvas.ask();
    },
    reset: () => { for (const name of [...layers.keys()]) drop(name); chosen = span = fan = null; },
    draw: canvas.draw,
    drawn: () => drawn,
    kinds: () => [...layers].map(([name, { kind }]) => [name, kind]),
  };
})();
