"""A log-log plot as a small SVG, with a guide line: slope 1 for linear growth, or flat."""

import math
from html import escape

WIDTH, HEIGHT = 560, 380
LEFT, RIGHT, TOP, BOTTOM = 70, 40, 44, 56
INK, GRID, LINE, GUIDE = "#1f2328", "#d8dee4", "#0b5cad", "#9a6700"


def svg(plot):
    xs, ys = zip(*plot["points"])
    x_low, x_high = limits(xs)
    y_low, y_high = limits(ys)

    def at(x, y):
        return (LEFT + (math.log10(x) - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - (math.log10(y) - y_low) / (y_high - y_low)
                * (HEIGHT - TOP - BOTTOM))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             f'font-family="sans-serif" font-size="13" fill="{INK}">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
             text(WIDTH / 2, 24, plot["title"], size=15)]
    for value in ticks(x_low, x_high):
        x, _ = at(value, 10**y_low)
        parts += [line(x, TOP, x, HEIGHT - BOTTOM), text(x, HEIGHT - BOTTOM + 18, label(value))]
    for value in ticks(y_low, y_high):
        _, y = at(10**x_low, value)
        parts += [line(LEFT, y, WIDTH - RIGHT, y), text(LEFT - 8, y + 4, label(value), "end")]
    parts += guide(plot, at, y_low)
    points = [at(x, y) for x, y in plot["points"]]
    parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" '
                 f'fill="none" stroke="{LINE}" stroke-width="2"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{LINE}"/>' for x, y in points]
    parts += [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, plot["x"]),
              f'<g transform="translate(18 {HEIGHT / 2}) rotate(-90)">{text(0, 0, plot["y"])}</g>',
              "</svg>\n"]
    return "\n".join(parts)


def guide(plot, at, y_low):
    """Slope 1 through the last point, on which the fixed cost of starting weighs least; or flat."""
    (first, lowest), (last, height) = plot["points"][0], plot["points"][-1]
    if plot["flat"]:
        (x1, y1), (x2, y2), name = at(first, lowest), at(last, lowest), "the same time"
    else:  # cut where it leaves the picture
        start = max(first, last * 10**y_low / height)
        (x1, y1), (x2, y2), name = at(start, height * start / last), at(last, height), "linear"
    return [f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GUIDE}" '
            'stroke-dasharray="6 4"/>',
            f'<g fill="{GUIDE}">{text((x1 + x2) / 2 + 8, (y1 + y2) / 2 + 18, name, "start")}</g>']


def limits(values):
    """Decimal logarithms with some room; half a decade at least."""
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max(0.08 * (high - low), (0.5 - (high - low)) / 2, 0.05)
    return low - room, high + room


def ticks(low, high):
    """1, 2, 5 of each decade, or the decades alone where that is too many."""
    steps = (1, 2, 5) if high - low < 2.2 else (1,)
    values = [step * 10.0**decade for decade in range(math.floor(low), math.ceil(high) + 1)
              for step in steps]
    return [value for value in values if low <= math.log10(value) <= high]


def label(value):
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def line(x1, y1, x2, y2):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GRID}"/>'


def text(x, y, words, anchor="middle", size=13):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
            f"{escape(words)}</text>")
