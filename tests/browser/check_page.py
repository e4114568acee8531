"""Load a report in a headless browser and use it as a reader would.

Usage: check_page.py BROWSER PAGE [SCORES]
SCORES holds the lines of `myriad verify --porcelain`; with it the values under the pointer are compared with the scores.
"""

import pathlib
import sys

from devtools import Browser

failures = []


def expect(condition, sentence):
    if not condition:
        failures.append(sentence)
        print("FAILED:", sentence)


# Figures of the panel that is shown: its box and what is painted in it.
FIGURES = """
[...document.querySelectorAll('figure')].filter(f => f.offsetParent !== null).map(f => {
  const box = f.getBoundingClientRect();
  const marks = [...f.querySelectorAll('svg path:not(.graticule):not(.sea)')].filter(m => {
    const b = m.getBBox();
    return b.width > 0 || b.height > 0;
  }).length + f.querySelectorAll('td[style]').length;
  return {name: f.querySelector('figcaption b').textContent, facts: f.querySelector('figcaption small').textContent,
          width: box.width, height: box.height, marks: marks};
})
"""
VISIBLE_PANELS = "[...document.querySelectorAll('.panel')].filter(p => p.getClientRects().length > 0).map(p => p.id)"
PANELS = "[...document.querySelectorAll('.panel')].map(p => p.id)"
OVERFLOW = """
(() => { const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > wide + 1
    && !e.closest('.scroll') && !e.closest('nav')).slice(0, 5).map(e => e.tagName + '.' + e.getAttribute('class'));
})()
"""
# Middle of the chart whose title begins with a text, after scrolling to it.
FIND_CHART = """
(title => { const svg = [...document.querySelectorAll('svg.chart, svg.map')].find(s => s.getClientRects().length > 0 &&
    s.querySelector('title').textContent.startsWith(title));
  if (!svg) return null;
  svg.scrollIntoView({block: 'center', behavior: 'instant'});
  const b = svg.getBoundingClientRect();
  const axis = (svg.dataset.xAxis || '').split(' ');
  return {left: b.left, top: b.top, width: b.width, height: b.height, axis: axis, view: svg.viewBox.baseVal.width};
})(%r)
"""
TIP = "(() => { const t = document.querySelector('.tip'); return t.hidden ? [] : [...t.children].map(c => c.textContent); })()"


def check_tabs(browser):
    panels = browser.evaluate(PANELS)
    expect(len(panels) >= 3, "at least three panels, not %s" % panels)
    expect(browser.evaluate(VISIBLE_PANELS) == panels[:1], "the first panel alone is shown at first")
    for panel in panels:
        browser.evaluate("document.querySelector('nav a[href=\"#%s\"]').click()" % panel)
        expect(browser.evaluate(VISIBLE_PANELS) == [panel], "a click on its tab shows the panel %s alone" % panel)
        selected = browser.evaluate("[...document.querySelectorAll('[role=tab][aria-selected=true]')].map(t => t.hash)")
        expect(selected == ["#" + panel], "the tab of %s is marked, not %s" % (panel, selected))
        for figure in browser.evaluate(FIGURES):
            name = "%s in %s" % (figure["name"], panel)
            expect(figure["width"] > 80 and figure["height"] > 60, "%s has a size: %s" % (name, figure))
            expect(figure["marks"] >= 1, "something is drawn in " + name)
            expect("member" in figure["facts"] and figure["facts"].count(" · ") >= 3, "%s says its facts" % name)
    browser.evaluate("document.querySelector('nav a').focus()")
    browser.evaluate("document.querySelector('nav a').click()")
    browser.press("ArrowRight")
    expect(browser.evaluate(VISIBLE_PANELS) == panels[1:2], "the right arrow moves to the next tab")
    browser.press("End")
    expect(browser.evaluate(VISIBLE_PANELS) == panels[-1:], "End moves to the last tab")
    browser.press("Home")
    expect(browser.evaluate(VISIBLE_PANELS) == panels[:1], "Home moves to the first tab")
    return panels


def number_of(text):
    return float(text.split(":")[1].split()[0].replace("\u2212", "-"))


