"use strict";
/* What marks, colours and sizes mean, for what is on the map now. Another part of the page adds its own lines with
   `legend.add(lines)`: a function that returns [{swatch, text}] or nothing; a swatch is markup of ours. */
const legend = (() => {
  const box = L.DomUtil.create("div", "legend", map.getContainer()), parts = [];
  L.DomEvent.disableClickPropagation(box);
  L.DomEvent.disableScrollPropagation(box);
  /* Nobody has said: open where there is room for it, and until something of records lies below it. */
  let open = null, yielded = false;
  const shown = () => open ?? (!yielded && map.getSize().x >= 640);
  const svg = (inner) => `<svg width="18" height="18" viewBox="-9 -9 18 18">${inner}</svg>`;
  const shape = {
    4: (c) => svg(`<path d="M0-8L8 0L0 8L-8 0Z" fill="${c}"/>`),
    3: (c) => svg(`<rect x="-6" y="-6" width="12" height="12" rx="2.5" fill="${c}"/>`),
    0: (c) => svg(`<circle r="6" fill="${c}"/>`),
    done: (c, fill) => svg(`<circle r="5.5" fill="${fill}" stroke="${c}" stroke-width="2"/>`),
    many: (c, fill, text) => svg(`<circle r="7" fill="${fill}" stroke="${c}" stroke-width="3"/><text y="3" text-anchor="middle" font-size="8" font-weight="600" fill="${text}">9</text>`),
    line: (c, dash) => svg(`<path d="M-9 0H9" stroke="${c}" stroke-width="1.6" stroke-dasharray="${dash}"/>`),
  };
  const own = () => {
    const look = theme.now, kinds = new Map(marks.kinds()), found = [];
    if (kinds.has("tickets")) found.push(
      { swatch: shape[4](look.tones[4]), text: "Urgent" }, { swatch: shape[3](look.tones[3]), text: "High" },
      { swatch: shape[0](look.tones[2]), text: "Normal" }, { swatch: shape[0](look.tones[1]), text: "Low" },
      { swatch: shape.done(look.tones[2], look.surface), text: "Resolved or closed" },
      { swatch: shape.many(look.tones[3], look.surface, look.text), text: "Several; ring by priority" });
    if (kinds.has("own")) found.push({ swatch: shape[0](look.tones[0]), text: "Place" });
    if (units.count()) found.push({ swatch: svg(`<rect x="-8" y="-5" width="16" height="10" fill="none" stroke="${look.text}" stroke-width="1.5"/>`), text: "Unit; pale after 30 min" });
    if (kinds.has("heat")) found.push({ swatch: `<span class="ramp" style="background:linear-gradient(90deg,${Object.keys(look.heat).sort((one, two) => one - two).map((at) => look.heat[at]).join(",")})"></span>`, text: "Few to many" });
    return found;
  };
  const ground = () => {
    const look = theme.now, found = [], on = base.shown();
    if (on.includes("terrain")) found.push(
      { swatch: shape.line(look.border, "6 2 2 2"), text: "Border as held in fact" }, { swatch: shape.line(look.border, "2 3"), text: "Disputed or indefinite" });
    if (on.includes("airports")) found.push({ swatch: "✈", text: "Airport" });
    if (on.includes("ports")) found.push({ swatch: "⚓", text: "Port" });
    return found;
  };
  const turn = () => { open = !shown(); draw(); channel.tell("legend", open ? "open" : "shut"); };
  const draw = () => {
    const lines = [...own(), ...parts.flatMap((part) => part() || []), ...ground()];
    box.replaceChildren();
    box.style.display = lines.length && map.getSize().y > 330 ? "" : "none";
    const head = L.DomUtil.create("button", "legend-head", box);
    head.textContent = "Legend";
    head.setAttribute("aria-expanded", String(shown()));
    head.onclick = turn;
    overlay.later();
    box.classList.toggle("folded", !shown());
    if (!shown()) return;
    for (const { swatch, text } of lines) {
      const line = L.DomUtil.create("div", "legend-line", box);
      L.DomUtil.create("span", "legend-swatch", line).innerHTML = swatch;
      L.DomUtil.create("span", "", line).textContent = text;
    }
  };
  const place = () => [box.offsetLeft, box.offsetTop, box.offsetLeft + box.offsetWidth, box.offsetTop + box.offsetHeight];
  const hides = () => {
    const at = place(), within = ([left, top, right, bottom]) => left < at[0] && top < at[1] && right > at[2] && bottom > at[3];
    return [...marks.boxes(), ...drawings.drawn().map((one) => one.box)].some((one) => overlay.touches(at, one) && !within(one));
  };
  /* It gives way once and stays folded: a box that opens and folds with each move would be a nuisance. */
  overlay.addLast(() => { if (open === null && shown() && box.offsetWidth && hides()) { yielded = true; draw(); channel.tell("yielded", ""); } });
  const boxes = () => (box.offsetWidth ? [place()] : []);
  overlay.over(boxes);
  theme.listen(draw);
  map.on("resize", draw);
  return {
    draw, svg,
    add: (part) => { parts.push(part); draw(); },
    turn,
    /* `gave`: whether it gave way in this part of the window before. */
    show: (on, gave) => { open = on; yielded = gave; draw(); },
    place, boxes,
    lines: () => [...box.querySelectorAll(".legend-line > span:last-child")].map((line) => line.textContent),
  };
})();
