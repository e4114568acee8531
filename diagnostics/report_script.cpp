#include "diagnostics/report_script.hpp"

namespace myriad::diag::detail {

std::string_view report_script() {
  return R"js(
(() => {
"use strict";
const all = (root, what) => Array.from(root.querySelectorAll(what));
const svgNs = "http://www.w3.org/2000/svg";

// ---- tabs ----
const nav = document.querySelector("nav.tabs");
const tabs = all(nav, "a");
const panels = tabs.map(tab => document.getElementById(tab.hash.slice(1)));
const select = (index, focus) => {
  tabs.forEach((tab, i) => {
    tab.setAttribute("aria-selected", String(i === index));
    tab.tabIndex = i === index ? 0 : -1;
    panels[i].classList.toggle("on", i === index);
  });
  const tab = tabs[index];
  nav.scrollLeft = Math.max(0, tab.offsetLeft - nav.clientWidth / 3);
  if (focus) tab.focus({preventScroll: true});
};
// The tab of an address such as #z500; parts inside a panel count for the panel.
const indexOf = hash => {
  const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  return target ? panels.findIndex(panel => panel.contains(target)) : -1;
};
nav.setAttribute("role", "tablist");
tabs.forEach((tab, i) => {
  tab.setAttribute("role", "tab");
  tab.id = "tab-" + panels[i].id;
  tab.setAttribute("aria-controls", panels[i].id);
  panels[i].setAttribute("role", "tabpanel");
  panels[i].setAttribute("aria-labelledby", tab.id);
});
const open = (index, focus) => {
  select(index, focus);
  history.replaceState(null, "", tabs[index].hash);
  if (nav.getBoundingClientRect().top < 0) nav.scrollIntoView();
};
document.addEventListener("click", event => {
  const link = event.target.closest("a[href^='#']");
  if (!link) return;
  const index = indexOf(link.hash);
  if (index < 0) return;
  event.preventDefault();
  open(index, tabs.includes(link));
});
nav.addEventListener("keydown", event => {
  const now = tabs.indexOf(document.activeElement);
  const next = {ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1}[event.key];
  if (now < 0 || next === undefined) return;
  event.preventDefault();
  open((next + tabs.length) % tabs.length, true);
});
addEventListener("hashchange", () => {
  const index = indexOf(location.hash);
  if (index >= 0) select(index, false);
});
document.documentElement.classList.add("js");
select(Math.max(0, indexOf(location.hash)), false);

// ---- values under the pointer ----
const tip = document.createElement("div");
tip.className = "tip";
tip.setAttribute("role", "status");
tip.hidden = true;
document.body.append(tip);
const place = (x, y) => {
  tip.hidden = false;
  const width = tip.offsetWidth, height = tip.offsetHeight;
  const left = x + 14 + width > document.documentElement.clientWidth ? x - 14 - width : x + 14;
  tip.style.left = Math.max(4, left) + "px";
  tip.style.top = Math.max(4, Math.min(y - height / 2, innerHeight - height - 4)) + "px";
};
const number = value => {
  const size = Math.abs(value);
  let text;
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) text = value.toExponential(3);
  else if (size >= 1e4) text = String(Math.round(value));
  else text = String(Number(value.toPrecision(4)));
  return text.replace(/-/g, "−");
};
const show = (heading, rows) => {
  const title = document.createElement("b");
  title.textContent = heading;
  tip.replaceChildren(title, ...rows.map(row => {
    const line = document.createElement("span");
    line.textContent = row;
    return line;
  }));
};
const toDrawing = (svg, x, y) => new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse());
const toScreen = (svg, x, y) => new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
const axisOf = text => {
  const [scale, ...rest] = text.split(" ");
  const [low, high, from, to] = rest.map(Number);
  return value => from + (to - from) * (scale === "logarithmic" ?
      Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
};
const list = text => text === undefined ? undefined : text.split(" ").map(v => v === "-" ? NaN : +v);

const setUpChart = svg => {
  const x = axisOf(svg.dataset.xAxis), y = axisOf(svg.dataset.yAxis);
  const lines = all(svg, "[data-name]").map(item => ({
    name: item.dataset.name, style: item.getAttribute("class") || "", x: list(item.dataset.x),
    y: list(item.dataset.y), low: list(item.dataset.low), high: list(item.dataset.high)}));
  const stops = Array.from(new Set(lines.flatMap(line => line.x))).filter(isFinite)
      .sort((a, b) => a - b);
  if (!stops.length) return;
  const unit = svg.dataset.unit ? " " + svg.dataset.unit : "";
  let marks = null, at = -1;
  const hide = () => {
    if (marks) marks.remove();
    marks = null;
    tip.hidden = true;
  };
  const mark = (name, attributes) => {
    const element = document.createElementNS(svgNs, name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    marks.append(element);
  };
  const view = svg.viewBox.baseVal;
  const showAt = index => {
    hide();
    at = index;
    const stop = stops[at], rows = [], px = x(stop);
    marks = document.createElementNS(svgNs, "g");
    marks.setAttribute("class", "marks");
    mark("line", {x1: px, x2: px, y1: 16, y2: view.height - 34});
    lines.forEach(line => {
      const i = line.x.indexOf(stop);
      if (i < 0) return;
      if (line.y && isFinite(line.y[i])) {
        rows.push(line.name + ": " + number(line.y[i]) + unit);
        mark("circle", {cx: px, cy: y(line.y[i]), r: 3.2});
      } else if (line.low && isFinite(line.low[i])) {
        rows.push(line.name + ": " + number(line.low[i]) + " to " + number(line.high[i]) + unit);
      }
    });
    svg.append(marks);
    show(svg.dataset.xName + ": " + number(stop), rows);
    const spot = toScreen(svg, px, view.height / 2);
    place(spot.x, spot.y);
  };
  const nearest = value => {
    let best = 0;
    stops.forEach((stop, i) => {
      if (Math.abs(x(stop) - value) < Math.abs(x(stops[best]) - value)) best = i;
    });
    return best;
  };
  svg.tabIndex = 0;
  svg.addEventListener("pointermove", event =>
      showAt(nearest(toDrawing(svg, event.clientX, event.clientY).x)));
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) showAt(Math.max(0, at)); });
  svg.addEventListener("blur", hide);
  svg.addEventListener("keydown", event => {
    const next = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: stops.length - 1}[event.key];
    if (event.key === "Escape") hide();
    if (next === undefined) return;
    event.preventDefault();
    showAt(Math.min(stops.length - 1, Math.max(0, next)));
  });
};

