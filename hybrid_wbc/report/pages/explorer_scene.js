// Owns where cells and axes lie in a view: three axes as a cube that turns, or two as a chart.
// @ts-check

/** @typedef {[x: number, y: number, z: number]} Point of the cube, which reaches from -1 to 1 */
/** @typedef {(point: Point) => Spot} Project */
/** @typedef {{ ink: string, paper: string, quiet: string, line: string, tint: string, warn: string }} Colours */
/** @typedef {{ title: string, low: number, high: number }} ShownAxis */
/** @typedef {{ azimuth: number, elevation: number, zoom: number, right: number, up: number }} View */
/** @typedef {{ left: number, top: number, right: number, bottom: number }} Box */

/**
 * @typedef {object} Scene
 * @property {Project} project
 * @property {number[]} matrix places are `matrix` times the cell's point: see `placeCells`
 * @property {Box | null} box the chart's area, where the axes are two
 * @property {(pen: Pen, colours: Colours) => void} drawBehind
 * @property {(pen: Pen, colours: Colours) => void} drawLabels
 */

const CAMERA_DISTANCE = 8;
const STRIP = 24; // at the bottom, for the mark of drawn cells: no label reaches into it

/** @type {(value: number, low: number, high: number) => number} */
const within = (value, low, high) => Math.max(low, Math.min(value, high));

/**
 * Three axes, seen from a camera.
 * @param {number} width
 * @param {number} height
 * @param {View} view
 * @param {Point} centre what the view turns around
 * @param {ShownAxis[]} axes
 * @returns {Scene}
 */
function cubeScene(width, height, view, centre, axes) {
  const turned = new DOMMatrix()
    .rotateAxisAngle(1, 0, 0, view.elevation - 90)
    .rotateAxisAngle(0, 0, 1, -90 - view.azimuth)
    .translate(-centre[0], -centre[1], -centre[2]);
  const unit = 0.27 * Math.min(width, 1.05 * height) * view.zoom;
  const { m11, m12, m13, m21, m22, m23, m31, m32, m33, m41, m42, m43 } = turned;
  const matrix = [m11, m21, m31, m41, m12, m22, m32, m42, m13, m23, m33, m43, unit];
  /** @type {Project} */
  const project = ([x, y, z]) => {
    const depth = m13 * x + m23 * y + m33 * z + m43;
    const scale = CAMERA_DISTANCE / (CAMERA_DISTANCE - depth);
    const across = unit * scale * (m11 * x + m21 * y + m31 * z + m41);
    const up = unit * scale * (m12 * x + m22 * y + m32 * z + m42);
    return { x: width / 2 + across, y: height / 2 - up, depth, scale };
  };
  const eye = turned.inverse().transformPoint({ z: CAMERA_DISTANCE });
  const camera = [eye.x, eye.y, eye.z];
  /**
   * The point of the cube at `along` on one axis, at `one` and `other` on the remaining two.
   * @type {(axis: number, along: number, one: number, other: number) => Point}
   */
  const corner = (axis, along, one, other) => {
    if (axis === 0) return [along, one, other];
    return axis === 1 ? [one, along, other] : [one, other, along];
  };
  return {
    project,
    matrix,
    box: null,
    // The walls behind the cells, with a grid; those between them and the camera are left out.
    drawBehind(pen, { line, tint }) {
      for (const axis of [0, 1, 2]) {
        for (const end of [-1, 1]) {
          if (end * camera[axis] > 1) continue;
          /** @type {(one: number, other: number) => Spot} */
          const at = (one, other) => project(corner(axis, end, one, other));
          pen.polygon([at(-1, -1), at(1, -1), at(1, 1), at(-1, 1)], tint, line, 0.75);
          for (const share of [-0.5, 0, 0.5]) {
            pen.line([at(share, -1), at(share, 1)], line, 0.75);
            pen.line([at(-1, share), at(1, share)], line, 0.75);
          }
        }
      }
    },
    // Each axis is written along one of its four edges: the lowest, or for the upright the leftmost.
    drawLabels(pen, { ink, quiet }) {
      const [middle, lowest] = [project([0, 0, 0]), height - STRIP];
      axes.forEach(({ title, low: from, high: to }, axis) => {
        /** @type {(one: number, other: number) => Spot[]} */
        const edge = (one, other) => [-1, 1].map((end) => project(corner(axis, end, one, other)));
        /** @type {(edge: Spot[]) => number} */
        const rank = ([low, high]) => (axis === 2 ? -low.x - high.x : low.y + high.y);
        const [low, high] = [edge(-1, -1), edge(-1, 1), edge(1, -1), edge(1, 1)].reduce(
          (best, next) => (rank(next) > rank(best) ? next : best),
        );
        const [right, down] = [high.x - low.x, high.y - low.y];
        const length = Math.hypot(right, down);
        if (length < 40) return; // the camera looks along this axis
        pen.line([low, high], quiet, 1.25);
        const outwards = down * (low.x - middle.x) < right * (low.y - middle.y) ? -1 : 1;
        /** @type {(text: string, share: number, gap: number, colour: string) => void} */
        const write = (text, share, gap, colour) => {
          const half = pen.measure(text) / 2;
          const x = low.x + share * right + (outwards * down * (gap + half)) / length;
          const y = low.y + share * down - (outwards * right * (gap + 6)) / length;
          const inside = within(x, half + 2, width - half - 2);
          pen.text(text, inside, within(y, 8, lowest - 8), { colour });
        };
        write(String(Number(from.toPrecision(3))), 0.07, 5, quiet);
        write(String(Number(to.toPrecision(3))), 0.93, 5, quiet);
        write(title, 0.5, 12, ink);
      });
    },
  };
}

