"""Charts as SVG: static pictures without scripts, fonts or tiles from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import sqrt
from xml.sax.saxutils import escape

from monitor.show.text import cut, safe_line, width

_WIDTH = 720
# The ink is that of the page around, dark or light; on its own a picture is black on white.
_INK, _BAR, _GRID = "currentColor", "#2a6f97", "#8885"


def bars_over_time(bins: Sequence[tuple[datetime, int]]) -> str:
    """Posts per bin, as columns; the highest is labelled, and the first and last time."""
    height, top = 160, max((n for _, n in bins), default=0)
    step = _WIDTH / max(len(bins), 1)
    shapes = [_label(0, 12, f"at most {top} posts")]
    for index, (at, number) in enumerate(bins):
        tall = 110 * number / top if top else 0
        said = f"{at:%Y-%m-%d %H:%M} UTC: {number}"
        shapes.append(
            f'<rect x="{index * step:.1f}" y="{130 - tall:.1f}" width="{max(step - 1, 0.5):.1f}"'
            f' height="{tall:.1f}" fill="{_BAR}"><title>{said}</title></rect>'
        )
    shapes.append(f'<line x1="0" y1="130" x2="{_WIDTH}" y2="130" stroke="{_GRID}"/>')
    if bins:
        shapes.append(_label(0, 150, f"{bins[0][0]:%Y-%m-%d %H:%M}"))
        shapes.append(_label(_WIDTH, 150, f"{bins[-1][0]:%Y-%m-%d %H:%M} UTC", "end"))
    return _svg(height, "Posts over time", shapes)


def bars(counted: Sequence[tuple[str, int]], title: str) -> str:
    """One horizontal bar for each of the ten largest."""
    rows, top = counted[:10], max((n for _, n in counted), default=0)
    shapes = []
    for index, (name, number) in enumerate(rows):
        y = 8 + index * 22
        shapes.append(_label(150, y + 12, cut(safe_line(name), 22), "end"))
        long = 480 * number / top if top else 0
        shapes.append(f'<rect x="160" y="{y}" width="{long:.1f}" height="16" fill="{_BAR}"/>')
        shapes.append(_label(166 + long, y + 12, str(number)))
    return _svg(16 + 22 * len(rows), title, shapes)


def map_of(places: Sequence[tuple[str, float, float, int]]) -> str:
    """Places on a grid of degrees (plate carrée), cut to where most are; area grows with posts.

    ``places`` come with the most mentioned first.
    """
    if not places:
        return ""
    left_out, places = len(places), _framed(places)
    left_out -= len(places)
    norths, easts = [p[1] for p in places], [p[2] for p in places]
    margin = max((max(easts) - min(easts)) / 8, (max(norths) - min(norths)) / 8, 0.5)
    north, south = max(norths) + margin, min(norths) - margin
    west, east = min(easts) - margin, max(easts) + margin
    if (east - west) * 420 < (north - south) * _WIDTH:  # as wide as the page: names need room
        wider = ((north - south) * _WIDTH / 420 - (east - west)) / 2
        west, east = west - wider, east + wider
    scale = min(_WIDTH / (east - west), 420 / (north - south))
    height = int((north - south) * scale)
    step = next((s for s in (1, 2, 5, 10, 20) if (east - west) / s <= 12), 30)
    shapes = []
    for degree in range(int(west // step) * step, int(east) + step, step):
        x = (degree - west) * scale
        if 0 <= x <= (east - west) * scale:
            shapes.append(f'<path d="M{x:.1f} 0V{height}" stroke="{_GRID}"/>')
            shapes.append(_label(x + 2, height - 3, f"{abs(degree)}°{'W' if degree < 0 else 'E'}"))
    for degree in range(int(south // step) * step, int(north) + step, step):
        y = (north - degree) * scale
        if 0 <= y <= height:
            shapes.append(f'<path d="M0 {y:.1f}H{(east - west) * scale:.1f}" stroke="{_GRID}"/>')
            shapes.append(_label(2, y - 2, f"{abs(degree)}°{'S' if degree < 0 else 'N'}"))
    most = max(p[3] for p in places)
    dots = [((lon - west) * scale, (north - lat) * scale, name, n) for name, lat, lon, n in places]
    for x, y, _, number in reversed(dots):
        shapes.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{4 + 10 * sqrt(number / most):.1f}"'
            f' fill="{_BAR}" fill-opacity="0.6"/>'
        )
    shapes += _names(dots, (east - west) * scale)
    if left_out:
        shapes.append(_label(_WIDTH - 4, 14, f"{left_out} more, seldom named, not drawn", "end"))
    return _svg(height, "Places mentioned", shapes)


def _framed(
    places: Sequence[tuple[str, float, float, int]],
) -> Sequence[tuple[str, float, float, int]]:
    """Those with 97 % of all mentions: a single one far away would make a dot of the rest."""
    enough, seen = 0.97 * sum(n for *_, n in places), 0
    for index, (*_, number) in enumerate(places):
        if seen >= enough:
            return places[:index]
        seen += number
    return places


def _names(dots: Sequence[tuple[float, float, str, int]], right: float) -> Iterator[str]:
    """The names of the most mentioned places, as far as none is written over another."""
    taken: list[tuple[float, float, float]] = []  # left, right, line
    for x, y, name, number in dots:
        said = f"{cut(safe_line(name), 28)} ({number})"
        long, at = 6.6 * width(said), max(y - 6, 12)
        begin = x - 8 - long if x + 8 + long > right else x + 8
        if any(a < begin + long and begin < b and abs(at - c) < 13 for a, b, c in taken):
            continue
        taken.append((begin, begin + long, at))
        yield _label(begin, at, said)


def _label(x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12"'
        f' font-family="sans-serif" fill="{_INK}">{escape(text)}</text>'
    )


def _svg(height: int, title: str, shapes: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}" role="img"><title>{escape(title)}</title>'
        f"{''.join(shapes)}</svg>"
    )
