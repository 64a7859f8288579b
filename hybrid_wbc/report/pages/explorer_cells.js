// Owns the cells as the explorer's scripts read them: unpacked columns, the groups that they are
// coloured by, and which training cells lie nearest.
// @ts-check

/** @typedef {"Uint8Array" | "Uint16Array" | "Uint32Array" | "Float32Array"} ArrayType */
/** @typedef {{ type: ArrayType, data: string }} Packed bytes of a typed array, in base64 */
/** @typedef {Uint8Array | Uint16Array | Uint32Array | Float32Array} Column one entry a cell */

/**
 * What scatter.py's `scatter_cells` returns, handed in by scatter.html.j2. A cell is a position in
 * `ids` and in every column; `path` is the outline of a class's marker, and `said` holds the class
 * that one classifier gave to each cell.
 * @typedef {object} PackedCells
 * @property {{ name: string, colour: string, path: string }[]} classes
 * @property {{ title: string, group: string, share: number | null, limits: [number, number] }[]} axes
 * @property {{ key: string, title: string, shown: number, all: number }[]} sides
 * @property {{ key: string, title: string, said: Packed }[]} answers
 * @property {{ title: string, names: string[], colours: string[], of: Packed }[]} columns of a
 *   table that the user gave
 * @property {string[]} ids
 * @property {{ names: string[], of: Packed } | null} sources null where every cell is its own
 * @property {Packed} x one row for each axis
 * @property {number[]} deviations of the features, on the training side
 * @property {Packed} label position in `classes`
 * @property {Packed} side position in `sides`
 * @property {{ tile: number, columns: number } | null} sprite null where there are no pictures
 */

/**
 * The same, unpacked.
 * @typedef {object} Unpacked
 * @property {{ key: string, title: string, said: Column }[]} answers
 * @property {{ title: string, names: string[], colours: string[], of: Column }[]} columns
 * @property {{ names: string[], of: Column } | null} sources
 * @property {Column[]} x one column for each axis
 * @property {Column} label
 * @property {Column} side
 */
/** @typedef {Omit<PackedCells, keyof Unpacked> & Unpacked} Cells */

/**
 * A way to colour the cells: groups with a name and a colour, and the group of each cell.
 * @typedef {object} Colouring
 * @property {string} title
 * @property {string[]} names
 * @property {string[]} colours
 * @property {(cell: number) => number} of
 */

/**
 * @param {string} json
 * @returns {Cells}
 */
function readCells(json) {
  const kinds = { Uint8Array, Uint16Array, Uint32Array, Float32Array };
  /** @type {(packed: Packed) => Column} */
  const unpack = ({ type, data }) => {
    const text = atob(data);
    const bytes = new Uint8Array(text.length);
    for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
    return new kinds[type](bytes.buffer);
  };
  /** @type {PackedCells} */
  const packed = JSON.parse(json);
  const { ids, axes, answers, columns, sources } = packed;
  const x = unpack(packed.x);
  return {
    ...packed,
    answers: answers.map((answer) => ({ ...answer, said: unpack(answer.said) })),
    columns: columns.map((column) => ({ ...column, of: unpack(column.of) })),
    sources: sources && { names: sources.names, of: unpack(sources.of) },
    x: axes.map((_, axis) => x.subarray(axis * ids.length, (axis + 1) * ids.length)),
    label: unpack(packed.label),
    side: unpack(packed.side),
  };
}

/**
 * The ways to colour the cells, the first by class. Of many sources the largest have a colour.
 * @param {Cells} cells
 * @returns {Colouring[]}
 */
function colouringsOf(cells) {
  const { classes, answers, columns, sources, sides, label, side } = cells;
  const [names, colours] = [classes.map(({ name }) => name), classes.map(({ colour }) => colour)];
  const [right, wrong, rest] = ["#56B4E9", "#D55E00", "#8a8a8a"];
  const ofSide = { train: "#E69F00", validation: "#009E73", test: "#0072B2" };
  const palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A7A00"];
  /** @type {Colouring[]} */
  const found = [{ title: "true class", names, colours, of: (cell) => label[cell] }];
  for (const { title, said } of answers) {
    found.push({ title: `answer of ${title}`, names, colours, of: (cell) => said[cell] });
  }
  for (const { title, said } of answers) {
    found.push({
      title: `right or wrong: ${title}`,
      names: ["right", "wrong"],
      colours: [right, wrong],
      of: (cell) => Number(said[cell] !== label[cell]),
    });
  }
  if (sources) {
    const most = palette.length;
    const others = sources.names.length - most;
    found.push({
      title: "source",
      names: [...sources.names.slice(0, most), ...(others > 0 ? [`${others} other sources`] : [])],
      colours: [...palette, rest],
      of: (cell) => Math.min(sources.of[cell], most),
    });
  }
  found.push({
    title: "side",
    names: sides.map(({ title }) => title),
    colours: sides.map(({ key }) => ofSide[/** @type {keyof typeof ofSide} */ (key)]),
    of: (cell) => side[cell],
  });
  for (const { of, ...look } of columns) found.push({ ...look, of: (cell) => of[cell] });
  return found;
}

/**
 * An entry of the list of colours, which shows or hides its group.
 * @param {string} name
 * @param {string} colour
 * @param {(on: boolean) => void} react
 */
function groupToggle(name, colour, react) {
  const [item, button] = [document.createElement("li"), document.createElement("button")];
  const parts = ["scatter-swatch", "", "scatter-count"].map((kind) => {
    const part = document.createElement("span");
    part.className = kind;
    return part;
  });
  parts[0].style.background = colour === "#000000" ? "var(--ink)" : colour;
  parts[1].textContent = name;
  button.type = "button";
  button.setAttribute("aria-pressed", "true");
  button.append(...parts);
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    react(on);
  });
  item.append(button);
  return item;
}

/**
 * The training cells next to a cell, itself left out, nearest first: Euclidean distance between
 * the features, each divided by its deviation on the training side, as KNN measures it.
 * @param {Cells} cells
 * @param {number} cell
 * @param {number} count
 * @returns {{ cell: number, distance: number }[]}
 */
function nearestTraining(cells, cell, count) {
  const training = cells.sides.findIndex(({ key }) => key === "train");
  const weights = cells.deviations.map((deviation) => (deviation > 0 ? 1 / deviation : 0));
  /** @type {{ cell: number, distance: number }[]} */
  const found = [];
  for (let other = 0; other < cells.ids.length; other++) {
    if (cells.side[other] !== training || other === cell) continue;
    let sum = 0;
    for (let axis = 0; axis < weights.length; axis++) {
      sum += (weights[axis] * (cells.x[axis][other] - cells.x[axis][cell])) ** 2;
    }
    if (found.length === count && sum >= found[count - 1].distance) continue;
    const place = found.findIndex(({ distance }) => sum < distance);
    found.splice(place < 0 ? found.length : place, 0, { cell: other, distance: sum });
    found.length = Math.min(found.length, count);
  }
  return found.map((near) => ({ ...near, distance: Math.sqrt(near.distance) }));
}

/**
 * Whether a point lies within a closed outline.
 * @param {[x: number, y: number][]} outline
 * @param {number} x
 * @param {number} y
 */
function isInside(outline, x, y) {
  let within = false;
  let [lastX, lastY] = outline[outline.length - 1];
  for (const [nextX, nextY] of outline) {
    if (nextY > y !== lastY > y && x < lastX + ((lastX - nextX) * (y - lastY)) / (lastY - nextY)) {
      within = !within;
    }
    [lastX, lastY] = [nextX, nextY];
  }
  return within;
}
