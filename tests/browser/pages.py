"""What is measured on a page as a person would see it: width, contrast, names, headings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# Runs in the page. Returns texts whose contrast with what is painted behind them is below 4.5:1 (3:1 for large ones).
CONTRAST = r"""
() => {
  const pixel = document.createElement('canvas').getContext('2d', {willReadFrequently: true}), known = {};
  const parse = text => known[text] ??= (pixel.clearRect(0, 0, 1, 1), pixel.fillStyle = text, pixel.fillRect(0, 0, 1, 1), (d => [d[0], d[1], d[2], d[3] / 255])(pixel.getImageData(0, 0, 1, 1).data));
  const over = (top, under) => top[3] >= 1 ? top : [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
  const behind = e => { const layers = []; for (let n = e; n; n = n.parentElement) { const c = parse(getComputedStyle(n).backgroundColor); layers.push(c); if (c[3] >= 1) break; } return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]); };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || !e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) continue;
    if (e.closest('[disabled], .visually-hidden, script, style, noscript, option, .skip, .disabled')) continue;
    const box = e.getBoundingClientRect(); if (box.width < 2 || box.height < 2) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    const got = ratio(over(parse(style.color), behind(e)), behind(e));
    if (got < (large ? 3 : 4.5)) found.push(`${got.toFixed(2)} "${text.slice(0, 40)}" ${e.tagName}.${e.className}`);
  }
  return [...new Set(found)];
}
"""

# Controls without a name that a screen reader could say, duplicate ids, tables without heads, pages without one h1.
NAMES = """
() => {
  const found = [];
  const named = e => (e.getAttribute('aria-label') || e.getAttribute('title') || e.textContent || '').trim() || (e.labels && e.labels.length) || (e.getAttribute('aria-labelledby'));
  document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea').forEach(e => { if (e.checkVisibility() && !named(e)) found.push(`no name: ${e.outerHTML.slice(0, 120)}`); });
  const ids = {}; document.querySelectorAll('[id]').forEach(e => { ids[e.id] = (ids[e.id] || 0) + 1; });
  Object.keys(ids).filter(id => ids[id] > 1).forEach(id => found.push(`id twice: ${id}`));
  document.querySelectorAll('img:not([alt])').forEach(e => found.push(`no alt: ${e.src}`));
  if (document.querySelectorAll('h1').length !== 1) found.push(`${document.querySelectorAll('h1').length} h1`);
  if (!document.documentElement.lang) found.push('no language');
  if (!document.querySelector('main')) found.push('no main');
  document.querySelectorAll('label[for]').forEach(e => { if (!document.getElementById(e.htmlFor)) found.push(`label for nothing: ${e.htmlFor}`); });
  return found;
}
"""


def findings(page: Any) -> list[str]:
    """Everything wrong with the page as it is shown now; empty when all is well."""
    found = [f"contrast {line}" for line in page.evaluate(CONTRAST)] + list(page.evaluate(NAMES))
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if too_wide > 0:
        found.append(f"{too_wide} px too wide")
    return found


FORMS = tuple((width, scheme) for width in (1440, 390) for scheme in ("light", "dark"))
# A page hears of other colours with its next frame, and what moves towards them is measured at its end.
SETTLED = """
async () => {
  const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
  await frame(); await frame();
  document.getAnimations().forEach(each => { try { each.finish(); } catch { each.cancel(); } });
}
"""
OPEN = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


def findings_in_four_forms(page: Any, *, opened: bool = False) -> list[str]:
    """What is wrong with the page that is shown, light and dark, on desk and phone; `opened`: with its details open too.

    The page is loaded once: width and colours change under it, as they do when a phone is turned or evening comes.
    """
    found: list[str] = []
    for turn in (False, True) if opened else (False,):
        if turn:
            page.evaluate(OPEN)
        for width, scheme in FORMS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.evaluate(SETTLED)
            found += [f"{width} {scheme}: {one}" for one in findings(page)]
    return list(dict.fromkeys(found))


def look(page: Any, site: str, addresses: Iterable[str], *, opened: bool = False) -> list[str]:
    """Everything wrong with these pages in any of their four forms."""
    found = []
    for address in addresses:
        page.goto(site + address)
        found += [f"{address} {one}" for one in findings_in_four_forms(page, opened=opened)]
    return found


def enter(page: Any, site: str, email: str = "owner@demo.example") -> None:
    """Log somebody in without the login pages: his second step takes a code that is good only once in half a minute."""
    from django.conf import settings
    from django.test import Client

    from tenants.models import User

    client = Client()
    client.force_login(User.objects.get(email=email))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
    page.goto(f"{site}/")
    page.wait_for_url("**/app/**")
