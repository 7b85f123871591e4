"""Small line charts as SVG, written by hand: two or three series, linear or logarithmic axes."""

import html
import math

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 48, 40
COLOURS = ("#333333", "#1f6fb2", "#c8671b")
DASHES = ("", "6 3", "2 2")
POINTS_MAX = 80
SERIES_MAX = len(COLOURS)


def thinned(points, is_log):
    """At most POINTS_MAX of the points; on a logarithmic axis, more of the first ones."""
    if len(points) <= POINTS_MAX:
        return points
    last = len(points) - 1
    places = range(POINTS_MAX)
    if is_log:
        kept = {round(math.exp(math.log(last + 1) * i / (POINTS_MAX - 1))) - 1 for i in places}
    else:
        kept = {round(last * i / (POINTS_MAX - 1)) for i in places}
    return [points[i] for i in sorted(kept)]


class Axis:
    def __init__(self, values, is_log, begin, end):
        self.is_log, self.begin, self.end = is_log, begin, end
        values = [value for value in values if value > 0] if is_log else list(values)
        if is_log:
            self.low = math.floor(math.log10(min(values)) + 1e-9)
            self.high = max(self.low + 1, math.ceil(math.log10(max(values)) - 1e-9))
        else:
            self.step = step_for(max(values))
            self.low, self.high = 0, self.step * math.ceil(max(values) / self.step - 1e-9)

    def place(self, value):
        value = math.log10(max(value, 10**self.low)) if self.is_log else value
        part = (value - self.low) / (self.high - self.low)
        return round(self.begin + part * (self.end - self.begin), 1)

    def ticks(self):
        if self.is_log:
            return [10**power for power in range(self.low, self.high + 1)]
        return [self.step * i for i in range(round(self.high / self.step) + 1)]


def step_for(most):
    rough = most / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= rough)


def text(x, y, content, anchor="middle", more=""):
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}"{more}>{html.escape(str(content))}</text>'
    )


def grid(x_axis, y_axis, x_form, y_form):
    lines = []
    for tick in x_axis.ticks():
        x = x_axis.place(tick)
        lines.append(f'<path d="M{x} {TOP}V{HEIGHT - BOTTOM}" class="grid"/>')
        lines.append(text(x, HEIGHT - BOTTOM + 14, x_form.format(tick)))
    for tick in y_axis.ticks():
        y = y_axis.place(tick)
        lines.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" class="grid"/>')
        lines.append(text(LEFT - 6, y + 4, y_form.format(tick), "end"))
    return lines


def line_chart(title, x_title, series, x_form="{:g}", y_form="{:.0%}", log_x=False, log_y=False):
    """`series`: names and their points (x, y). Returns the SVG's text."""
    points = [point for _, line in series for point in line]
    x_axis = Axis([x for x, _ in points], log_x, LEFT, WIDTH - RIGHT)
    y_axis = Axis([y for _, y in points], log_y, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" font-family="sans-serif" font-size="11" '
        'fill="#333">',
        "<style>.grid{stroke:#ddd;fill:none}.line{fill:none;stroke-width:2}</style>",
        f"<title>{html.escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text(LEFT, 18, title, "start", ' font-size="13" font-weight="bold"'),
        *grid(x_axis, y_axis, x_form, y_form),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x_title),
    ]
    for i, (name, line) in enumerate(series):
        path = " ".join(f"{x_axis.place(x)},{y_axis.place(y)}" for x, y in thinned(line, log_x))
        look = f'stroke="{COLOURS[i]}" stroke-dasharray="{DASHES[i]}"'
        parts.append(f'<polyline class="line" {look} points="{path}"/>')
        x = LEFT + 110 * i
        parts.append(f'<path class="line" {look} d="M{x} 32h22"/>')
        parts.append(text(x + 27, 36, name, "start"))
    return "\n".join([*parts, "</svg>", ""])
