"use strict";
/* Drawing by hand: clicks add points, a double click or Enter ends; handles move, add and take away points of what is
   there. Whatever is done is told as `sketching`, the end as `sketched`. */
const sketch = (() => {
  const MOST_HANDLES = 300, CLOSE = 9;
  const LEAST = { point: 1, line: 2, area: 3, circle: 2 };
  let shape = "", editing = false, parts = [], radius = null, pointer = null, past = [], handles = [], dragged = false;
  const active = () => shape !== "";
  const six = (value) => Math.round(value * 1e6) / 1e6;
  const place = ({ lat, lng }) => [six(lng), six(Math.max(-90, Math.min(90, lat)))];
  const open = () => parts[0][0];
  const at = ([lon, lat]) => L.latLng(lat, lon);
  const metres = () => {
    if (shape === "circle") return radius || (open().length && pointer ? at(open()[0]).distanceTo(pointer) : 0);
    let found = 0;
    for (const part of parts) for (const ring of part) ring.forEach((one, n) => { if (n) found += at(ring[n - 1]).distanceTo(at(one)); });
    return found;
  };
  const geometry = () => {
    const closed = (ring) => (ring.length ? [...ring, ring[0]] : ring);
    if (shape === "line") return { type: "LineString", coordinates: open() };
    if (shape === "area") {
      const rings = parts.map((part) => part.map(closed));
      return rings.length === 1 ? { type: "Polygon", coordinates: rings[0] } : { type: "MultiPolygon", coordinates: rings };
    }
    return { type: "Point", coordinates: open()[0] };
  };
  const count = () => parts.flat().reduce((sum, ring) => sum + ring.length, 0);
  const told = () => ({ shape, points: shape === "circle" && radius ? 2 : count(), metres: metres(), editing });
  const tell = () => channel.tell("sketching", JSON.stringify(told()));
  const keep = () => { past.push(JSON.stringify([parts, radius])); if (past.length > 100) past.shift(); };

  /* -- what is seen ----------------------------------------------------------------------------------------------- */
  const paint = (context, view) => {
    if (!active() || !count()) return;
    let rings = parts.flat();
    if (shape === "circle") {
      const far = metres();
      rings = far ? drawings.rings({ type: "Point", coordinates: open()[0] }, far) : [];
    } else {
      rings = rings.map((ring, n) => (!editing && pointer && shape !== "point" && n === 0 ? [...ring, place(pointer)] : ring));
      rings = rings.map((ring) => ring.map(([lon, lat]) => drawings.world(lon, lat)));
    }
    const spot = ([x, y]) => [x * view.world - view.middle.x + view.size.x / 2, y * view.world - view.middle.y + view.size.y / 2];
    context.beginPath();
    for (const ring of rings) { ring.forEach((one, n) => (n ? context.lineTo(...spot(one)) : context.moveTo(...spot(one)))); if (shape !== "line") context.closePath(); }
    if (shape !== "line") { context.globalAlpha = 0.14; context.fillStyle = theme.now.accent; context.fill("evenodd"); context.globalAlpha = 1; }
    context.lineWidth = 2;
    context.setLineDash(editing ? [] : [6, 4]);
    context.strokeStyle = theme.now.accent;
    context.stroke();
    context.setLineDash([]);
    if (editing) return;
    for (const one of open()) {
      const [x, y] = spot(drawings.world(...one));
      context.beginPath();
      context.arc(x, y, 4.5, 0, 7);
      context.fillStyle = theme.now.surface;
      context.fill();
      context.stroke();
    }
  };
  const canvas = sheet("sketch", 620, paint);

  /* -- handles of what is there ------------------------------------------------------------------------------------ */
  const handle = (where, kind, moved, extra) => {
    const made = L.marker(at(where), {
      icon: L.divIcon({ className: `handle ${kind}`, iconSize: kind === "mid" ? [10, 10] : [14, 14] }), draggable: true, keyboard: false, zIndexOffset: kind === "mid" ? 0 : 500,
    }).addTo(map);
    let before = null;
    made.on("dragstart", () => { dragged = true; keep(); before = made.getLatLng(); });
    made.on("drag", () => { moved(made.getLatLng(), before); before = made.getLatLng(); canvas.ask(); tell(); });
    made.on("dragend", () => { dragged = false; grips(); tell(); });
    made.on("contextmenu", (event) => { L.DomEvent.stop(event); if (extra) extra(); });
    handles.push(made);
    return made;
  };
  const shift = (now, before) => {
    const x = now.lng - before.lng, y = now.lat - before.lat;
    parts = parts.map((part) => part.map((ring) => ring.map(([lon, lat]) => [six(lon + x), six(Math.max(-90, Math.min(90, lat + y)))])));
  };
  const middle = () => { const ring = parts.flat().flat(), box = L.latLngBounds(ring.map(at)); return place(box.getCenter()); };
  const grips = () => {
    for (const one of handles) one.remove();
    handles = [];
    if (!editing) return;
    if (shape === "circle" || shape === "point") {
      handle(open()[0], "move", (now) => { parts = [[[place(now)]]]; });
      if (shape === "circle") {
        const [lon, lat] = open()[0], east = radius / (111195 * Math.max(0.01, Math.cos((lat * Math.PI) / 180)));
        handle([lon + Math.min(east, 170), lat], "", (now) => { radius = Math.max(1, Math.round(at(open()[0]).distanceTo(now))); });
      }
      return;
    }
    const view = map.getBounds().pad(0.2);
    let left = MOST_HANDLES;
    for (const part of parts)
      for (const ring of part)
        ring.forEach((one, n) => {
          if (left <= 0 || !view.contains(at(one))) return;
          left--;
          handle(one, "", (now) => { ring[n] = place(now); }, () => drop(ring, n));
          const next = shape === "line" ? ring[n + 1] : ring[(n + 1) % ring.length];
          if (!next || count() > 150) return;
          let begun = false;
          handle([(one[0] + next[0]) / 2, (one[1] + next[1]) / 2], "mid", (now) => { if (begun) ring[n + 1] = place(now); else { begun = true; ring.splice(n + 1, 0, place(now)); } });
        });
    handle(middle(), "move", shift);
  };
  const drop = (ring, n) => { if (ring.length > LEAST[shape]) { keep(); ring.splice(n, 1); grips(); canvas.ask(); tell(); } };
  /* What is held stays: the map may move meanwhile, when the window is given another size. */
  map.on("moveend", () => { if (editing && !dragged) grips(); });

  /* -- begin, go on, end --------------------------------------------------------------------------------------------- */
  const clear = () => {
    shape = ""; editing = false; parts = []; radius = pointer = null; past = [];
    grips();
    map.getContainer().classList.remove("picking");
    drawings.hide(null);
    canvas.ask();
  };
  const begin = (kind) => {
    clear();
    shape = kind;
    parts = [[[]]];
    map.getContainer().classList.add("picking");
    tell();
  };
  const edit = (id, said, metresOf) => {
    clear();
    const { type, coordinates } = JSON.parse(said), unclosed = (ring) => ring.slice(0, -1);
    shape = type === "Point" ? (metresOf ? "circle" : "point") : type === "LineString" ? "line" : "area";
    radius = metresOf;
    editing = true;
    parts = type === "Point" ? [[[coordinates]]] : type === "LineString" ? [[coordinates]] : (type === "Polygon" ? [coordinates] : coordinates).map((part) => part.map(unclosed));
    drawings.hide(id);
    grips();
    canvas.ask();
    tell();
  };
  const end = () => {
    if (!active()) return;
    const few = shape === "circle" ? !radius : count() < LEAST[shape];
    if (few) { channel.tell("sketching", JSON.stringify({ ...told(), few: true })); return; }
    const done = { shape, geometry: geometry(), radius: shape === "circle" ? radius : null, editing };
    clear();
    channel.tell("sketched", JSON.stringify(done));
  };
  const add = (where) => {
    if (editing) return;
    const ring = open(), spot = place(where);
    if (shape === "circle" && ring.length) { keep(); radius = Math.max(1, Math.round(at(ring[0]).distanceTo(where))); end(); return; }
    const first = ring.length > 2 && shape === "area" && map.latLngToContainerPoint(at(ring[0])).distanceTo(map.latLngToContainerPoint(where)) <= CLOSE;
    if (first) { end(); return; }
    const last = ring[ring.length - 1];
    if (last && last[0] === spot[0] && last[1] === spot[1]) return;
    keep();
    ring.push(spot);
    canvas.ask();
    tell();
    if (shape === "point") end();
  };
  const back = () => {
    if (!active() || !past.length) return;
    [parts, radius] = JSON.parse(past.pop());
    grips();
    canvas.ask();
    tell();
  };
  map.on("mousemove", (event) => { if (active() && !editing) { pointer = event.latlng; canvas.ask(); if (shape === "circle" && open().length) tell(); } });
  map.on("dblclick", (event) => { if (active()) { L.DomEvent.stop(event.originalEvent); end(); } });
  /* The keyboard may be in the page or in the window around it; both understand these. */
  document.addEventListener("keydown", (event) => {
    if (!active()) return;
    const run = { Enter: end, Escape: () => channel.tell("sketch", "cancel"), Backspace: back, x: () => add(map.getCenter()), X: () => add(map.getCenter()) }[event.key];
    if (run) { event.preventDefault(); run(); }
  });
  return {
    active, begin, edit, end, back, clear, paint: canvas.ask,
    here: () => { if (active()) add(map.getCenter()); },
    /* Says whether the click was taken for drawing. */
    click: (event) => { if (!active()) return false; add(event.latlng); return true; },
    state: () => ({ ...told(), handles: handles.length, parts }),
  };
})();
