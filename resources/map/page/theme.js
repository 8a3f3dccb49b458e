"use strict";
/* Colours of the map in the three looks of the program. What draws asks `theme.now`; `theme.set` tells who listens. */
const theme = (() => {
  const looks = {
    light: { tiles: "none", water: "#cfe0ee", land: "#f7f5ef", shore: "#b3c4d3", river: "#86b3dc", border: "#8f86a8", text: "#1c2430",
      quiet: "#5f6b79", country: "#8a8296", halo: "#ffffff", grid: "#6d87a6", surface: "#ffffff", line: "#dfe4ea",
      heat: { 0.2: "#8ec5e8", 0.5: "#f3d48a", 0.75: "#f0934e", 1: "#d92d20" },
      accent: "#2f6fed", tones: ["#5f6b79", "#2f7d4f", "#4a6fa5", "#e8590c", "#d92d20"] },
    dark: { tiles: "brightness(0.62) saturate(0.75)", water: "#131b26", land: "#222a33", shore: "#3a4756", river: "#2f5f8c", border: "#77708f", text: "#e4e8ee",
      quiet: "#8390a2", country: "#8d88a0", halo: "#151b22", grid: "#5a708c", surface: "#1b2028", line: "#2c3440",
      heat: { 0.2: "#27506e", 0.5: "#8a6d2f", 0.75: "#c8672f", 1: "#f0645a" },
      accent: "#5b8df5", tones: ["#8390a2", "#4fae78", "#7d9fd0", "#f08a4b", "#f0645a"] },
    red: { tiles: "url(#night)", water: "#0d0202", land: "#1d0606", shore: "#4a1010", river: "#5c1616", border: "#7a2020", text: "#ff6b5e",
      quiet: "#a83a32", country: "#8a2c26", halo: "#120303", grid: "#5a1414", surface: "#160404", line: "#3d0d0d",
      heat: { 0.2: "#3a0c0c", 0.5: "#6b1a16", 0.75: "#a8322b", 1: "#ff6b5e" },
      accent: "#ff5a4d", tones: ["#8a2c26", "#a83a32", "#c8463c", "#e6564a", "#ff6b5e"] },
  };
  const listeners = [];
  const it = { name: "light", now: looks.light };
  it.listen = (listener) => { listeners.push(listener); listener(it.now); };
  it.set = (name) => {
    it.name = name in looks ? name : "light";
    it.now = looks[it.name];
    for (const key of ["water", "surface", "text", "quiet", "line", "accent", "tiles"])
      document.documentElement.style.setProperty("--" + key, it.now[key]);
    for (const listener of listeners) listener(it.now);
  };
  it.set("light");
  return it;
})();
