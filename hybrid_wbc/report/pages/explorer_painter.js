// Owns how a view is painted: walls, marks or pictures of the cells, labels, the lasso and the mark
// of drawn cells, on the page's canvas, on a canvas to be saved, or as SVG.
// @ts-check

/**
 * What is painted. `drawn` holds the cells, which are put in order of their depth.
 * @typedef {object} Picture
 * @property {number} width
 * @property {number} height
 * @property {Scene} scene
 * @property {Colours} colours
 * @property {Int32Array} drawn
 * @property {ArrayLike<number>[]} places three columns of the cube's places, by cell
 * @property {Colouring} colouring
 * @property {number} size of a mark
 * @property {number} picture side of a picture, or 0 for marks
 * @property {(cell: number) => boolean} isOutlined
 * @property {(cell: number) => boolean} isFaint
 * @property {number} current the cell on the card, or -1
 * @property {[x: number, y: number][]} lasso
 * @property {string} mark of drawn cells
 */

/** @typedef {ReturnType<typeof makePainter>} Painter */

/**
 * @param {Cells} cells
 * @param {HTMLImageElement | null} sheet
 */
function makePainter(cells, sheet) {
  const count = cells.ids.length;
  const spots = {
    x: new Float32Array(count),
    y: new Float32Array(count),
    depth: new Float32Array(count),
  };
  const outlines = cells.classes.map(({ path }) => new Path2D(path));
  /** @type {Map<number, Stamp>} */
  const stamps = new Map();
  /** @type {Map<number, Uint32Array>} */
  const pictures = new Map();
  let look = ""; // what the stamps were drawn for
  const FAINT = 0.13;

  /** @type {(picture: Picture, group: number) => string} */
  const shade = ({ colouring, colours }, group) =>
    colouring.colours[group] === "#000000" ? colours.ink : colouring.colours[group];
  /** @type {(picture: Picture, cell: number) => number} */
  const scaleOf = ({ scene }, cell) =>
    scene.box ? 1 : CAMERA_DISTANCE / (CAMERA_DISTANCE - spots.depth[cell]);
  /** @type {(picture: Picture, cell: number) => boolean} */
  const isSeen = ({ scene: { box } }, cell) => {
    const [x, y] = [spots.x[cell], spots.y[cell]];
    return !box || (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
  };
  /** @type {(picture: Picture, cell: number, alpha: number) => MarkLook} */
  const markLook = (picture, cell, alpha) => {
    const colour = shade(picture, picture.colouring.of(cell));
    const { paper } = picture.colours;
    return picture.isOutlined(cell)
      ? { fill: paper, edge: colour, line: 1.6, alpha }
      : { fill: colour, edge: paper, line: 0.8, alpha };
  };
  /** Far cells are paler, in four steps, where there is depth. @type {(picture: Picture, cell: number) => number} */
  const fadeOf = (picture, cell) => {
    if (picture.isFaint(cell)) return FAINT;
    if (picture.scene.box) return 0.85;
    return 0.55 + 0.15 * Math.round(within((0.25 + 0.2 * spots.depth[cell]) / 0.15, 0, 3));
  };

  /** @type {(picture: Picture, surface: Surface, ratio: number) => void} */
  const layMarks = (picture, surface, ratio) => {
    const { colouring, colours, drawn, size } = picture;
    const now = [...colouring.colours, colours.ink, colours.paper, ratio].join();
    if (now !== look || stamps.size > 4000) stamps.clear();
    look = now;
    const groups = colouring.names.length;
    for (const cell of drawn) {
      if (!isSeen(picture, cell)) continue;
      const pixels = Math.max(2, Math.round(size * scaleOf(picture, cell) * ratio));
      const fade = fadeOf(picture, cell);
      const outlined = picture.isOutlined(cell);
      let key = cells.label[cell] * groups + colouring.of(cell);
      key = ((key * 2 + Number(outlined)) * 128 + Math.round(100 * fade)) * 1024 + pixels;
      let stamp = stamps.get(key);
      if (!stamp) {
        const { fill, edge, line, alpha } = markLook(picture, cell, fade);
        const thick = { fill, edge, line: line * ratio, alpha };
        stamp = markStamp(outlines[cells.label[cell]], pixels, thick);
        stamps.set(key, stamp);
      }
      layStamp(surface, stamp, spots.x[cell] * ratio, spots.y[cell] * ratio);
    }
  };
  /** @type {(picture: Picture, surface: Surface, ratio: number) => void} */
  const layPictures = (picture, surface, ratio) => {
    if (!sheet?.complete || !cells.sprite) return;
    const side = Math.max(4, Math.round(picture.picture * ratio));
    let all = pictures.get(side);
    if (!all) {
      if (pictures.size > 1) pictures.clear();
      all = pictureStamps(sheet, cells.sprite, count, side);
      pictures.set(side, all);
    }
    const frames = picture.colouring.names.map((_, group) => pixelOf(shade(picture, group)));
    const line = Math.max(1, Math.round((picture.picture > 20 ? 2 : 1) * ratio));
    for (const cell of picture.drawn) {
      if (!isSeen(picture, cell)) continue;
      const frame = frames[picture.colouring.of(cell)];
      const alpha = picture.isFaint(cell) ? 40 : 255;
      const [x, y] = [spots.x[cell] * ratio, spots.y[cell] * ratio];
      layPicture(surface, all, cell, side, x, y, { frame, line, alpha });
    }
  };
  /** @type {(picture: Picture) => void} */
  const place = (picture) => {
    const { scene, width, height, places, drawn } = picture;
    placeCells(scene, width, height, places, drawn, spots);
    if (!scene.box) sortByDepth(drawn, spots.depth);
  };
  /** What lies above the cells. @type {(picture: Picture, pen: Pen) => void} */
  const drawAbove = (picture, pen) => {
    const { scene, colours, current, places, width, height, lasso, mark } = picture;
    if (current >= 0 && isSeen(picture, current)) {
      const [x, y, scale] = [spots.x[current], spots.y[current], scaleOf(picture, current)];
      if (!scene.box) {
        const floor = scene.project([places[0][current], places[1][current], -1]);
        pen.line([{ x, y, depth: 0, scale }, floor], colours.ink, 1); // a plumb line
      }
      const { path } = cells.classes[cells.label[current]];
      const size = picture.size * scale;
      if (!picture.picture) pen.mark(path, x, y, size, markLook(picture, current, 1));
      const reach = Math.max(0.6 * size + 4, 0.72 * picture.picture);
      const ring = Array.from({ length: 33 }, (_, step) => ({
        x: x + reach * Math.cos((step * Math.PI) / 16),
        y: y + reach * Math.sin((step * Math.PI) / 16),
        depth: 0,
        scale,
      }));
      pen.line(ring, colours.ink, 2);
    }
    scene.drawLabels(pen, colours);
    if (!picture.drawn.length) {
      const look = { colour: colours.ink };
      pen.text("no cell passes these filters", width / 2, height / 2, look);
    }
    const outline = lasso.map(([x, y]) => ({ x, y, depth: 0, scale: 1 }));
    if (outline.length) pen.line([...outline, outline[0]], colours.ink, 1.5);
    if (!mark) return;
    const look = /** @type {TextLook} */ ({ colour: colours.warn, align: "left", bold: true });
    pen.text(mark, 8, height - STRIP / 2, { ...look, most: width - 16 });
  };

  return {
    spots,
    isSeen,
    /** @type {(picture: Picture, group: number) => string} */
    shade,
    /**
     * @param {Picture} picture
     * @param {CanvasRenderingContext2D} context
     * @param {number} ratio pixels of the canvas for one of the page
     * @param {string} family of the letters
     */
    paint(picture, context, ratio, family) {
      const { scene, colours, width, height } = picture;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.fillStyle = colours.paper;
      context.fillRect(0, 0, width, height);
      const pen = canvasPen(context, family);
      scene.drawBehind(pen, colours);
      place(picture);
      const across = Math.round(width * ratio);
      const image = context.getImageData(0, 0, across, Math.round(height * ratio));
      const pixels = new Uint32Array(image.data.buffer);
      const surface = { width: image.width, height: image.height, pixels };
      (picture.picture ? layPictures : layMarks)(picture, surface, ratio);
      context.putImageData(image, 0, 0);
      drawAbove(picture, pen);
    },
    /**
     * @param {Picture} picture
     * @param {ReturnType<typeof svgPen>} pen
     */
    write(picture, pen) {
      picture.scene.drawBehind(pen, picture.colours);
      place(picture);
      const tile = document.createElement("canvas");
      tile.width = tile.height = 48;
      for (const cell of picture.drawn) {
        if (!isSeen(picture, cell)) continue;
        const [x, y, alpha] = [spots.x[cell], spots.y[cell], fadeOf(picture, cell)];
        const side = picture.picture;
        if (side && sheet && cells.sprite) {
          drawTile(tile, sheet, cells.sprite, cell);
          const at = `x="${(x - side / 2).toFixed(1)}" y="${(y - side / 2).toFixed(1)}"`;
          const faint = picture.isFaint(cell) ? ` opacity="${FAINT}"` : "";
          const box = `${at} width="${side}" height="${side}"${faint}`;
          const edge = shade(picture, picture.colouring.of(cell));
          pen.add(`<image ${box} href="${tile.toDataURL("image/jpeg", 0.85)}"/>`);
          pen.add(`<rect ${box} fill="none" stroke="${edge}" stroke-width="1.5"/>`);
          continue;
        }
        const { path } = cells.classes[cells.label[cell]];
        const size = picture.size * scaleOf(picture, cell);
        pen.mark(path, x, y, size, markLook(picture, cell, alpha));
      }
      drawAbove(picture, pen);
    },
  };
}
