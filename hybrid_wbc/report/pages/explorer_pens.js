// Owns the two pens that a view of the cells is drawn with, one on a canvas and one as SVG text.
// @ts-check

/** @typedef {{ x: number, y: number, depth: number, scale: number }} Spot on the canvas */
/** @typedef {{ fill: string, edge: string, line: number, alpha: number }} MarkLook */
/** @typedef {{ colour: string, align?: "left" | "center" | "right", bold?: boolean, upright?: boolean, most?: number }} TextLook */

/**
 * @typedef {object} Pen
 * @property {(points: Spot[], fill: string, colour: string, width: number) => void} polygon
 * @property {(points: Spot[], colour: string, width: number) => void} line
 * @property {(text: string, x: number, y: number, look: TextLook) => void} text
 * @property {(text: string) => number} measure
 * @property {(path: string, x: number, y: number, size: number, look: MarkLook) => void} mark
 */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} family of the letters
 * @returns {Pen}
 */
function canvasPen(context, family) {
  const plain = `13px ${family}`;
  context.textBaseline = "middle";
  context.font = plain;
  /** @type {(points: Spot[]) => void} */
  const trace = (points) => {
    context.beginPath();
    for (const { x, y } of points) context.lineTo(x, y);
  };
  return {
    polygon(points, fill, colour, width) {
      trace(points);
      context.closePath();
      [context.fillStyle, context.strokeStyle, context.lineWidth] = [fill, colour, width];
      context.fill();
      context.stroke();
    },
    line(points, colour, width) {
      trace(points);
      [context.strokeStyle, context.lineWidth] = [colour, width];
      context.stroke();
    },
    text(text, x, y, { colour, align = "center", bold = false, upright = false, most }) {
      [context.fillStyle, context.textAlign] = [colour, align];
      context.font = bold ? `bold ${plain}` : plain;
      if (upright) {
        context.save();
        context.translate(x, y);
        context.rotate(-Math.PI / 2);
        context.fillText(text, 0, 0);
        context.restore();
      } else context.fillText(text, x, y, most);
      context.font = plain;
    },
    measure: (text) => context.measureText(text).width,
    mark(path, x, y, size, { fill, edge, line, alpha }) {
      context.save();
      context.translate(x, y);
      context.scale(size, size);
      context.globalAlpha = alpha;
      [context.fillStyle, context.strokeStyle, context.lineWidth] = [fill, edge, line / size];
      const outline = new Path2D(path);
      context.fill(outline);
      context.stroke(outline);
      context.restore();
    },
  };
}

/**
 * A pen that writes SVG; `finish` gives the file.
 * @param {Pen} measuring what text is measured with
 * @param {string} family
 * @returns {Pen & { add: (element: string) => void, finish: (width: number, height: number, paper: string, title: string) => string }}
 */
function svgPen(measuring, family) {
  /** @type {string[]} */
  const parts = [];
  /** @type {Map<string, string>} */
  const outlines = new Map();
  /** @type {(value: number) => string} */
  const short = (value) => String(Number(value.toFixed(2)));
  /** @type {(text: string) => string} */
  const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  /** @type {(points: Spot[]) => string} */
  const places = (points) => points.map(({ x, y }) => `${short(x)},${short(y)}`).join(" ");
  return {
    polygon(points, fill, colour, width) {
      parts.push(
        `<polygon points="${places(points)}" fill="${fill}" stroke="${colour}" stroke-width="${width}"/>`,
      );
    },
    line(points, colour, width) {
      parts.push(
        `<polyline points="${places(points)}" fill="none" stroke="${colour}" stroke-width="${width}"/>`,
      );
    },
    text(text, x, y, { colour, align = "center", bold = false, upright = false }) {
      const anchor = { left: "start", center: "middle", right: "end" }[align];
      const turned = upright ? ` transform="rotate(-90 ${short(x)} ${short(y)})"` : "";
      parts.push(
        `<text x="${short(x)}" y="${short(y)}" fill="${colour}" text-anchor="${anchor}"${bold ? ' font-weight="bold"' : ""}${turned}>${escaped(text)}</text>`,
      );
    },
    measure: measuring.measure,
    mark(path, x, y, size, { fill, edge, line, alpha }) {
      const name = outlines.get(path) ?? `mark-${outlines.size}`;
      outlines.set(path, name);
      parts.push(
        `<use href="#${name}" transform="translate(${short(x)} ${short(y)}) scale(${short(size)})" fill="${fill}" stroke="${edge}" stroke-width="${short(line / size)}" opacity="${short(alpha)}"/>`,
      );
    },
    add: (element) => parts.push(element),
    finish(width, height, paper, title) {
      const shapes = [...outlines].map(([path, name]) => `<path id="${name}" d="${path}"/>`);
      // The page's own legend knows SVG's namespace, and the page names no address.
      const space = document.querySelector("svg")?.namespaceURI;
      return `<svg xmlns="${space}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(family)}" font-size="13" dominant-baseline="central">
<title>${escaped(title)}</title>
<defs>${shapes.join("")}</defs>
<rect width="${width}" height="${height}" fill="${paper}"/>
${parts.join("\n")}
</svg>
`;
    },
  };
}
