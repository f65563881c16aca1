#!/usr/bin/env python3
"""Checks a page of `docker-cache stats --html` in a headless browser.

    page_check.py CHROMIUM PAGE JSON

It shows the page in frames of several widths, light and dark, and checks its layout, its tables and its requests. JSON
is the output of `docker-cache stats --format json` for the same lookups.
"""

import html
import json
import os
import re
import subprocess
import sys
import tempfile

chromium, page_path, json_path = sys.argv[1:]
page = open(page_path, encoding="utf-8", newline="").read()
statistics = json.load(open(json_path, encoding="utf-8"))
WIDTHS = [320, 390, 768, 1280]

LOOK = """
addEventListener('load', () => {
  const result = [];
  for (const frame of document.querySelectorAll('iframe')) {
    const view = frame.contentWindow, page = frame.contentDocument;
    page.querySelectorAll('details').forEach(details => details.open = true);
    const root = page.documentElement;
    const boxes = [...page.querySelectorAll('body *:not(td):not(th):not(tr):not(thead):not(tbody):not(table):not(caption)')]
      .filter(element => !element.closest('svg') && !element.classList.contains('skip'));
    const colour = (selector, name) => view.getComputedStyle(page.querySelector(selector))[name];
    result.push({
      width: root.clientWidth, scroll: root.scrollWidth,
      outside: boxes.filter(element => element.getBoundingClientRect().right > root.clientWidth + 1)
        .map(element => element.outerHTML.slice(0, 80)),
      requests: view.performance.getEntriesByType('resource').map(entry => entry.name),
      active: page.querySelectorAll('script, img, iframe, object, embed, link, form').length,
      title: page.title, language: root.lang, dark: view.matchMedia('(prefers-color-scheme: dark)').matches,
      headings: [...page.querySelectorAll('h1, h2')].map(heading => heading.tagName),
      landmarks: ['header', 'main', 'footer'].map(name => page.querySelectorAll(name).length),
      unnamed: [...page.querySelectorAll('section, svg[role=img], [role=region]')].filter(element =>
        !(element.getAttribute('aria-label') || (element.getAttribute('aria-labelledby') || '').split(' ')
          .filter(id => id && page.getElementById(id)?.textContent.trim()).length)).length,
      twice: [...page.querySelectorAll('[id]')].map(element => element.id).filter((id, n, all) => all.indexOf(id) !== n),
      tables: Object.fromEntries([...page.querySelectorAll('table')].map(table => [
        table.caption.textContent, [...table.rows].map(row => [...row.cells].map(cell => cell.textContent))])),
      unscoped: page.querySelectorAll('th:not([scope])').length,
      columns: [...page.querySelectorAll('.columns')].map(list => list.children.length),
      tips: [...page.querySelectorAll('.columns li[tabindex="0"]')].map(column => {
        const tip = column.querySelector('.tip'), before = view.getComputedStyle(tip).visibility;
        column.focus();
        const box = tip.getBoundingClientRect();
        return [before, view.getComputedStyle(tip).visibility, box.left >= 0 && box.right <= root.clientWidth + 1,
          column.querySelector('.stack').getBoundingClientRect().height > 0, tip.textContent];
      }),
      hover: [...page.styleSheets].flatMap(sheet => [...sheet.cssRules])
        .some(rule => rule.selectorText?.includes('.columns li:hover .tip') && rule.style.visibility === 'visible'),
      stacks: [...page.querySelectorAll('#rate ~ .chart .stack')].map(stack =>
        [...stack.children].map(part => parseFloat(part.style.height)).reduce((sum, height) => sum + height, 0)),
      colours: [[colour('body', 'color'), colour('body', 'backgroundColor')],
        [colour('.figures dt', 'color'), colour('.figures div', 'backgroundColor')],
        [colour('summary', 'color'), colour('section', 'backgroundColor')]],
    });
  }
  const pre = document.createElement('pre');
  pre.id = 'result';
  pre.textContent = JSON.stringify(result);
  document.body.append(pre);
});
"""


def expect(found, expected, what):
    if found != expected:
        sys.exit(f"FAILED: {what}: expected {expected!r}, got {found!r}")