const setUpMap = svg => {
  const areas = all(svg, "[data-range]").reverse();
  if (!areas.length) return;
  const unit = svg.dataset.unit ? " " + svg.dataset.unit : "";
  let cursor = {x: 1800, y: 900};
  const degree = (value, plus, minus) =>
      Math.abs(Math.round(value)) + "°" + (Math.round(value) < 0 ? minus : plus);
  const hide = () => { tip.hidden = true; };
  const showAt = point => {
    cursor = {x: Math.min(3600, Math.max(0, point.x)), y: Math.min(1800, Math.max(0, point.y))};
    const spot = new DOMPoint(cursor.x, cursor.y);
    const area = areas.find(item => item.isPointInFill(spot));
    show(degree(90 - cursor.y / 10, "N", "S") + " " + degree(cursor.x / 10 - 180, "E", "W"),
         area ? [area.dataset.range + unit] : []);
    const screen = toScreen(svg, cursor.x, cursor.y);
    place(screen.x, screen.y);
  };
  svg.tabIndex = 0;
  svg.addEventListener("pointermove", event =>
      showAt(toDrawing(svg, event.clientX, event.clientY)));
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) showAt(cursor); });
  svg.addEventListener("blur", hide);
  svg.addEventListener("keydown", event => {
    const step = {ArrowRight: [50, 0], ArrowLeft: [-50, 0], ArrowUp: [0, -50], ArrowDown: [0, 50]}[
        event.key];
    if (event.key === "Escape") hide();
    if (!step) return;
    event.preventDefault();
    showAt({x: cursor.x + step[0], y: cursor.y + step[1]});
  });
};

all(document, "svg.chart[data-x-axis]").forEach(setUpChart);
all(document, "svg.map").forEach(setUpMap);

// ---- paper ----
let folded = [];
addEventListener("beforeprint", () => {
  folded = all(document, "details:not([open])");
  folded.forEach(item => { item.open = true; });
});
addEventListener("afterprint", () => folded.forEach(item => { item.open = false; }));
})();
)js";
}

}  // namespace myriad::diag::detail
