// Owns the interactive scatter: three features in space on a 2-D canvas, answering to mouse, touch,
// pen and keyboard. interactive.py chooses the cells, scatter.html.j2 writes the markup.
// @ts-check

/**
 * What interactive.py's `scatter_cells` returns, handed in by scatter.html.j2. A cell is a position
 * in `ids`, `label` and `side`, in each list of `x` and in each `said`; `path` is the outline of a
 * class's marker, and `said` holds the class that one classifier gave to each cell.
 * @typedef {object} Cells
 * @property {{ name: string, colour: string, path: string }[]} classes
 * @property {string[]} features
 * @property {{ key: string, title: string, shown: number, all: number }[]} sides
 * @property {{ key: string, title: string, said: number[] }[]} answers
 * @property {string[]} ids
 * @property {[low: number, high: number][]} limits of each feature's axis
 * @property {number[][]} x one list for each feature
 * @property {number[]} label position in `classes`
 * @property {number[]} side position in `sides`
 * @property {{ tile: number, columns: number } | null} sprite null where there are no pictures
 */

/**
 * The controls of the form, by the names that scatter.html.j2 gives them.
 * @typedef {object} Controls
 * @property {NodeListOf<HTMLSelectElement>} axis
 * @property {RadioNodeList} side
 * @property {HTMLInputElement} mistakes
 * @property {HTMLSelectElement} classifier
 */

/** @typedef {[x: number, y: number, z: number]} Point of the cube */
/** @typedef {{ x: number, y: number, depth: number, scale: number }} Spot on the canvas */
/** @typedef {(point: Point) => Spot} Project */

