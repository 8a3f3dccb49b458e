"use strict";
/* The pin of the picker: put by a click or a drag, with the circle in which the true place lies. */
const point = (() => {
  let picking = false, pin = null, circle = null;
  const shape = () => L.divIcon({
    className: "pin", iconSize: [30, 40], iconAnchor: [15, 39],
    html: '<svg width="30" height="40" viewBox="0 0 30 40"><path d="M15 39C15 39 28 23 28 14A13 13 0 0 0 2 14C2 23 15 39 15 39Z" fill="#d92d20" stroke="#fff" stroke-width="1.5"/><circle cx="15" cy="14" r="5" fill="#fff"/></svg>',
  });
  const put = (lat, lon, accuracy) => {
    if (!pin) {
      pin = L.marker([lat, lon], { icon: shape(), draggable: picking, zIndexOffset: 1000, keyboard: false }).addTo(map);
      pin.on("drag", () => circle && circle.setLatLng(pin.getLatLng()));
      pin.on("dragend", () => say(pin.getLatLng()));
    }
    pin.setLatLng([lat, lon]);
    if (circle) circle.remove();
    circle = accuracy ? L.circle([lat, lon], { radius: accuracy, color: theme.now.accent, weight: 1.5, fillOpacity: 0.18, interactive: false }).addTo(map) : null;
  };
  const clear = () => { for (const one of [pin, circle]) if (one) one.remove(); pin = circle = null; };
  /* A click cannot be finer than the pixels it is made on. */
  const say = (at) => {
    const one = at.wrap(), pixel = map.containerPointToLatLng([0, 0]).distanceTo(map.containerPointToLatLng([0, 1]));
    channel.tell("picked", JSON.stringify({ lat: one.lat, lon: one.lng, accuracy: Math.max(1, Math.round(pixel * 2)) }));
  };
  map.on("click", (event) => { if (picking) say(event.latlng); else if (!marks.click(event)) channel.tell("chosen", ""); });
  map.on("contextmenu", (event) => {
    const one = event.latlng.wrap(), at = event.containerPoint;
    channel.tell("menu", JSON.stringify({ lat: one.lat, lon: one.lng, x: at.x, y: at.y }));
  });
  map.on("mousemove", (event) => { const one = event.latlng.wrap(); channel.hover(one.lat, one.lng); });
  return {
    put, clear,
    pick: (on) => {
      picking = on;
      map.getContainer().classList.toggle("picking", on);
      if (pin && pin.dragging) pin.dragging[on ? "enable" : "disable"]();
    },
  };
})();
