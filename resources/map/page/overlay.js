"use strict";
/* A position in the world as a square of side 1. */
const mercator = (lat, lon) => { const { x, y } = map.project([lat, lon], 0); return { x: x / 256, y: y / 256 }; };
/* A canvas that moves with the map and reaches so much of the view beyond it on each side, by default a quarter, so that
   a short drag shows no empty edge. `paint(context, view)` gets pixels of the container. `ask` draws once a frame at most. */
const sheet = (name, zIndex, paint, reach = 0.25) => {
  const canvas = L.DomUtil.create("canvas", "overlay leaflet-zoom-hide");
  map.createPane(name).appendChild(canvas);
  Object.assign(map.getPane(name).style, { zIndex, pointerEvents: "none" });
  let asked = false;
  const draw = () => {
    asked = false;
    const size = map.getSize(), scale = window.devicePixelRatio || 1, pad = { x: Math.round(size.x * reach), y: Math.round(size.y * reach) };
    const wide = size.x + 2 * pad.x, high = size.y + 2 * pad.y;
    if (canvas.width !== wide * scale || canvas.height !== high * scale) {
      Object.assign(canvas, { width: wide * scale, height: high * scale });
      Object.assign(canvas.style, { width: wide + "px", height: high + "px" });
    }
    L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([-pad.x, -pad.y]));
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
  const ask = () => { if (!asked) { asked = true; requestAnimationFrame(draw); } };
  map.on("moveend zoomend resize viewreset", draw);
  return { ask, draw };
};
/* One canvas over the map for lines of the grid and words, drawn anew when the view comes to rest. Painters are called
   in order with the context, the view and `free`, which keeps words from standing on each other. */
const overlay = (() => {
  const painters = [], last = [];
  const paint = (context, view) => {
    const taken = [], { size } = view, seen = { ...view, bounds: map.getBounds() };
    const free = (x, y, width, height) => {
      if (x < 0 || y < 0 || x + width > size.x || y + height > size.y) return false;
      if (taken.some((one) => x < one[2] && x + width > one[0] && y < one[3] && y + height > one[1])) return false;
      taken.push([x, y, x + width, y + height]);
      return true;
    };
    for (const painter of [...painters, ...last]) painter(context, seen, free);
  };
  const { draw } = sheet("overlay", 450, paint, 0);
  return {
    add: (painter) => painters.push(painter),
    addLast: (painter) => last.push(painter),
    draw,
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
