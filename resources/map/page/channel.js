"use strict";
/* The way to and from the program: it calls `desk.…`, and hears what was done by one signal, `told(kind, text)`. */
const channel = (() => {
  let far = null, waiting = [], hovering = 0;
  new QWebChannel(qt.webChannelTransport, ({ objects }) => {
    far = objects.desk;
    for (const [kind, text] of waiting) far.tell(kind, text);
    waiting = [];
  });
  const tell = (kind, text) => { if (far) far.tell(kind, String(text)); else waiting.push([kind, String(text)]); };
  const view = () => {
    const bounds = map.getBounds(), middle = map.getCenter().wrap();
    tell("moved", JSON.stringify({
      south: bounds.getSouth(), west: bounds.getWest(), north: bounds.getNorth(), east: bounds.getEast(),
      lat: middle.lat, lon: middle.lng, zoom: map.getZoom(),
    }));
  };
  map.on("moveend", view);
  /* At once: the program tells what is to be seen while land and names are still read. */
  tell("ready", "");
  base.loaded.then(() => tell("loaded", ""), (error) => tell("failed", error));
  return {
    tell,
    hover: (lat, lon) => {
      const now = performance.now();
      if (now - hovering > 60) { hovering = now; tell("hovered", JSON.stringify({ lat, lon })); }
    },
  };
})();
legend.add(drawings.lines);
const desk = {
  /* Another part of the window has the map now: nothing of the last one stays. */
  reset: () => { marks.reset(); point.clear(); point.pick(false); units.reset(); drawings.reset(); sketch.clear(); legend.draw(); },
  theme: (name) => theme.set(name),
  show: (names) => { base.show(names); grid.show(names); legend.draw(); },
  tiles: (found) => base.tiles(found),
  fill: (name, data) => { marks.fill(name, data); legend.draw(); },
  drop: (name) => { marks.drop(name); legend.draw(); },
  choose: (id) => marks.choose(id),
  units: (rows) => units.show(rows).then(legend.draw),
  move: (rows) => units.move(rows),
  move_many: (text) => units.moveMany(text),
  legend: (open, gave) => legend.show(open, gave), turn_legend: legend.turn,
  window: (from, to) => marks.window(from, to),
  go: (lat, lon, zoom) => { map.setView([lat, lon], zoom === null ? map.getZoom() : zoom, { animate: false }); },
  fit: (south, west, north, east) => { map.fitBounds([[south, west], [north, east]], { animate: false, padding: [40, 40], maxZoom: 13 }); },
  zoom: (by) => map.zoomIn(by, { animate: false }),
  pan: (x, y) => map.panBy([x, y], { animate: false }),
  put: (lat, lon, accuracy) => point.put(lat, lon, accuracy),
  clear: () => point.clear(),
  pick: (on) => point.pick(on),
  drawings: (rows) => drawings.show(rows),
  draft: (said, radius) => drawings.draft(said, radius),
  choose_drawing: (id) => drawings.choose(id),
  sketch: (shape) => sketch.begin(shape),
  sketch_edit: (id, said, radius) => sketch.edit(id, said, radius),
  sketch_end: () => sketch.end(),
  sketch_back: () => sketch.back(),
  sketch_here: () => sketch.here(),
  sketch_clear: () => sketch.clear(),
  resized: () => map.invalidateSize({ animate: false }),
};
