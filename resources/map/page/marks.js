"use strict";
/* Points of records: tickets in clusters, whose ring shows how urgent they are, or a surface of heat. */
const marks = (() => {
  const layers = new Map();
  let chosen = null;
  const tone = (priority) => theme.now.tones[priority] || theme.now.tones[0];
  const icon = (one) => L.divIcon({
    className: "", iconSize: [14, 14],
    html: `<div class="mark p${one.p}${one.s >= 50 ? " done" : ""}${one.id === chosen ? " chosen" : ""}" style="--tone:${tone(one.p)}"></div>`,
  });
  const ring = (cluster) => {
    const counts = [0, 0, 0, 0, 0], children = cluster.getAllChildMarkers();
    for (const child of children) counts[child.one.p] += 1;
    let from = 0;
    const parts = counts.map((count, priority) => {
      const to = from + (360 * count) / children.length, part = `${tone(priority)} ${from}deg ${to}deg`;
      from = to;
      return part;
    });
    const size = children.length < 10 ? 28 : children.length < 100 ? 36 : children.length < 1000 ? 44 : 52;
    return L.divIcon({
      className: "", iconSize: [size, size],
      html: `<div class="cluster" style="width:${size}px;height:${size}px;background:conic-gradient(${parts.join(",")})"><span>${children.length}</span></div>`,
    });
  };
  /* Words from records go in as text, never as markup. */
  const words = (text) => { const line = document.createElement("div"); line.textContent = text; return line; };

  const mark = (one) => {
    const made = L.marker([one.lat, one.lon], { icon: icon(one), alt: one.n, keyboard: false });
    made.one = one;
    made.on("click", () => channel.tell("chosen", one.id));
    made.on("dblclick", () => channel.tell("opened", one.id));
    made.bindTooltip(() => words(`${one.n}  ${one.t}`), { direction: "top", offset: [0, -8] });
    return made;
  };
  const fill = (name, { kind, rows }) => {
    drop(name);
    if (kind === "heat") {
      const layer = L.heatLayer(rows.map((one) => [one.lat, one.lon, 0.6]), { radius: 26, blur: 22, maxZoom: 9, minOpacity: 0.12, gradient: theme.now.heat });
      layers.set(name, { layer, rows, kind });
      layer.addTo(map);
      return rows.length;
    }
    const layer = L.markerClusterGroup({
      iconCreateFunction: ring, maxClusterRadius: 46, showCoverageOnHover: false, animate: false, chunkedLoading: false,
      spiderfyOnMaxZoom: true,
    });
    const byId = new Map();
    const all = rows.map((one) => { const made = mark(one); byId.set(one.id, made); return made; });
    layer.addLayers(all);
    layers.set(name, { layer, rows, kind, byId });
    layer.addTo(map);
    return rows.length;
  };
  const drop = (name) => { const found = layers.get(name); if (found) found.layer.remove(); layers.delete(name); };
  theme.listen(() => {
    for (const { kind, layer, byId } of layers.values()) {
      if (kind === "heat") { layer.setOptions({ gradient: theme.now.heat }); continue; }
      for (const made of byId.values()) made.setIcon(icon(made.one));
      layer.refreshClusters();
    }
  });
  const choose = (id) => {
    const before = chosen;
    chosen = id;
    for (const { byId } of layers.values())
      for (const one of [before, id]) { const made = byId && byId.get(one); if (made) made.setIcon(icon(made.one)); }
  };
  const reset = () => { for (const name of [...layers.keys()]) drop(name); chosen = null; };
  return { fill, drop, choose, reset };
})();
