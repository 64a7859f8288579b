// Owns what leaves the explorer as a file: the cells as CSV, and the legend of a saved picture.
// @ts-check

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
 * @param {{ path: string, fill: string, name: string }[]} entries
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
