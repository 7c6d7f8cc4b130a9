"""A chart as SVG: one file that any browser opens by itself.

Rule 1: no scripts, no styles or fonts from elsewhere; every text is escaped by the XML writer.
Rule 2: nothing is told by colour alone. Lanes have their names again every so often, so that a long chart can be read
wherever one has scrolled to.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from crm_contracts.capsules.explain.chart import (
    ANSWER_LOST,
    LOST,
    PARTNER,
    REFUSED,
    SALESFORCE,
    SYNC,
    Chart,
    Step,
    wrapped,
)

__all__ = ["as_svg"]

WIDTH = 1240
LANES = (150, 295, 440, 585, 730)
WORDS, COLUMNS = 800, 54  # where the words begin, and how many columns of a wide typeface they have
LINE, PAD = 17, 9
HEADING_COLUMNS = 140
HEADS_EVERY = 30  # steps
INK, FAINT, RAIL, BAD, USER, MARK, PAPER = "#1f2328", "#59636e", "#c8d1da", "#b3151f", "#0a58ca", "#9a5b00", "#ffffff"
FACE = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"


def as_svg(chart: Chart) -> str:
    """The whole chart as an XML document."""
    drawing = _Drawing(chart)
    drawing.draw()
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + drawing.text() + "\n"


@dataclass
class _Drawing:
    chart: Chart

    def __post_init__(self) -> None:
        self.root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "font-family": FACE})
        SubElement(self.root, "title").text = self.chart.title
        SubElement(self.root, "desc").text = " ".join(self.chart.verdict)
        self.paper = SubElement(self.root, "rect", {"width": str(WIDTH), "fill": PAPER})
        self.rails = SubElement(self.root, "g", {"stroke": RAIL, "stroke-width": "2"})
        self.running = SubElement(self.root, "g", {"fill": "#e6eaef", "stroke": FAINT})
        self.y = 34
        self.day = ""

    def text(self) -> str:
        indent(self.root)
        return tostring(self.root, encoding="unicode")

    def draw(self) -> None:
        self._heading()
        top = self.y
        runs_from = 0
        for number, step in enumerate(self.chart.steps):
            if number % HEADS_EVERY == 0:
                self._heads()
            if f"{step.at:%Y-%m-%d}" != self.day:
                self.day = f"{step.at:%Y-%m-%d}"
                self._words(self.root, 16, self.y + 14, self.day, size=12, fill=FAINT)
                self.y += 22
            if runs_from and (step.run or not step.by_sync):
                self._ran(runs_from)
                runs_from = 0
            if step.run:
                runs_from = self.y
            self._step(step)
        if runs_from:
            self._ran(runs_from)
        bottom = self.y
        if self.chart.bad:
            self._across(BAD, "✗ here it shows", *self.chart.verdict)
        for lane in (SALESFORCE, SYNC, PARTNER):
            self._line(self.rails, LANES[lane], top, LANES[lane], bottom)
        height = str(self.y + 20)
        self.paper.set("height", height)
        self.root.attrib |= {"width": str(WIDTH), "height": height, "viewBox": f"0 0 {WIDTH} {height}"}

    def _heading(self) -> None:
        for line in wrapped(self.chart.title, 90):
            self._words(self.root, 16, self.y, line, size=20, weight="bold")
            self.y += 28
        for name, text in self.chart.heading:
            for line in wrapped(f"{name}: {text}", HEADING_COLUMNS, hanging=4):
                self._words(self.root, 16, self.y, line)
                self.y += LINE + 1
        for text in self.chart.verdict:
            for line in wrapped(f"✗ {text}" if self.chart.bad else text, HEADING_COLUMNS, hanging=4):
                self._words(self.root, 16, self.y, line, fill=BAD if self.chart.bad else INK, weight="bold")
                self.y += LINE + 1
        self.y += 6

    def _heads(self) -> None:
        """The names of the lanes."""
        for place, name in zip(LANES, self.chart.lanes, strict=True):
            box = {"x": str(place - 48), "y": str(self.y), "width": "96", "height": "26", "rx": "4"}
            SubElement(self.root, "rect", box | {"fill": "#eef2f6", "stroke": RAIL})
            self._words(self.root, place, self.y + 18, name, weight="bold", anchor="middle")
        self.y += 36

    def _step(self, step: Step) -> None:
        if step.parts:
            self._across(MARK, f"▼ here the two sides part over {step.parts}")
        group = SubElement(self.root, "g")
        SubElement(group, "title").text = "\n".join(step.words())
        middle = self.y + PAD + 12
        if step.number:
            self._words(group, 34, middle, str(step.number), weight="bold", anchor="end")
        self._words(group, 44, middle, f"{step.at:%H:%M:%S}", fill=FAINT)
        lines = 0
        for text in step.words():
            for line in wrapped(text, COLUMNS, hanging=2):
                self._words(group, WORDS, middle + lines * LINE, line, fill=BAD if text.startswith("✗") else INK)
                lines += 1
        if step.until is not None:
            self._words(group, 44, middle + LINE, f"{step.until:%H:%M:%S}", fill=FAINT)
            lines = max(lines, 2)
        self._sign(group, step, middle - 4)
        self.y += max(lines, 1) * LINE + 2 * PAD

    def _sign(self, group: Element, step: Step, y: int) -> None:
        if step.arrow is not None:
            self._arrow(group, step, y + 6)
        elif step.at_lane is None:
            faint = {"stroke": FAINT, "stroke-dasharray": "2 5"}
            self._line(group, LANES[SALESFORCE], y, LANES[PARTNER], y, **faint)
        elif step.mishap:
            self._words(group, LANES[step.at_lane], y + 6, "✗", fill=BAD, size=18, weight="bold", anchor="middle")
        elif not step.run:
            dot = {"cx": str(LANES[step.at_lane]), "cy": str(y), "r": "5", "fill": FAINT}
            SubElement(group, "circle", dot)

    def _arrow(self, group: Element, step: Step, y: int) -> None:
        assert step.arrow is not None
        origin, target = (LANES[lane] for lane in step.arrow)
        way = 1 if target > origin else -1
        bad = step.fares != "arrives"
        ink = BAD if bad else (INK if step.by_sync else USER)
        begin = origin + way * (7 if step.by_sync else 0)
        end = (origin + target) // 2 if step.fares == LOST else target - way * 2
        dashes = {"stroke-dasharray": "6 4"} if step.fares in (LOST, REFUSED) else {}
        self._line(
            group, begin, y, end - way * 8 * (step.fares != LOST), y, stroke=ink, **{"stroke-width": "2"}, **dashes
        )
        if not step.by_sync:
            SubElement(group, "circle", {"cx": str(origin), "cy": str(y), "r": "5", "fill": ink})
        if step.fares != LOST:
            head = f"{end},{y} {end - way * 10},{y - 5} {end - way * 10},{y + 5}"
            SubElement(group, "polygon", {"points": head, "fill": ink})
        cross = {LOST: end + way * 6, REFUSED: end - way * 20, ANSWER_LOST: begin + way * 12}.get(step.fares)
        if cross is not None:
            SubElement(group, "circle", {"cx": str(cross), "cy": str(y), "r": "8", "fill": PAPER})
            self._words(group, cross, y + 6, "✗", fill=ink, size=17, weight="bold", anchor="middle")
        self._words(group, (begin + target) // 2, y - 8, step.short, size=11, fill=ink, anchor="middle")

    def _ran(self, top: int) -> None:
        """The sync was running from *top* to here."""
        box = {"x": str(LANES[SYNC] - 6), "y": str(top + 4), "width": "12", "height": str(max(self.y - top - 8, 12))}
        SubElement(self.running, "rect", box)

    def _across(self, ink: str, *texts: str) -> None:
        self.y += 4
        lines = [line for text in texts for line in wrapped(text, COLUMNS, hanging=2)]
        height = len(lines) * LINE + 12
        box = {"x": "8", "y": str(self.y), "width": str(WIDTH - 16), "height": str(height), "rx": "4"}
        tint = {BAD: "#fdecec", MARK: "#fff4dd"}[ink]
        SubElement(self.root, "rect", box | {"fill": tint, "stroke": ink})
        for number, line in enumerate(lines):
            weight = "normal" if number else "bold"
            self._words(self.root, WORDS, self.y + 18 + number * LINE, line, fill=ink, weight=weight)
        self.y += height + 4

    def _line(self, inside: Element, x1: int, y1: int, x2: int, y2: int, **more: str) -> None:
        SubElement(inside, "line", {"x1": str(x1), "y1": str(y1), "x2": str(x2), "y2": str(y2), **more})

    def _words(
        self,
        inside: Element,
        x: int,
        y: int,
        text: str,
        *,
        size: int = 13,
        fill: str = INK,
        weight: str = "normal",
        anchor: str = "start",
    ) -> None:
        indented = len(text) - len(text.lstrip())
        place = {"x": str(x + 7 * indented), "y": str(y), "font-size": str(size), "fill": fill}
        place |= {"font-weight": weight} if weight != "normal" else {}
        place |= {"text-anchor": anchor} if anchor != "start" else {}
        SubElement(inside, "text", place).text = text.strip()