(() => {
  "use strict";
  // The template and the browser promise that what is looked up here is there, and of which kind.
  const section = /** @type {HTMLElement} */ (document.querySelector(".scatter"));
  /** @type {(selector: string) => HTMLElement} */
  const find = (selector) => /** @type {HTMLElement} */ (section.querySelector(selector));
  /** @type {(selector: string) => HTMLElement[]} */
  const findAll = (selector) => Array.from(section.querySelectorAll(selector));
  /** @type {(selector: string) => HTMLButtonElement[]} */
  const findButtons = (selector) => Array.from(section.querySelectorAll(selector));
  /** @type {Cells} */
  const cells = JSON.parse(find("script").textContent);
  const plot = /** @type {HTMLCanvasElement} */ (find(".scatter-plot"));
  const pen = /** @type {CanvasRenderingContext2D} */ (plot.getContext("2d"));
  const card = find(".scatter-card");
  /** @type {HTMLElement | null} */
  const picture = section.querySelector(".scatter-picture");
  const form = /** @type {HTMLFormElement} */ (find("form"));
  const controls = /** @type {HTMLFormControlsCollection & Controls} */ (form.elements);
  const { side: sides, mistakes, classifier } = controls;
  const selects = [...controls.axis];
  const toggles = findAll(".scatter-legend button");
  const markers = cells.classes.map(({ path }) => new Path2D(path));

  // Near matplotlib's own view, so that the static figure is recognised. `centre` is the cell that
  // the view turns around, or -1 for the middle of the cube, which reaches from -1 to 1.
  // Two features lie in the middle plane, seen from above.
  const flat = cells.features.length < 3;
  const HOME = { azimuth: flat ? -90 : -60, elevation: flat ? 90 : 25, zoom: 1, centre: -1 };
  const CAMERA_DISTANCE = 8;
  const STRIP = 24; // at the bottom, for the mark of drawn cells: no label reaches into it
  const view = { ...HOME };
  const axes = [0, 1, 2].slice(0, cells.features.length);
  /** @type {number[]} */
  let drawn = []; // positions of the cells that pass every filter
  /** @type {(Spot & { cell: number })[]} */
  let spots = []; // the same cells on the canvas, farthest first
  let chosen = -1; // position of the cell on the card, or -1
  let kept = false; // whether the card stays when the pointer leaves its cell

  /** @type {(value: number, low: number, high: number) => number} */
  const clamp = (value, low, high) => Math.max(low, Math.min(value, high));
  /** @type {(toggle: HTMLElement) => boolean} */
  const isOn = (toggle) => toggle.getAttribute("aria-pressed") === "true";
  /** @type {(cell: number) => Cells["sides"][number]} */
  const sideOf = (cell) => cells.sides[cells.side[cell]];

  /** @type {(cell: number) => Point} */
  const place = (cell) => {
    const [x, y, z = 0] = axes.map((feature) => {
      const [low, high] = cells.limits[feature];
      return (2 * (cells.x[feature][cell] - low)) / (high - low) - 1;
    });
    return [x, y, z];
  };

  // ---- Drawing
  let frame = 0;
  const redraw = () => (frame ||= requestAnimationFrame(draw));

  function draw() {
    frame = 0;
    const style = getComputedStyle(section);
    /** @type {(name: string) => string} */
    const colourOf = (name) => style.getPropertyValue(`--${name}`).trim();
    const [ink, paper, quiet] = ["ink", "paper", "quiet"].map(colourOf);
    const [line, tint, warn] = ["line", "tint", "warn"].map(colourOf);
    // Printers are finer than screens.
    const ratio = section.classList.contains("on-paper") ? 3 : devicePixelRatio;
    const [width, height] = [plot.clientWidth, plot.clientHeight];
    [plot.width, plot.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    pen.scale(ratio, ratio);
    pen.fillStyle = paper;
    pen.fillRect(0, 0, width, height);
    [pen.textAlign, pen.textBaseline, pen.font] = ["center", "middle", `13px ${style.fontFamily}`];
    const { project, camera } = look(width, height);
    drawCube(project, camera, line, tint);
    spots = drawn
      .map((cell) => ({ cell, ...project(place(cell)) }))
      .sort((one, other) => one.depth - other.depth);
    const size = (drawn.length > 1000 ? 7 : drawn.length > 300 ? 9 : 12) * view.zoom ** 0.3;
    /** @type {(spot: Spot & { cell: number }, alpha: number) => void} */
    const drawMarker = ({ cell, x, y, scale }, alpha) => {
      const { colour } = cells.classes[cells.label[cell]];
      const shade = colour === "#000000" ? ink : colour;
      const outlined = sides.value === "all" && sideOf(cell).key !== "test";
      pen.save();
      pen.globalAlpha = alpha;
      pen.translate(x, y);
      pen.scale(size * scale, size * scale);
      pen.lineWidth = (outlined ? 1.6 : 0.8) / (size * scale);
      [pen.fillStyle, pen.strokeStyle] = outlined ? [paper, shade] : [shade, paper];
      pen.fill(markers[cells.label[cell]]);
      pen.stroke(markers[cells.label[cell]]);
      pen.restore();
    };
    for (const spot of spots) drawMarker(spot, clamp(0.8 + 0.2 * spot.depth, 0.55, 1));
    const onCard = spots.find(({ cell }) => cell === chosen);
    if (onCard) {
      pen.strokeStyle = ink;
      const [x, y] = place(chosen);
      trace([onCard, project([x, y, -1])]); // a plumb line to the floor
      drawMarker(onCard, 1);
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(onCard.x, onCard.y, 0.6 * size * onCard.scale + 4, 0, 2 * Math.PI);
      pen.stroke();
      placeCard(onCard);
    }
    labelAxes(project, width, height - STRIP, ink, quiet);
    if (!drawn.length) pen.fillText("no cell passes these filters", width / 2, height / 2);
    [pen.fillStyle, pen.textAlign, pen.font] = [warn, "left", `bold ${pen.font}`];
    pen.fillText(plot.dataset.synthetic ?? "", 8, height - STRIP / 2, width - 16);
    // The state, for scripts that read the page.
    plot.dataset.azimuth = view.azimuth.toFixed(2);
    plot.dataset.elevation = view.elevation.toFixed(2);
    plot.dataset.zoom = view.zoom.toFixed(2);
    Object.assign(plot.dataset, {
      points: drawn.length,
      side: sides.value,
      axes: axes.map((feature) => feature + 1).join(" "),
      selected: cells.ids[chosen] ?? "",
    });
  }

  /**
   * The function from a point of the cube to its spot on the canvas, where a greater `depth` is
   * nearer, and the camera's own place.
   * @param {number} width
   * @param {number} height
   * @returns {{ project: Project, camera: Point }}
   */
  function look(width, height) {
    const [right, deep, high] = view.centre < 0 ? [0, 0, 0] : place(view.centre);
    const turned = new DOMMatrix()
      .rotateAxisAngle(1, 0, 0, view.elevation - 90)
      .rotateAxisAngle(0, 0, 1, -90 - view.azimuth)
      .translate(-right, -deep, -high);
    const unit = 0.27 * Math.min(width, 1.05 * height) * view.zoom;
    /** @type {Project} */
    const project = ([x, y, z]) => {
      const at = turned.transformPoint({ x, y, z });
      const scale = CAMERA_DISTANCE / (CAMERA_DISTANCE - at.z);
      const [across, up] = [unit * scale * at.x, unit * scale * at.y];
      return { x: width / 2 + across, y: height / 2 - up, depth: at.z, scale };
    };
    const { x, y, z } = turned.inverse().transformPoint({ z: CAMERA_DISTANCE });
    return { project, camera: [x, y, z] };
  }

  /**
   * The point of the cube at `along` on one axis, and at `one` and `other` on the remaining two.
   * @type {(axis: number, along: number, one: number, other: number) => Point}
   */
  const corner = (axis, along, one, other) => {
    if (axis === 0) return [along, one, other];
    return axis === 1 ? [one, along, other] : [one, other, along];
  };

  /** @param {Spot[]} points */
  function trace(points) {
    pen.beginPath();
    for (const { x, y } of points) pen.lineTo(x, y);
    pen.stroke();
  }

  /**
   * The walls behind the cells, with a grid; walls between them and the camera are left out.
   * @param {Project} project
   * @param {Point} camera
   * @param {string} line
   * @param {string} tint
   */
  function drawCube(project, camera, line, tint) {
    [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [tint, line, 0.75];
    for (const axis of [0, 1, 2]) {
      for (const end of [-1, 1]) {
        if (end * camera[axis] > 1) continue;
        /** @type {(one: number, other: number) => Spot} */
        const at = (one, other) => project(corner(axis, end, one, other));
        trace([at(-1, -1), at(1, -1), at(1, 1), at(-1, 1)]);
        pen.fill();
        for (const share of [-1, -0.5, 0, 0.5, 1]) {
          trace([at(share, -1), at(share, 1)]);
          trace([at(-1, share), at(1, share)]);
        }
      }
    }
  }

  /**
   * Each axis is written along one of its four edges: the lowest, or for the upright the leftmost.
   * @param {Project} project
   * @param {number} width
   * @param {number} lowest place of a label
   * @param {string} ink
   * @param {string} quiet
   */
  function labelAxes(project, width, lowest, ink, quiet) {
    const middle = project([0, 0, 0]);
    [pen.strokeStyle, pen.lineWidth] = [quiet, 1.25];
    axes.forEach((feature, axis) => {
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
      trace([low, high]);
      const outwards = down * (low.x - middle.x) < right * (low.y - middle.y) ? -1 : 1;
      /** @type {(text: string, share: number, gap: number, colour: string) => void} */
      const write = (text, share, gap, colour) => {
        const half = pen.measureText(text).width / 2;
        const x = low.x + share * right + (outwards * down * (gap + half)) / length;
        const y = low.y + share * down - (outwards * right * (gap + 6)) / length;
        pen.fillStyle = colour;
        pen.fillText(text, clamp(x, half + 2, width - half - 2), clamp(y, 8, lowest - 8));
      };
      const [start, end] = cells.limits[feature].map((limit) =>
        String(Number(limit.toPrecision(3))),
      );
      write(start, 0.07, 5, quiet);
      write(end, 0.93, 5, quiet);
      write(cells.features[feature], 0.5, 12, ink);
    });
  }

  // ---- Which cells are shown, and the card of the chosen one
  function refilter() {
    const { said, title } = cells.answers[classifier.selectedIndex];
    const passing = [...cells.ids.keys()].filter(
      (cell) =>
        ["all", sideOf(cell).key].includes(sides.value) &&
        !(mistakes.checked && said[cell] === cells.label[cell]),
    );
    drawn = passing.filter((cell) => isOn(toggles[cells.label[cell]]));
    findAll(".scatter-count").forEach((count, label) => {
      const ofClass = passing.filter((cell) => cells.label[cell] === label);
      count.textContent = String(ofClass.length);
    });
    find(".scatter-status").textContent =
      `Cells shown (${sides.value}): ${drawn.length}` +
      (mistakes.checked ? `, those that ${title} mistook.` : ".") +
      (sides.value === "all" ? " Filled marks are test cells, outlined ones the others." : "");
    if (!drawn.includes(chosen)) choose(-1, false);
    redraw();
  }

  /**
   * Put a cell on the card, or with -1 close the card.
   * @param {number} cell
   * @param {boolean} keep
   */
  function choose(cell, keep) {
    kept = keep;
    if (cell === chosen) return;
    chosen = cell;
    redraw();
    card.hidden = cell < 0;
    if (cell < 0) return;
    const truth = cells.label[cell];
    find(".scatter-id").textContent = cells.ids[cell];
    find(".scatter-truth").textContent = `${cells.classes[truth].name}, ${sideOf(cell).title} cell`;
    findAll(".scatter-card td").forEach((answer, position) => {
      const said = cells.answers[position].said[cell];
      answer.textContent = cells.classes[said].name + (said === truth ? " ✓" : " ✗ mistake");
      answer.classList.toggle("mistake", said !== truth);
    });
    findAll(".scatter-card li").forEach((value, feature) => {
      value.textContent = String(cells.x[feature][cell]);
    });
    // biome-ignore lint/performance/useDomNodeTextContent: innerText alone sets lines apart
    find("[aria-live]").textContent = card.innerText.replaceAll(/\s*\n\s*/g, "; ");
    if (!picture || !cells.sprite) return;
    picture.style.setProperty("--column", String(cell % cells.sprite.columns));
    picture.style.setProperty("--row", String(Math.floor(cell / cells.sprite.columns)));
  }

  /**
   * Below its cell where there is room, else above it, and always within the viewport.
   * @param {Spot} spot
   */
  function placeCard(spot) {
    const { left, top } = plot.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const [gap, margin] = [18, 8];
    const lowest = clientHeight - margin - card.offsetHeight;
    const below = top + spot.y + gap;
    const y = clamp(below <= lowest ? below : below - 2 * gap - card.offsetHeight, margin, lowest);
    const x = left + spot.x - card.offsetWidth / 2;
    card.style.left = `${clamp(x, margin, clientWidth - margin - card.offsetWidth) - left}px`;
    card.style.top = `${y - top}px`;
  }

  /**
   * Of the cells in reach the nearest, and of equally near ones the one that lies in front.
   * @param {PointerEvent} event
   */
  function nearest({ offsetX, offsetY, pointerType }) {
    let [best, reach] = [-1, pointerType === "touch" ? 26 : 14];
    for (const { cell, x, y } of spots) {
      const distance = Math.hypot(x - offsetX, y - offsetY);
      if (distance <= reach) [best, reach] = [cell, distance];
    }
    return best;
  }

  // ---- Turning, zooming and stepping
  /** @type {(parts: Partial<typeof view>) => void} */
  const change = (parts) => {
    Object.assign(view, parts);
    redraw();
  };
  /** @type {(right: number, up: number) => void} */
  const turn = (right, up) =>
    change({
      azimuth: ((view.azimuth - right + 540) % 360) - 180,
      elevation: clamp(view.elevation - up, -90, 90),
    });
  /** @type {(factor: number) => void} */
  const zoom = (factor) => change({ zoom: clamp(view.zoom * factor, 0.5, 12) });
  /** @type {(by: 1 | -1) => void} */
  const step = (by) => {
    const from = chosen < 0 && by < 0 ? 0 : drawn.indexOf(chosen);
    const count = drawn.length;
    if (count) choose(drawn[(from + by + count) % count], true);
  };
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => turn(-6, 0),
    ArrowRight: () => turn(6, 0),
    ArrowUp: () => turn(0, 6),
    ArrowDown: () => turn(0, -6),
    "+": () => zoom(1.25),
    "=": () => zoom(1.25),
    "-": () => zoom(1 / 1.25),
    n: () => step(1),
    p: () => step(-1),
    c: () => change({ centre: chosen }),
    Escape: () => choose(-1, false),
    Home: () => change(HOME),
  };
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  /** @type {Map<number, PointerEvent>} */
  const pointers = new Map();
  let travelled = 0; // pixels since the pointer went down: a click or tap stays near zero
  /** @type {(both: PointerEvent[]) => number} */
  const spread = ([one, other]) => Math.hypot(one.x - other.x, one.y - other.y);
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    plot.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    travelled = 0;
  });
  plot.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last && !kept) choose(nearest(event), false);
    if (!last) return;
    const before = [...pointers.values()];
    pointers.set(event.pointerId, event);
    travelled += spread([event, last]);
    if (before.length > 1) zoom(spread([...pointers.values()]) / spread(before));
    else turn(0.4 * (event.x - last.x), 0.4 * (last.y - event.y));
  });
  plot.addEventListener("pointerup", (event) => {
    if (!pointers.delete(event.pointerId) || travelled > 5) return;
    const cell = nearest(event);
    choose(cell, cell >= 0);
  });
  plot.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  plot.addEventListener("pointerleave", () => kept || pointers.size || choose(-1, false));
  plot.addEventListener("dblclick", keys.c);
  plot.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return; // the wheel alone goes on scrolling the page
      event.preventDefault();
      zoom(Math.exp(-0.01 * event.deltaY));
    },
    { passive: false },
  );

  // ---- Controls and surroundings
  /**
   * @template {EventTarget} Target
   * @param {Target[]} targets
   * @param {string} type
   * @param {(target: Target, at: number) => void} react
   */
  const listen = (targets, type, react) => {
    targets.forEach((target, at) => {
      target.addEventListener(type, () => react(target, at));
    });
  };
  listen(selects, "change", (select, axis) => {
    const twin = axes.indexOf(select.selectedIndex);
    if (twin >= 0) axes[twin] = axes[axis];
    axes[axis] = select.selectedIndex;
    selects.forEach((other, at) => {
      other.selectedIndex = axes[at];
    });
    redraw();
  });
  listen([...sides, mistakes, classifier], "change", refilter);
  listen(toggles, "click", (toggle) => {
    toggle.setAttribute("aria-pressed", String(!isOn(toggle)));
    refilter();
  });
  listen(findButtons(".scatter-view button"), "click", (button) => keys[button.value]());
  listen([matchMedia("(prefers-color-scheme: dark)")], "change", redraw);
  /** @type {(paper: boolean) => void} */
  const goTo = (paper) => {
    section.classList.toggle("on-paper", paper);
    draw();
  };
  listen([window], "beforeprint", () => goTo(true));
  listen([window], "afterprint", () => goTo(false));
  new ResizeObserver(redraw).observe(plot);
  find(".scatter-live").hidden = false;
  refilter();
})();
