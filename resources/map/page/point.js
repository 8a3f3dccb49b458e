"use strict";
/* The pin of the picker: put by a click or a drag, with the circle in which the true place lies. */
const point = (() => {
  let picking = false, pin = null, circle = null;
  const shape = () => L.divIcon({
    className: "pin", iconSize: [30, 40], iconAnchor: [15, 39],
    html: '<svg width="30" height="40" viewBox="0 0 30 40"><path d="M15 39C15 39 28 23 28 14A13 13 0 0 0 2 14C2 23 15 39 15 39Z" fill="#d92d20" stroke="var(--pin)" stroke-width="1.5"/><circle cx="15" cy="14" r="5" fill="var(--pin)"/></svg>',
  });
  /* The circle, with its radius written at its edge while that is wide enough to tell the two apart. */
  const ring = (lat, lon, radius) => {
    const colour = theme.now.accent, still = { interactive: false };
    const round = L.circle([lat, lon], { ...still, radius, color: colour, weight: 1.5, fillOpacity: 0.18 });
    const edge = [lat, lon + radius / (111320 * Math.max(0.01, Math.cos((lat * Math.PI) / 180)))];
    const said = radius < 1000 ? `${Math.round(radius)} m` : `${+(radius / 1000).toFixed(radius < 10000 ? 1 : 0)} km`;
    const word = document.createElement("span");
    word.className = "radius";
    word.textContent = said;
    const label = L.marker(edge, { ...still, keyboard: false, icon: L.divIcon({ className: "", iconSize: [0, 0], html: word }) });
    const line = L.polyline([[lat, lon], edge], { ...still, color: colour, weight: 1, dashArray: "4 3" });
    const group = L.layerGroup([round]).addTo(map);
    const fit = () => {
      const wide = map.latLngToContainerPoint(edge).x - map.latLngToContainerPoint([lat, lon]).x;
      for (const part of [line, label]) if (wide > 24) group.addLayer(part); else group.removeLayer(part);
    };
    map.on("zoomend", fit);
    group.on("remove", () => map.off("zoomend", fit));
    fit();
    return group;
  };
  let last = null;
  const put = (lat, lon, accuracy) => {
    last = [lat, lon, accuracy];
    if (!pin) {
      pin = L.marker([lat, lon], { icon: shape(), draggable: picking, zIndexOffset: 1000, keyboard: false }).addTo(map);
      pin.on("dragstart", () => { if (circle) circle.remove(); circle = null; });
      pin.on("dragend", () => say(pin.getLatLng()));
    }
    pin.setLatLng([lat, lon]);
    if (circle) circle.remove();
    circle = accuracy ? ring(lat, lon, accuracy) : null;
  };
  const clear = () => { for (const one of [pin, circle]) if (one) one.remove(); pin = circle = null; };
  /* A click cannot be finer than the pixels it is made on. */
  const say = (at) => {
    const one = at.wrap(), pixel = map.containerPointToLatLng([0, 0]).distanceTo(map.containerPointToLatLng([0, 1]));
    channel.tell("picked", JSON.stringify({ lat: one.lat, lon: one.lng, accuracy: Math.max(1, Math.round(pixel * 2)) }));
  };
  map.on("click", (event) => { if (picking) say(event.latlng); else if (!sketch.click(event) && !marks.click(event) && !drawings.click(event)) channel.tell("chosen", ""); });
  map.on("contextmenu", (event) => {
    if (sketch.active()) return;
    const one = event.latlng.wrap(), at = event.containerPoint;
    channel.tell("menu", JSON.stringify({ lat: one.lat, lon: one.lng, x: at.x, y: at.y }));
  });
  map.on("mousemove", (event) => { const one = event.latlng.wrap(); channel.hover(one.lat, one.lng); });
  // Nothing white at night.
  theme.listen((look) => {
    document.documentElement.style.setProperty("--pin", theme.name === "red" ? look.halo : "#ffffff");
    if (pin) put(...last);
  });
  return {
    put, clear,
    pick: (on) => {
      picking = on;
      map.getContainer().classList.toggle("picking", on);
      map.keyboard[on ? "disable" : "enable"]();  // the arrow keys move the pin then
      if (pin && pin.dragging) pin.dragging[on ? "enable" : "disable"]();
    },
  };
})();
