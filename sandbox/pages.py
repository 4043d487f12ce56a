"""The few human pages of the sandbox, and the frame the twins put theirs into. One style, no assets."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from sandbox.world import Twin, World

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2630; --soft: #5b6673; --line: #d9dee4; --ground: #f4f6f8; --card: #fff;
  --accent: #0b5cad; --on-accent: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --soft: #9aa6b3; --line: #2e3843; --ground: #12171d;
  --card: #1a2129; --accent: #5aa9f5; --on-accent: #08131f; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header { background: var(--brand, #1d2630); color: #fff; padding: .8rem 1.25rem; font-weight: 600; display: flex;
  gap: .75rem; align-items: center; flex-wrap: wrap; }
header small { font-weight: 400; border: 1px solid #ffffff80; border-radius: 99px; padding: .05rem .6rem; }
main { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; margin-bottom: 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem } h2 { font-size: 1.05rem; margin: 0 0 .5rem }
p { margin: 0 0 .9rem } .soft { color: var(--soft) } ul { padding-left: 1.2rem; margin: 0 0 .9rem }
code { font-size: .875em; overflow-wrap: anywhere; background: var(--ground); border-radius: 4px; padding: .05rem .3rem }
a { color: var(--accent) }
.choice { display: flex; gap: .8rem; align-items: center; border: 1px solid var(--line); border-radius: 8px;
  padding: .7rem .9rem; margin-bottom: .5rem; cursor: pointer }
.choice:has(input:checked) { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent) }
.choice span { display: block } fieldset { border: 0; padding: 0; margin: 0 0 1rem } legend { padding: 0; font-weight: 600;
  margin-bottom: .4rem }
.actions { display: flex; gap: .6rem; flex-wrap: wrap; margin-top: 1rem }
button, .button { font: inherit; font-weight: 600; border-radius: 8px; padding: .6rem 1.2rem; cursor: pointer;
  text-decoration: none; border: 1px solid var(--line); background: transparent; color: var(--ink) }
button.primary, .button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
button:focus-visible, a:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem 1rem; margin: 0 } dt { color: var(--soft) } dd { margin: 0 }
input[type=url] { font: inherit; width: 100%; padding: .55rem .7rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--ground); color: var(--ink) }
@media (max-width: 480px) { main { margin: 1rem auto } .actions > * { flex: 1 1 100%; text-align: center }
  dl { grid-template-columns: 1fr } dd { margin-bottom: .4rem } }
"""


def page(title: str, body: str, *, brand: str = "Twins", colour: str = "#1d2630", status: int = 200) -> Response:
    """A whole page. `body` is HTML whose values the caller has escaped; `title` and `brand` are text."""
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f'<body style="--brand: {colour}"><header>{escape(brand)} <small>twin for tests and demos</small></header>'
        f"<main>{body}</main></body></html>"
    )
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def index(world: World, twins: dict[str, Twin]) -> Response:
    """What this is and where to go, for a person who opened the port in a browser."""
    cards = "".join(_twin_card(twin) for twin in twins.values())
    limits = f"{world.scale:g} times the real rates" if world.scale else "no rate limits"
    return page(
        "The twins",
        '<div class="card"><h1>The twins</h1><p>Simulators of the services that Tieout is plugged into. They answer as the '
        "published contracts say, keep what is written to them, and misbehave when told to. Nothing here is real: "
        "no money moves and no vendor is called.</p>"
        f"<dl><dt>World's clock</dt><dd>{world.now():%Y-%m-%d %H:%M:%S} UTC</dd><dt>History leads up to</dt>"
        f"<dd>{world.anchor}</dd><dt>Limits</dt><dd>{limits}</dd><dt>Faults laid</dt>"
        f"<dd>{len(world.faults.list())}</dd></dl></div>{cards}"
        '<div class="card"><h2>World</h2><p class="soft">State and control, as JSON.</p><ul>'
        '<li><a href="/world/">state</a></li><li><a href="/world/seeded">what was seeded on purpose</a></li>'
        '<li><a href="/world/faults">faults</a></li><li><a href="/world/journal">journal of calls</a></li></ul></div>',
    )


def _twin_card(twin: Twin) -> str:
    links = "".join(f'<li><a href="/{twin.name}{escape(path)}">{escape(label)}</a></li>' for path, label in twin.links())
    return (
        f'<div class="card"><h2>{escape(twin.title)}</h2><p class="soft">Under <code>/{twin.name}/</code></p>'
        f"<ul>{links}</ul></div>"
    )


def not_found(path: str) -> Response:
    body = f'<div class="card"><h1>Nothing here</h1><p><code>{escape(path)}</code></p><p><a href="/">The twins</a></p></div>'
    return page("Nothing here", body, status=404)
