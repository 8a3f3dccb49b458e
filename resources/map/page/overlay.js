"use strict";
/* One canvas over the map for lines of the grid and words, drawn anew when the view comes to rest. Painters are called
   in order with the context, the view and `free`, which keeps words from standing on each other. */
const overlay = (() => {
  const painters = [], last = [];
  const canvas = L.DomUtil.create("canvas", "overlay leaflet-zoom-hide");
  map.createPane("overlay").appendChild(canvas);
  map.getPane("overlay").style.zIndex = 450;
  map.getPane("overlay").style.pointerEvents = "none";

  const draw = () => {
    const size = map.getSize(), scale = window.devicePixelRatio || 1, began = map.containerPointToLayerPoint([0, 0]);
    canvas.width = size.x * scale;
    canvas.height = size.y * scale;
    canvas.style.width = size.x + "px";
    canvas.style.height = size.y + "px";
    L.DomUtil.setPosition(canvas, began);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    const taken = [];
    const free = (x, y, width, height) => {
      if (x < 0 || y < 0 || x + width > size.x || y + height > size.y) return false;
      if (taken.some((one) => x < one[2] && x + width > one[0] && y < one[3] && y + height > one[1])) return false;
      taken.push([x, y, x + width, y + height]);
      return true;
    };
    const view = { bounds: map.getBounds(), zoom: map.getZoom(), size };
    for (const painter of [...painters, ...last]) painter(context, view, free);
  };
  map.on("moveend zoomend resize viewreset", draw);
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
