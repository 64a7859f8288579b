// Owns what leaves the explorer as a file: the cells as CSV, the view with its legend as PNG or SVG.
// @ts-check

/** @typedef {{ path: string, fill: string, name: string }} LegendEntry */

/**
 * Hand a file to whoever looks at the page.
 * @param {string} name
 * @param {Blob} content
 */
function saveFile(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * The facts of cells as a table, a line each (RFC 4180).
 * @param {Cells} cells
 * @param {Iterable<number>} chosen
 */
function tableOf(cells, chosen) {
  const { classes, axes, sides, answers, sources, ids, x, label, side } = cells;
  /** @type {(entry: string) => string} */
  const quoted = (entry) => (/[",\r\n]/.test(entry) ? `"${entry.replaceAll('"', '""')}"` : entry);
  const head = ["id", "true", "side", ...(sources ? ["source"] : [])];
  const names = axes.map(({ title }) => title.replaceAll(" ", "_"));
  const lines = [[...head, ...answers.map(({ key }) => key), ...names]];
  for (const cell of chosen) {
    lines.push([
      ids[cell],
      classes[label[cell]].name,
      sides[side[cell]].key,
      ...(sources ? [sources.names[sources.of[cell]]] : []),
      ...answers.map(({ said }) => classes[said[cell]].name),
      ...x.map((values) => String(Number(values[cell].toPrecision(4)))),
    ]);
  }
  return `${lines.map((line) => line.map(quoted).join(",")).join("\r\n")}\r\n`;
}

/**
 * Write what marks and colours mean, in rows below a view.
 * @param {Pen} pen
 * @param {LegendEntry[]} entries
 * @param {{ top: number, width: number, colours: Colours }} place
 * @returns {number} where the rows end
 */
function drawLegend(pen, entries, { top, width, colours }) {
  let [x, y] = [16, top + 14];
  for (const { path, fill, name } of entries) {
    const needed = 20 + pen.measure(name) + 20;
    if (x > 16 && x + needed > width) [x, y] = [16, y + 22];
    pen.mark(path, x + 6, y, 12, { fill, edge: colours.paper, line: 0.8, alpha: 1 });
    pen.text(name, x + 20, y, { colour: colours.ink, align: "left" });
    x += needed;
  }
  return y + 16;
}

/**
 * The view and its legend on one canvas, twice as fine as on the screen.
 * @param {Painter} painter
 * @param {Picture} shown
 * @param {LegendEntry[]} legend
 * @param {string} family of the letters
 */
function paintPng(painter, shown, legend, family) {
  const ratio = 2;
  const place = { top: shown.height, width: shown.width, colours: shown.colours };
  const height = drawLegend(canvasPen(scratchPen(1, 1), family), legend, place);
  const view = scratchPen(shown.width * ratio, shown.height * ratio);
  painter.paint(shown, view, ratio, family);
  const whole = scratchPen(shown.width * ratio, Math.round(height * ratio));
  whole.fillStyle = shown.colours.paper;
  whole.fillRect(0, 0, whole.canvas.width, whole.canvas.height);
  whole.drawImage(view.canvas, 0, 0);
  whole.scale(ratio, ratio);
  drawLegend(canvasPen(whole, family), legend, place);
  return whole.canvas;
}

/**
 * The view and its legend as SVG.
 * @param {Painter} painter
 * @param {Picture} shown
 * @param {LegendEntry[]} legend
 * @param {string} family of the letters
 */
function writeSvg(painter, shown, legend, family) {
  const { width, height, colours } = shown;
  const pen = svgPen(canvasPen(scratchPen(1, 1), family), family);
  painter.write(shown, pen);
  const end = drawLegend(pen, legend, { top: height, width, colours });
  return pen.finish(width, end, colours.paper, document.title);
}
