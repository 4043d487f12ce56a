"""Pieces of HTML for the twin's pages. A cell is HTML already.

`#` before a heading marks a column of numbers, `~` one that phones go without, `=` one that isn't broken where there is room.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from html import escape
from typing import Final

from werkzeug.wrappers import Response

from sandbox.pages import page

GREEN: Final = "#1f6b3a"
_COLUMNS: Final = {"#": ' class="n"', "~": ' class="s"', "=": ' class="k"'}
_STYLE: Final = """<style>
main { max-width: 62rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .45rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 600; font-size: .85rem }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tfoot td { font-weight: 700; border-bottom: 0; border-top: 2px solid var(--ink) }
@media (max-width: 480px) { th, td { padding: .4rem .25rem; font-size: .85rem } .s { display: none } .card { padding: 1rem } }
@media (min-width: 481px) { .k { white-space: nowrap } }
.wide { overflow-x: auto } dl.facts { margin: .6rem 0 1.2rem } nav { margin-bottom: 1rem } nav a { margin-right: 1rem }
details { margin: .4rem 0 } summary { cursor: pointer } summary:focus-visible { outline: 3px solid var(--accent) }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; background: var(--ground); padding: .6rem;
  border-radius: 6px; max-height: 24rem; overflow: auto }
</style>"""


def framed(title: str, body: str, status: int = 200) -> Response:
    return page(title, _STYLE + body, brand="QuickBooks Desktop", colour=GREEN, status=status)


def missing(text: str) -> Response:
    return framed("Not found", f'<div class="card"><h1>Not found</h1><p>{escape(text)}</p></div>', 404)


def link(href: str, text: str) -> str:
    return f'<a href="{escape(href)}">{escape(text)}</a>'


def amount(value: Decimal) -> str:
    return f"{value:,.2f}"


def sides(value: Decimal) -> tuple[str, str]:
    """The debit and the credit cell of a balance."""
    return (amount(value), "") if value > 0 else ("", amount(-value))


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], foot: tuple[str, ...] = (), empty: str = "") -> str:
    styles = [_COLUMNS.get(head[0], "") for head in heads]
    head = "".join(f"<th{style}>{name.lstrip('#~=')}</th>" for name, style in zip(heads, styles, strict=True))
    body = "".join(_cells(row, styles) for row in rows)
    body = body or f'<tr><td colspan="{len(heads)}" class="soft">{empty}</td></tr>'
    last = f"<tfoot>{_cells(foot, styles)}</tfoot>" if foot else ""
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{last}</table></div>'


def facts(pairs: dict[str, str | None]) -> str:
    """A list of names and values, without those that are empty."""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs.items() if value)
    return f'<dl class="facts">{items}</dl>'


def card(title: str, body: str, under: str = "") -> str:
    soft = f'<p class="soft">{escape(under)}</p>' if under else ""
    return f'<div class="card"><h1>{escape(title)}</h1>{soft}{body}</div>'


def _cells(row: tuple[str, ...], styles: list[str]) -> str:
    return "<tr>" + "".join(f"<td{style}>{cell}</td>" for cell, style in zip(row, styles, strict=True)) + "</tr>"
