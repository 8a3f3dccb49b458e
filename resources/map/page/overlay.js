"use strict";
/* A position in the world as a square of side 1, which ends at 85.05 degrees. */
const mercator = (lat, lon) => ({ x: lon / 360 + 0.5, y: 0.5 - Math.asinh(Math.tan((Math.max(-85.0511287798, Math.min(85.0511287798, lat)) * Math.PI) / 180)) / (2 * Math.PI) });
/* A canvas that moves with the map and reaches so much of the view beyond it on each side, by default a quarter, so that
   a short drag shows no empty edge. `paint(context, view)` gets pixels of the container. `ask` draws once a frame at most.
   One that is `last` draws after all others where the view comes to rest, in the same frame. */
const sheet = (name, zIndex, paint, reach = 0.25, last = false) => {
  const canvas = L.DomUtil.create("canvas", "overlay leaflet-zoom-hide");
  map.createPane(name).appendChild(canvas);
  Object.assign(map.getPane(name).style, { zIndex, pointerEvents: "none" });
  let asked = false, drawn = "";
  const margin = (size) => ({ x: Math.round(size.x * reach), y: Math.round(size.y * reach) });
  const place = (pad) => L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([-pad.x, -pad.y]));
  const view = () => { const { lat, lng } = map.getCenter(), { x, y } = map.getSize(); return [lat, lng, map.getZoom(), x, y, window.devicePixelRatio].join(); };
  const draw = () => {
    asked = false;
    drawn = view();
    const size = map.getSize(), scale = window.devicePixelRatio || 1, pad = margin(size);
    const wide = size.x + 2 * pad.x, high = size.y + 2 * pad.y;
    if (canvas.width !== wide * scale || canvas.height !== high * scale) {
      Object.assign(canvas, { width: wide * scale, height: high * scale });
      Object.assign(canvas.style, { width: wide + "px", height: high + "px" });
    }
    place(pad);
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, wide, high);
    context.translate(pad.x, pad.y);
    const zoom = map.getZoom(), world = 256 * 2 ** zoom, middle = map.project(map.getCenter(), zoom);
    /* Of the copies of the world the one that is nearest to the middle counts. */
    const nearest = (one) => {
      const x = one.x * world - middle.x;
      return [x - Math.round(x / world) * world + size.x / 2, one.y * world - middle.y + size.y / 2];
    };
    const covers = (x, y) => x >= -pad.x && y >= -pad.y && x <= size.x + pad.x && y <= size.y + pad.y;
    context.save();
    paint(context, { size, pad, zoom, world, middle, nearest, covers });
    context.restore();
  };
  const ask = () => { if (!asked) { asked = true; requestAnimationFrame(() => { if (asked) draw(); }); } };
  /* One move tells of itself up to four times. */
  const rest = () => { if (drawn === view()) place(margin(map.getSize())); else draw(); };
  map.on("moveend zoomend resize viewreset", last ? ask : rest);
  return { ask, draw };
};
/* One canvas over the map for lines of the grid and words, drawn anew when the view comes to rest. Painters are called
   in order with the context, the view and `free`, which keeps words from standing on each other and below what lies over
   them: marks, labels, the legend. Who draws such things says with `over` where they are, as [left, top, right, bottom],
   and calls `later` when that has changed. */
const overlay = (() => {
  const DOT = 4, SMALL = 60, REST_MS = 200;
  const painters = [], last = [], sources = [];
  let known = "", waiting = 0, words = [];
  const covered = () => sources.flatMap((source) => source());
  const touches = (box, one) => box[0] < one[2] && box[2] > one[0] && box[1] < one[3] && box[3] > one[1];
  const paint = (context, view) => {
    const above = covered(), taken = [...above], { size } = view;
    known = JSON.stringify(above);
    words = [];
    const holds = (box) => box[0] >= 0 && box[1] >= 0 && box[2] <= size.x && box[3] <= size.y && !taken.some((one) => touches(box, one));
    const free = (x, y, width, height) => {
      const box = [x, y, x + width, y + height], good = holds(box);
      if (good) { taken.push(box); words.push(box); }
      return good;
    };
    /* Where the name of a point can stand, rather at its right: [left, baseline], or null. Below a mark it stands beside that. */
    const beside = (x, y, width) => {
      const dot = [x - DOT, y - DOT, x + DOT, y + DOT];
      let [left, top, right, bottom] = dot;
      for (const one of above)
        if (touches(dot, one) && one[2] - one[0] <= SMALL) { left = Math.min(left, one[0]); top = Math.min(top, one[1]); right = Math.max(right, one[2]); bottom = Math.max(bottom, one[3]); }
      const across = x - width / 2;
      for (const [tx, ty] of [[right + 3, y + 4], [left - 3 - width, y + 4], [across, top - 4], [across, bottom + 12]]) {
        if (!free(tx - 2, ty - 13, width + 4, 17)) continue;
        taken.push(dot);
        return [tx, ty];
      }
      return null;
    };
    const seen = { ...view, bounds: map.getBounds(), beside };
    for (const painter of [...painters, ...last]) painter(context, seen, free);
  };
  const { ask, draw } = sheet("overlay", 450, paint, 0, true);
  return {
    add: (painter) => painters.push(painter),
    addLast: (painter) => last.push(painter),
    over: (source) => sources.push(source),
    covered, touches,
    words: () => words,
    known: () => known,
    /* Names stand still while what lies over them moves, as when time is played, and are placed anew when it rests. */
    later: () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { if (JSON.stringify(covered()) !== known) ask(); }, REST_MS);
    },
    ask, draw,
    at: (lat, lon) => map.latLngToContainerPoint([lat, lon]),
    write: (context, text, x, y, colour) => {
      context.lineJoin = "round";
      context.lineWidth = 3;
      context.strokeStyle = theme.now.halo;
      context.strokeText(text, x, y);
      context.fillStyle = colour;
      context.fillText(text, x, y);
    },
  };
})();
