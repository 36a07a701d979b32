# SPDX-License-Identifier: MIT
"""Draws bars as SVG: one panel for each group, one bar for each row, all on one scale whose 1 is the floor."""
from xml.sax.saxutils import escape

LABEL, BAR, FIGURE, ROW, PANEL, MARGIN = 110, 300, 60, 22, 44, 24
COLUMN = LABEL + BAR + FIGURE + MARGIN
STYLE = """\
text { font: 13px sans-serif; fill: #24292f } .title { font-size: 17px; font-weight: bold } .head { font-weight: bold }
.name { text-anchor: end } .bar { fill: #9aa7b5 } .ours { fill: #1f6feb } .floor { fill: #57606a } .line { stroke: #57606a;
stroke-dasharray: 3 3 } .figure { stroke: #ffffff; stroke-width: 4px; paint-order: stroke } .back { fill: #ffffff }"""


def text(x, y, content, kind=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}">{escape(content)}</text>'


def bar(x, y, name, value, most):
    kind = "ours" if name.startswith("tam") else "floor" if name == "floor" else "bar"
    width = max(1.0, BAR * value / most)
    figure = f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
    return [text(x + LABEL - 8, y + 14, name, "name"),
            f'<rect x="{x + LABEL}" y="{y + 2}" width="{width:.1f}" height="{ROW - 6}" class="{kind}"/>',
            text(x + LABEL + width + 6, y + 14, figure, "figure")]


def panel(x, y, title, rows, most):
    parts = [text(x + LABEL, y + 16, title, "head")]
    top = y + 26
    line = x + LABEL + BAR / most
    parts.append(f'<line x1="{line:.0f}" x2="{line:.0f}" y1="{top}" y2="{top + len(rows) * ROW}" class="line"/>')
    for i, (name, value) in enumerate(rows):
        parts += bar(x, top + i * ROW, name, value, most)
    return parts


def draw(title, panels):
    """panels: (title, [(name, value)]), two beside each other; best first, but the floor at the top."""
    panels = [(head, sorted(rows, key=lambda row: (row[0] != "floor", -row[1]))) for head, rows in panels if rows]
    most = max([1.0] + [value for _, rows in panels for _, value in rows])
    parts, y = [text(MARGIN, 30, title, "title")], 48
    for i in range(0, len(panels), 2):
        pair = panels[i:i + 2]
        for k, (head, rows) in enumerate(pair):
            parts += panel(MARGIN + k * COLUMN, y, head, rows, most)
        y += PANEL + ROW * max(len(rows) for _, rows in pair)
    width, height = 2 * MARGIN + 2 * COLUMN, y + MARGIN
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                      f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">',
                      f"<style>{STYLE}</style>", f'<rect width="{width}" height="{height}" class="back"/>', *parts, "</svg>"])