def look(*arguments):
    frames = "".join(f'<iframe width="{width}" height="900" srcdoc="{html.escape(page)}"></iframe>' for width in WIDTHS)
    with tempfile.TemporaryDirectory() as directory:
        with open(f"{directory}/frames.html", "w", encoding="utf-8", newline="") as file:
            file.write(f"<!DOCTYPE html><meta charset=utf-8><script>{LOOK}</script><body>{frames}")
        command = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            f"--user-data-dir={directory}/profile", *arguments, "--dump-dom", f"file://{directory}/frames.html",
        ]  # fmt: skip
        environment = dict(os.environ, HOME=directory)
        answer = subprocess.run(command, capture_output=True, timeout=120, env=environment)
    found = re.search(r'<pre id="result">(.*?)</pre>', answer.stdout.decode(), re.DOTALL)
    if not found:
        sys.exit(f"FAILED: the browser showed nothing: {answer.stderr.decode()[-2000:]}")
    return json.loads(html.unescape(found.group(1)))


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(pair):
    high, low = sorted((luminance(colour) for colour in pair), reverse=True)
    return (high + 0.05) / (low + 0.05)


def check(view, width, dark):
    what = f"{width} pixels, {'dark' if dark else 'light'}"
    expect(view["dark"], dark, f"{what}: colour scheme")
    expect(view["scroll"] <= view["width"], True, f"{what}: no horizontal scrolling")
    expect(view["outside"], [], f"{what}: elements that stick out")
    expect(view["requests"], [], f"{what}: requests")
    expect(view["active"], 0, f"{what}: elements that load or run something")
    expect((view["title"], view["language"]), ("docker-cache statistics", "en"), f"{what}: title and language")
    expect(view["headings"].count("H1"), 1, f"{what}: one first heading")
    expect(view["headings"][0], "H1", f"{what}: which comes first")
    expect(view["landmarks"], [1, 1, 1], f"{what}: landmarks")
    expect((view["unnamed"], view["unscoped"], view["twice"]), (0, 0, []), f"{what}: names, scopes and ids")
    for pair in view["colours"]:
        expect(contrast(pair) >= 4.5, True, f"{what}: contrast of {pair}")
    totals = statistics["totals"]
    counters = dict(view["tables"]["All counters"][1:])
    for title, name in (("Lookups", "lookups"), ("Hits", "hits"), ("Misses", "misses"), ("Failed", "failures")):
        expect(counters[title], str(totals[name]), f"{what}: {title}")
    days = view["tables"]["Lookups and hit rate by day"][1:]
    expected = [[day["day"], str(day["lookups"]), str(day["hits"])] for day in statistics["days"]]
    expect([row[:3] for row in days], expected, f"{what}: days")
    reasons = [[item["reason"], str(item["lookups"])] for item in statistics["reasons"]]
    expect(view["tables"]["Lookups that did not hit or failed, by reason"][1 : len(reasons) + 1], reasons, what)
    builds = [str(image["builds"]) for image in statistics["costliest_images"]]
    costliest = view["tables"]["Images by time lost to builds"][1:]
    expect([row[1] for row in costliest], builds, f"{what}: costliest images")
    images = [str(image["builds"]) for image in statistics["slowest_images"]]
    slowest = view["tables"]["Images whose builds take longest on average"][1:]
    expect([row[1] for row in slowest], images, f"{what}: slowest images")
    expect(view["headings"][:2], ["H1", "H2"], f"{what}: headings")
    expect(view["columns"][0] >= min(90, len(days)), True, f"{what}: columns")
    expect(len(view["tips"]) >= 2 * min(90, len(days)) - 1, True, f"{what}: columns that can be focused")
    for before, after, inside, seen, text in view["tips"]:
        expect((before, after, inside, seen), ("hidden", "visible", True, True), f"{what}: value of {text}")
    expect(view["hover"], True, f"{what}: a rule that shows the value under the pointer")
    for stack in view["stacks"]:
        expect(99.9 < stack < 100.1, True, f"{what}: a stack of hits and misses, {stack} %")


def main():
    expect(re.findall(r"https?://|@import|url\(", page), [], "addresses in the page")
    looks = 0
    for dark in (False, True):
        arguments = ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else []
        for view, width in zip(look(*arguments), WIDTHS, strict=True):
            check(view, width, dark)
            looks += 1
    print(f"{looks} looks at the page")


main()