/**
 * Two axes, as a chart with ticks.
 * @param {number} width
 * @param {number} height
 * @param {View} view
 * @param {Point} centre what lies in the middle
 * @param {ShownAxis[]} axes
 * @returns {Scene}
 */
function chartScene(width, height, view, centre, axes) {
  const box = { left: 62, top: 48, right: width - 14, bottom: height - STRIP - 40 };
  const [across, up] = [box.right - box.left, box.bottom - box.top];
  const units = [0.5 * across * view.zoom, 0.5 * up * view.zoom];
  const shift = [centre[0] + view.right, centre[1] + view.up];
  const [middleX, middleY] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  // `placeCells` counts from the middle of the canvas.
  const [restX, restY] = [(middleX - width / 2) / units[0], (height / 2 - middleY) / units[1]];
  const ratio = units[1] / units[0];
  const matrix = [1, 0, 0, restX - shift[0], 0, ratio, 0, ratio * (restY - shift[1]), 0, 0, 0, 0];
  /** @type {Project} */
  const project = ([x, y]) => ({
    x: middleX + units[0] * (x - shift[0]),
    y: middleY - units[1] * (y - shift[1]),
    depth: 0,
    scale: 1,
  });
  /** @type {(axis: number) => { at: number, text: string }[]} */
  const ticks = (axis) => {
    const { low, high } = axes[axis];
    /** @type {(place: number) => number} */
    const valueAt = (place) => low + ((place + 1) / 2) * (high - low);
    const from = valueAt(shift[axis] - 1 / view.zoom);
    const to = valueAt(shift[axis] + 1 / view.zoom);
    const rough = (to - from) / within((axis ? up : across) / 90, 2, 8);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5].find((times) => times * power >= rough) ?? 10);
    const found = [];
    for (let count = Math.ceil(from / step); count * step <= to; count++) {
      const value = Number((count * step).toPrecision(6));
      found.push({ at: (2 * (count * step - low)) / (high - low) - 1, text: String(value) });
    }
    return found;
  };
  /** @type {(x: number, y: number) => Spot} */
  const spot = (x, y) => ({ x, y, depth: 0, scale: 1 });
  return {
    project,
    matrix: [...matrix, units[0]],
    box,
    drawBehind(pen, { line, tint }) {
      const { left, top, right, bottom } = box;
      const corners = [spot(left, top), spot(right, top), spot(right, bottom), spot(left, bottom)];
      pen.polygon(corners, tint, line, 0.75);
      for (const { at } of ticks(0)) {
        const { x } = project([at, 0, 0]);
        pen.line([spot(x, top), spot(x, bottom)], line, 0.75);
      }
      for (const { at } of ticks(1)) {
        const { y } = project([0, at, 0]);
        pen.line([spot(left, y), spot(right, y)], line, 0.75);
      }
    },
    drawLabels(pen, { ink, quiet }) {
      const { left, top, bottom } = box;
      for (const { at, text } of ticks(0)) {
        const half = pen.measure(text) / 2;
        const x = within(project([at, 0, 0]).x, half, width - half - 2);
        pen.text(text, x, bottom + 12, { colour: quiet });
      }
      for (const { at, text } of ticks(1)) {
        pen.text(text, left - 6, project([0, at, 0]).y, { colour: quiet, align: "right" });
      }
      pen.text(axes[0].title, middleX, bottom + 30, { colour: ink });
      pen.text(axes[1].title, 12, (top + bottom) / 2, { colour: ink, upright: true });
    },
  };
}

/**
 * Where many cells lie, without an object for each.
 * @param {Scene} scene
 * @param {number} width
 * @param {number} height
 * @param {ArrayLike<number>[]} places three columns of the cube's places, by cell
 * @param {Int32Array} drawn the cells
 * @param {{ x: Float32Array, y: Float32Array, depth: Float32Array }} into by cell
 */
function placeCells({ matrix }, width, height, [first, second, third], drawn, into) {
  const [a, b, c, d, e, f, g, h, i, j, k, l, unit] = matrix;
  for (const cell of drawn) {
    const [x, y, z] = [first[cell], second[cell], third[cell]];
    const depth = i * x + j * y + k * z + l;
    const scale = (unit * CAMERA_DISTANCE) / (CAMERA_DISTANCE - depth);
    into.x[cell] = width / 2 + scale * (a * x + b * y + c * z + d);
    into.y[cell] = height / 2 - scale * (e * x + f * y + g * z + h);
    into.depth[cell] = depth;
  }
}

/**
 * Put cells in the order of their depth, farthest first: by counting, in 2,048 steps.
 * @param {Int32Array} drawn changed
 * @param {Float32Array} depth by cell
 */
function sortByDepth(drawn, depth) {
  const steps = 2048;
  let [low, high] = [Infinity, -Infinity];
  for (const cell of drawn) {
    if (depth[cell] < low) low = depth[cell];
    if (depth[cell] > high) high = depth[cell];
  }
  if (!(high > low)) return;
  const per = (steps - 1) / (high - low);
  const starts = new Int32Array(steps + 1);
  for (const cell of drawn) starts[(((depth[cell] - low) * per) | 0) + 1]++;
  for (let step = 1; step <= steps; step++) starts[step] += starts[step - 1];
  const sorted = new Int32Array(drawn.length);
  for (const cell of drawn) sorted[starts[((depth[cell] - low) * per) | 0]++] = cell;
  drawn.set(sorted);
}