def check_hover(browser, scores):
    """Every line of a chart of errors shows, at every lead, the number that the program printed."""
    channel = scores[0][0]
    browser.evaluate("document.querySelector('nav a[href=\"#%s\"]').click()" % channel)
    names = {"ens. mean": "rmse", "forecast": "rmse", "persistence": "rmse_persistence", "climate": "rmse_climatology",
             "control": "rmse_control", "spread": "spread"}
    wanted = {(s, float(lead)): float(v) for c, region, lead, s, v in scores if c == channel and region == "global"}
    leads = sorted({lead for _, lead in wanted})
    chart = browser.evaluate(FIND_CHART % "Root-mean-square error of")
    expect(chart is not None, "there is a chart of the root-mean-square error")
    if chart is None:
        return
    low, high, start, end = map(float, chart["axis"][1:])
    unit = 24.0 if leads[-1] > 48 else 1.0
    compared = 0
    for lead in (leads[0], leads[len(leads) // 2], leads[-1]):
        place = start + (end - start) * (lead / unit - low) / (high - low)
        browser.move(chart["left"] + place * chart["width"] / chart["view"], chart["top"] + chart["height"] / 2)
        rows = browser.evaluate(TIP)
        expect(rows and abs(number_of(rows[0]) - lead / unit) < 1e-3, "the pointer is at lead %g: %s" % (lead, rows))
        for row in rows[1:]:
            name = row.split(":")[0]
            if name not in names:
                continue
            score = wanted[(names[name], lead)]
            shown = number_of(row)
            expect(abs(shown - score) <= 6e-4 * abs(score) + 1e-12, "%s at %g h is %g, not %g" % (name, lead, score, shown))
            compared += 1
    expect(compared >= 6, "at least six values are compared, not %d" % compared)
    browser.move(1, 1)
    expect(browser.evaluate(TIP) == [], "the values go when the pointer leaves")
    # The same with the keyboard alone: focus, then the arrow to the second lead.
    browser.evaluate("document.querySelector('nav a[aria-selected=true]').focus()")
    browser.press("Tab")
    browser.evaluate("[...document.querySelectorAll('svg.chart')].find(s => s.getClientRects().length > 0).focus()")
    browser.press("Home")
    first = browser.evaluate(TIP)
    browser.press("ArrowRight")
    second = browser.evaluate(TIP)
    expect(first and second and number_of(second[0]) > number_of(first[0]), "the arrow moves on: %s %s" % (first, second))
    browser.press("Escape")
    expect(browser.evaluate(TIP) == [], "Escape hides the values")


def check_map(browser, panels):
    for panel in panels:
        browser.evaluate("document.querySelector('nav a[href=\"#%s\"]').click()" % panel)
        chart = browser.evaluate(FIND_CHART % "Ensemble mean of")
        if chart is None:
            continue
        browser.move(chart["left"] + 0.75 * chart["width"], chart["top"] + 0.25 * chart["height"])
        rows = browser.evaluate(TIP)
        expect(len(rows) == 2 and rows[0] == "45°N 90°E", "the map tells where the pointer is: %s" % rows)
        expect(any(word in rows[-1] for word in (" to ", "below", "above")), "and the interval there: %s" % rows)
        return
    expect(False, "no map was found")


def check_layouts(browser, panels, url):
    browser.resize(390, 844, mobile=True)
    for panel in panels:
        browser.evaluate("document.querySelector('nav a[href=\"#%s\"]').click()" % panel)
        wide = browser.evaluate(OVERFLOW)
        expect(wide == [], "%s fits 390 pixels; too wide: %s" % (panel, wide))
        small = browser.evaluate("[...document.querySelectorAll('svg.chart')].filter(s => s.getClientRects().length > 0)"
                                 ".filter(s => s.getBoundingClientRect().width < 120).length")
        expect(small == 0, "no chart of %s is too small to read on a phone" % panel)
    browser.resize(1200, 900)
    browser.media("print")
    expect(browser.evaluate(VISIBLE_PANELS) == panels, "on paper every panel is shown")
    expect(browser.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none", "no tabs on paper")
    shown = browser.evaluate("(dispatchEvent(new Event('beforeprint')), [...document.querySelectorAll('details > *:not(summary)')]"
                             ".every(e => e.getClientRects().length > 0))")
    expect(shown, "folded parts are open on paper")
    browser.evaluate("dispatchEvent(new Event('afterprint'))")
    browser.media("")
    browser.scripts(False)
    browser.open(url)
    browser.scripts(True)  # for our questions only; the page has been loaded without
    expect(browser.evaluate("document.documentElement.classList.contains('js')") is False, "the script did not run")
    expect(browser.evaluate(VISIBLE_PANELS) == panels, "without script everything is shown")
    for dark in (False, True):
        browser.media("", dark)
        browser.open(url)
        ground = browser.evaluate("getComputedStyle(document.body).backgroundColor")
        light = int(ground.split("(")[1].split(",")[0]) > 128
        expect(light != dark, "the page follows the dark theme: %s" % ground)
    browser.media("")


def main():
    program, page = sys.argv[1:3]
    url = pathlib.Path(page).resolve().as_uri()
    with Browser(program) as browser:
        browser.resize(1200, 900)
        browser.media("")
        browser.open(url)
        panels = check_tabs(browser)
        if len(sys.argv) > 3:
            lines = pathlib.Path(sys.argv[3]).read_text().splitlines()[1:]
            check_hover(browser, [line.split("\t") for line in lines])
            check_map(browser, panels)
        check_layouts(browser, panels, url)
        browser.open(url + "#" + panels[1])
        expect(browser.evaluate(VISIBLE_PANELS) == panels[1:2], "an address with a panel opens it")
        expect(browser.complaints == [], "the console is silent: %s" % browser.complaints)
    print("%s: %d panels, %d failure(s)" % (page, len(panels), len(failures)))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
