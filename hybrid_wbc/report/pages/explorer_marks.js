// Owns how the marks of the cells get onto the canvas: small pictures of them, drawn once, are
// copied into its pixels. Twenty thousand calls of `drawImage` take fifteen times as long.
// @ts-check

/** @typedef {{ side: number, pixels: Uint32Array }} Stamp a square of pixels */
/** @typedef {{ width: number, height: number, pixels: Uint32Array }} Surface opaque pixels */

/**
 * @param {number} width
 * @param {number} height
 */
function scratchPen(width, height) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  return /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
}

/**
 * Lay a stamp onto the surface, its middle at a place; what reaches beyond the edge is cut off.
 * @param {Surface} surface
 * @param {Stamp} stamp
 * @param {number} x
 * @param {number} y
 */
function layStamp({ width, height, pixels: below }, { side, pixels }, x, y) {
  const [left, top] = [Math.round(x - side / 2), Math.round(y - side / 2)];
  const [from, to] = [Math.max(0, -left), Math.min(side, width - left)];
  const lowest = Math.min(side, height - top);
  for (let row = Math.max(0, -top); row < lowest; row++) {
    let at = (top + row) * width + left + from;
    for (let place = row * side + from; place < row * side + to; place++, at++) {
      const over = pixels[place];
      const alpha = over >>> 24;
      if (alpha === 255) below[at] = over;
      else if (alpha) below[at] = mix(over, below[at], alpha);
    }
  }
}

/**
 * Two opaque colours mixed, `alpha` of 255 parts of the first: two channels at a time.
 * @param {number} over
 * @param {number} below
 * @param {number} alpha
 */
function mix(over, below, alpha) {
  const share = alpha + (alpha >> 7);
  const rest = 256 - share;
  const outer = ((over & 0xff00ff) * share + (below & 0xff00ff) * rest) >>> 8;
  const inner = ((over & 0xff00) * share + (below & 0xff00) * rest) >>> 8;
  return 0xff000000 | (outer & 0xff00ff) | (inner & 0xff00);
}

/**
 * The outline of a class as a stamp.
 * @param {Path2D} outline about one unit wide, around the origin
 * @param {number} size in pixels
 * @param {{ fill: string, edge: string, line: number, alpha: number }} look
 * @returns {Stamp}
 */
function markStamp(outline, size, { fill, edge, line, alpha }) {
  const side = Math.ceil(1.5 * size + line) + 2;
  const pen = scratchPen(side, side);
  pen.translate(side / 2, side / 2);
  pen.scale(size, size);
  [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [fill, edge, line / size];
  pen.fill(outline);
  pen.stroke(outline);
  const { data } = pen.getImageData(0, 0, side, side);
  for (let at = 3; at < data.length; at += 4) data[at] *= alpha;
  return { side, pixels: new Uint32Array(data.buffer) };
}

/**
 * Every picture of the sheet at one size, as stamps one after the other.
 * @param {HTMLImageElement} sheet
 * @param {{ tile: number, columns: number }} tiles
 * @param {number} count of the pictures
 * @param {number} side of each, in pixels
 * @returns {Uint32Array}
 */
function pictureStamps(sheet, { tile, columns }, count, side) {
  const all = new Uint32Array(count * side * side);
  const pen = scratchPen(columns * side, side);
  pen.imageSmoothingQuality = "high";
  for (let first = 0; first < count; first += columns) {
    // One row of the sheet at a time: phones refuse a canvas as large as the sheet.
    const top = (first / columns) * tile;
    pen.drawImage(sheet, 0, top, columns * tile, tile, 0, 0, columns * side, side);
    const row = new Uint32Array(pen.getImageData(0, 0, columns * side, side).data.buffer);
    for (let cell = first; cell < Math.min(first + columns, count); cell++) {
      for (let line = 0; line < side; line++) {
        const from = line * columns * side + (cell - first) * side;
        all.set(row.subarray(from, from + side), (cell * side + line) * side);
      }
    }
  }
  return all;
}

/**
 * Lay one of the pictures onto the surface, in a frame of one colour unless it is faint.
 * @param {Surface} surface
 * @param {Uint32Array} pictures what `pictureStamps` gave
 * @param {number} cell
 * @param {number} side
 * @param {number} x
 * @param {number} y
 * @param {{ frame: number, line: number, alpha: number }} look `alpha` in 255 parts
 */
function layPicture({ width, height, pixels }, pictures, cell, side, x, y, look) {
  const { frame, line, alpha } = look;
  const [left, top] = [Math.round(x - side / 2), Math.round(y - side / 2)];
  const [from, to] = [Math.max(0, -left), Math.min(side, width - left)];
  const [inner, end] = [Math.max(from, line), Math.min(to, side - line)];
  const lowest = Math.min(side, height - top);
  for (let row = Math.max(0, -top); row < lowest; row++) {
    const start = (cell * side + row) * side;
    const below = (top + row) * width + left;
    if (alpha < 255) {
      for (let column = from; column < to; column++) {
        pixels[below + column] = mix(pictures[start + column], pixels[below + column], alpha);
      }
    } else if (row < line || row >= side - line) {
      for (let column = from; column < to; column++) pixels[below + column] = frame;
    } else {
      for (let column = from; column < inner; column++) pixels[below + column] = frame;
      for (let column = inner; column < end; column++) {
        pixels[below + column] = pictures[start + column];
      }
      for (let column = Math.max(end, from); column < to; column++) pixels[below + column] = frame;
    }
  }
}

/**
 * @param {string} colour as CSS writes it, opaque
 * @returns {number} as a pixel
 */
function pixelOf(colour) {
  const pen = scratchPen(1, 1);
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0];
}
