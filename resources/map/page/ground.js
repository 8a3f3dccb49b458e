"use strict";
/* Land, lakes, rivers and borders on one canvas below the tiles of a file. Their layers come packed, as
   packaging/map_ground.py tells: whole numbers, which are drawn from where they lie. Copies of the world stand beside
   it, so that a view over the date line is whole. */
const ground = (() => {
  const WORLD = 2 ** 30, MAGIC = 0x4447444f, VERSION = 1, HEAD = 4;
  const STEP = 0.6;   // pixels: points that are nearer to the last one are left out
  const BEYOND = 8;   // pixels outside the canvas to which a line is followed, so that no cut end is seen
  const LAYERS = { land: true, lakes: true, rivers: false, borders: false };  // whether they are areas
  const EAST = 1, WEST = 2, SOUTH = 4, NORTH = 8;

  /* -- reading ---------------------------------------------------------------------------------------------------- */
  /* What a packed layer says: `lengths` and `dashed` of lines, `points` as x and y, and the `boxes` of the lines as west,
     north, east and south. Throws an Error with what is wrong. */
  const unpack = (name, buffer) => {
    const wrong = (what) => new Error(`${name} ${what}`);
    if (buffer.byteLength < 4 * HEAD || buffer.byteLength % 4) throw wrong("is cut short");
    const whole = new Int32Array(buffer), [magic, version, lines, count] = whole;
    if (magic !== MAGIC) throw wrong("is no layer of the ground");
    if (version !== VERSION) throw wrong(`is of version ${version}, not ${VERSION}`);
    if (lines < 0 || count < 0 || whole.length !== HEAD + 2 * lines + 2 * count) throw wrong("is not as long as it says");
    const lengths = whole.subarray(HEAD, HEAD + lines), dashed = whole.subarray(HEAD + lines, HEAD + 2 * lines);
    const points = whole.subarray(HEAD + 2 * lines), boxes = new Int32Array(4 * lines);
    let at = 0, longest = 0;
    for (let line = 0; line < lines; line++) {
      const ends = at + 2 * lengths[line];
      if (lengths[line] < 2 || ends > points.length || dashed[line] < 0 || dashed[line] > 1) throw wrong("is damaged");
      longest = Math.max(longest, lengths[line]);
      let west = WORLD, north = WORLD, east = 0, south = 0;
      for (; at < ends; at += 2) {
        const x = points[at], y = points[at + 1];
        if (x < 0 || y < 0 || x > WORLD || y > WORLD) throw wrong("is damaged");
        if (x < west) west = x;
        if (x > east) east = x;
        if (y < north) north = y;
        if (y > south) south = y;
      }
      boxes.set([west, north, east, south], 4 * line);
    }
    if (at !== points.length) throw wrong("is damaged");
    return { lengths, dashed, points, boxes, longest };
  };
  const read = (name) => fetch(`opsdesk://assets/map/${name}.bin`).then((answer) => answer.arrayBuffer()).then((buffer) => unpack(`${name}.bin`, buffer));

  /* -- lines and areas in pixels of the canvas -------------------------------------------------------------------- */
  let xs = null, ys = null, edges = null, kept = 0;  // the points of one line that are drawn, and on which edges of the world they lie
  /* Keep of a line what is to be seen at this scale. Points on an edge of the world stay: edges along it are not drawn. */
  const thin = (points, from, to, scale, left, top) => {
    kept = 0;
    let lastX = Infinity, lastY = Infinity;
    for (let at = from; at < to; at += 2) {
      const wide = points[at], high = points[at + 1], x = wide * scale - left, y = high * scale - top;
      const edge = (wide === 0 ? WEST : wide === WORLD ? EAST : 0) | (high === 0 ? NORTH : high === WORLD ? SOUTH : 0);
      const dx = x - lastX, dy = y - lastY;
      if (dx * dx + dy * dy < STEP * STEP && !edge && at + 2 < to) continue;
      xs[kept] = lastX = x;
      ys[kept] = lastY = y;
      edges[kept] = edge;
      kept += 1;
    }
  };
  /* Add the kept points as an area. The copies of the world overlap by a pixel where they meet, so that no seam shows. */
  const area = (path, wide, high, inside) => {
    let points = [];
    for (let at = 0; at < kept; at++) points.push(xs[at] + (edges[at] & EAST ? 0.5 : edges[at] & WEST ? -0.5 : 0), ys[at]);
    if (!inside) for (const [axis, side, limit] of [[0, 1, -BEYOND], [0, -1, wide + BEYOND], [1, 1, -BEYOND], [1, -1, high + BEYOND]]) points = cut(points, axis, side, limit);
    for (let at = 0; at < points.length; at += 2) if (at) path.lineTo(points[at], points[at + 1]); else path.moveTo(points[at], points[at + 1]);
    if (points.length) path.closePath();
  };
  /* An area cut off at one side, after Sutherland and Hodgman. */
  const cut = (points, axis, side, limit) => {
    const found = [], length = points.length;
    if (!length) return found;
    let x0 = points[length - 2], y0 = points[length - 1], far0 = side * ((axis ? y0 : x0) - limit);
    for (let at = 0; at < length; at += 2) {
      const x = points[at], y = points[at + 1], far = side * ((axis ? y : x) - limit);
      if (far0 < 0 !== far < 0) { const part = far0 / (far0 - far); found.push(x0 + part * (x - x0), y0 + part * (y - y0)); }
      if (far >= 0) found.push(x, y);
      x0 = x; y0 = y; far0 = far;
    }
    return found;
  };
  /* Add the kept points as a line, each stretch of it cut to what is near the canvas, after Liang and Barsky. */
  const line = (path, wide, high, inside) => {
    let on = false;
    for (let at = 1; at < kept; at++) {
      let x0 = xs[at - 1], y0 = ys[at - 1], x = xs[at], y = ys[at];
      if (edges[at] & edges[at - 1]) { on = false; continue; }
      if (!inside) {
        const dx = x - x0, dy = y - y0;
        let from = 0, to = 1;
        for (const [way, room] of [[-dx, x0 + BEYOND], [dx, wide + BEYOND - x0], [-dy, y0 + BEYOND], [dy, high + BEYOND - y0]]) {
          if (way < 0) from = Math.max(from, room / way); else if (way > 0) to = Math.min(to, room / way); else if (room < 0) to = -1;
        }
        if (from > to) { on = false; continue; }
        if (from > 0) on = false;
        if (!on) path.moveTo(x0 + from * dx, y0 + from * dy);
        path.lineTo(x0 + to * dx, y0 + to * dy);
        on = to === 1;
        continue;
      }
      if (!on) path.moveTo(x0, y0);
      path.lineTo(x, y);
      on = true;
    }
  };
  /* A layer as paths: areas filled, lines drawn through, lines drawn dashed. */
  const traced = ({ lengths, dashed, points, boxes }, filled, { scale, left, top, wide, high }) => {
    const fill = new Path2D(), lines = [new Path2D(), new Path2D()];
    const first = Math.floor((left - BEYOND) / (WORLD * scale)), last = Math.floor((left + wide + BEYOND) / (WORLD * scale));
    for (let number = 0, from = 0; number < lengths.length; number++) {
      const to = from + 2 * lengths[number];
      const north = boxes[4 * number + 1] * scale - top, south = boxes[4 * number + 3] * scale - top;
      if (south >= -BEYOND && north <= high + BEYOND)
        for (let copy = first; copy <= last; copy++) {
          const shift = left - copy * WORLD * scale, west = boxes[4 * number] * scale - shift, east = boxes[4 * number + 2] * scale - shift;
          if (east < -BEYOND || west > wide + BEYOND) continue;
          const inside = west >= 0 && north >= 0 && east <= wide && south <= high;
          thin(points, from, to, scale, shift, top);
          if (filled) area(fill, wide, high, inside);
          line(lines[dashed[number]], wide, high, inside);
        }
      from = to;
    }
    return { fill, lines };
  };

  /* -- the canvas ------------------------------------------------------------------------------------------------- */
  let layers = null, shown = true, painted = "";
  const styles = (look) => ({
    land: { fill: look.land, colour: look.shore, weight: 0.8 },
    lakes: { fill: look.water, colour: look.shore, weight: 0.6 },
    rivers: { colour: look.river, weight: 1, opacity: 0.8 },
    borders: { colour: look.border, weight: 1.1, opacity: 0.9, dashes: [[8, 3, 2, 3], [2, 5]] },
  });
  const paint = (context, view) => {
    Object.assign(context, { lineCap: "round", lineJoin: "round" });
    for (const [name, style] of Object.entries(styles(theme.now))) {
      const { fill, lines } = traced(layers[name], LAYERS[name], view);
      context.globalAlpha = style.opacity || 1;
      if (LAYERS[name]) { context.fillStyle = style.fill; context.fill(fill); }
      context.strokeStyle = style.colour;
      context.lineWidth = style.weight;
      lines.forEach((path, dashed) => { context.setLineDash(style.dashes ? style.dashes[dashed] : []); context.stroke(path); });
    }
  };
  /* Leaflet moves the canvas with the map, and stretches it while a zoom is under way. */
  const Canvas = L.Renderer.extend({
    _initContainer() { this._container = L.DomUtil.create("canvas"); },
    _destroyContainer() { this._container.remove(); },
    _update() {
      if (map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      this.paint();
    },
    _reset() { this._update(); },  // Leaflet's own leaves it between two pixels
    paint() {
      if (!layers || !shown) return;
      const canvas = this._container, { min, max } = this._bounds, size = max.subtract(min), density = window.devicePixelRatio || 1;
      const corner = map.getPixelOrigin().add(min), scale = map.options.crs.scale(map.getZoom()) / WORLD;
      L.DomUtil.setPosition(canvas, min);
      /* A move tells of itself more than once. */
      const now = [corner.x, corner.y, scale, size.x, size.y, density, theme.name].join();
      if (now === painted) return;
      painted = now;
      if (canvas.width !== size.x * density || canvas.height !== size.y * density) {
        Object.assign(canvas, { width: size.x * density, height: size.y * density });
        Object.assign(canvas.style, { width: size.x + "px", height: size.y + "px" });
      }
      const context = canvas.getContext("2d");
      context.setTransform(density, 0, 0, density, 0, 0);
      context.clearRect(0, 0, size.x, size.y);
      paint(context, { scale, left: corner.x, top: corner.y, wide: size.x, high: size.y });
    },
  });
  map.createPane("ground").style.zIndex = 150;
  const canvas = new Canvas({ padding: 0.3, pane: "ground" }).addTo(map);
  theme.listen(() => canvas.paint());
  return {
    loaded: Promise.all(Object.keys(LAYERS).map(read)).then((found) => {
      layers = Object.fromEntries(Object.keys(LAYERS).map((name, at) => [name, found[at]]));
      const longest = Math.max(...found.map((layer) => layer.longest));
      xs = new Float64Array(longest);
      ys = new Float64Array(longest);
      edges = new Uint8Array(longest);
      canvas.paint();
    }),
    show: (on) => {
      shown = on;
      canvas._container.style.display = on ? "" : "none";
      canvas.paint();
    },
    unpack,
  };
})();
