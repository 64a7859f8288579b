// Owns the explorer: its state, and how it answers to mouse, touch, pen and keyboard. scatter.py
// chooses the cells, scatter.html.j2 writes the markup, the files beside it named explorer_ draw.
// @ts-check

/**
 * The controls of the form, by the names that scatter.html.j2 gives them.
 * @typedef {object} Controls
 * @property {NodeListOf<HTMLSelectElement>} axis
 * @property {HTMLSelectElement} colour
 * @property {HTMLInputElement} pictures
 * @property {HTMLInputElement} size
 * @property {RadioNodeList} side
 * @property {HTMLInputElement} mistakes
 * @property {HTMLSelectElement} classifier
 */

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
  const cells = readCells(find("script").textContent);
  const plot = /** @type {HTMLCanvasElement} */ (find(".scatter-plot"));
  const context = /** @type {CanvasRenderingContext2D} */ (
    plot.getContext("2d", { willReadFrequently: true })
  );
  const card = find(".scatter-card");
  /** @type {HTMLCanvasElement | null} */
  const cardPicture = section.querySelector(".scatter-picture");
  /** @type {HTMLImageElement | null} */
  const sheet = section.querySelector(".scatter-sheet");
  const form = /** @type {HTMLFormElement} */ (find("form"));
  const controls = /** @type {HTMLFormControlsCollection & Controls} */ (form.elements);
  const { side: sides, mistakes, classifier } = controls;
  const selects = [...controls.axis];
  const toggles = findAll(".scatter-legend button");
  const groupList = find(".scatter-groups");
  const lassoButton = find('[value="l"]');
  const colourings = colouringsOf(cells);
  const painter = makePainter(cells, sheet);
  const showGallery = makeGallery(find(".scatter-gallery"), cells, sheet, (cell) => {
    if (!drawn.includes(cell)) showAllOf(sideOf(cell).key);
    card.hidden = true;
    choose(cell, true);
    plot.focus();
  });

  // Near matplotlib's own view, so that the static figure is recognised. `centre` is the cell that
  // the view turns around, or -1 for the middle of the cube.
  const HOME = { azimuth: -60, elevation: 25, zoom: 1, centre: -1, right: 0, up: 0 };
  const NONE = -1; // as third axis: a flat chart of two
  const MANY = 4000; // cells that are drawn more coarsely while they move
  const view = { ...HOME };
  const axes = selects.map((select) => cells.axes.findIndex(({ title }) => title === select.value));
  let drawn = new Int32Array(); // positions of the cells that pass every filter
  let current = -1; // position of the cell on the card, or -1
  let kept = false; // whether the card stays when the pointer leaves its cell
  let colouring = colourings[0];
  /** @type {Set<number>} groups of the colouring that are left out */
  const left = new Set();
  const choice = new Uint8Array(cells.ids.length); // 1 for each chosen cell
  let choiceSize = 0;
  /** @type {[x: number, y: number][]} */
  let lasso = [];
  let moving = false;
  let movedAt = 0;

  /** @type {(toggle: HTMLElement) => boolean} */
  const isOn = (toggle) => toggle.getAttribute("aria-pressed") === "true";
  /** @type {(cell: number) => Cells["sides"][number]} */
  const sideOf = (cell) => cells.sides[cells.side[cell]];
  const isFlat = () => axes[2] === NONE;
  const isLasso = () => isOn(lassoButton);

  // ---- Drawing
  /** @type {Map<number, Float32Array>} */
  const placesAlong = new Map([[NONE, new Float32Array(cells.ids.length)]]);
  /** Each cell's place along an axis of the cube. @type {(axis: number) => Float32Array} */
  const places = (axis) => {
    let found = placesAlong.get(axis);
    if (!found) {
      const [low, high] = cells.axes[axis].limits;
      found = Float32Array.from(cells.x[axis], (value) => (2 * (value - low)) / (high - low) - 1);
      placesAlong.set(axis, found);
    }
    return found;
  };
  /** @type {(axis: number) => ShownAxis} */
  const shownAxis = (axis) => {
    const { title, share, limits } = cells.axes[axis];
    const percent = share === null ? "" : ` (${Math.round(100 * share)} %)`;
    return { title: title + percent, low: limits[0], high: limits[1] };
  };
  let frame = 0;
  const redraw = () => (frame ||= requestAnimationFrame(draw));

  /**
   * What is seen now, for a canvas of this size.
   * @returns {Picture}
   */
  function picture() {
    const style = getComputedStyle(section);
    /** @type {(name: string) => string} */
    const colourOf = (name) => style.getPropertyValue(`--${name}`).trim();
    const [ink, paper, quiet] = ["ink", "paper", "quiet"].map(colourOf);
    const [line, tint, warn] = ["line", "tint", "warn"].map(colourOf);
    const [width, height] = [plot.clientWidth, plot.clientHeight];
    const shown = axes.filter((axis) => axis !== NONE).map(shownAxis);
    const columns = axes.map(places);
    const at = view.centre;
    /** @type {Point} */
    const centre = at < 0 ? [0, 0, 0] : [columns[0][at], columns[1][at], columns[2][at]];
    const scene = (isFlat() ? chartScene : cubeScene)(width, height, view, centre, shown);
    const count = drawn.length;
    const growth = view.zoom ** 0.3 * Number(controls.size.value);
    const mark = [12000, 4000, 1000, 300].findIndex((many) => count > many);
    const size = [4.5, 5.5, 7, 9][mark] ?? 12;
    const side = [14, 18, 24, 32][mark] ?? 44;
    const outlines = sides.value === "all";
    return {
      width,
      height,
      scene,
      colours: { ink, paper, quiet, line, tint, warn },
      drawn,
      places: columns,
      colouring,
      size: size * growth,
      picture: controls.pictures.checked && cells.sprite ? Math.round(side * growth) : 0,
      isOutlined: (cell) => outlines && sideOf(cell).key !== "test",
      isFaint: (cell) => choiceSize > 0 && !choice[cell],
      current: drawn.includes(current) ? current : -1,
      lasso,
      mark: plot.dataset.synthetic ?? "",
    };
  }

  function draw() {
    frame = 0;
    const shown = picture();
    // Printers are finer than screens.
    const sharp = section.classList.contains("on-paper") ? 3 : devicePixelRatio;
    const coarse = moving && drawn.length > MANY;
    const ratio = coarse ? Math.min(1, sharp) : sharp;
    const [width, height] = [shown.width, shown.height].map((side) => Math.round(side * ratio));
    if (!width || !height) return;
    if (plot.width !== width || plot.height !== height) [plot.width, plot.height] = [width, height];
    painter.paint(shown, context, ratio, getComputedStyle(section).fontFamily);
    if (shown.current >= 0) placeCard();
    // The state, for scripts that read the page.
    plot.dataset.azimuth = view.azimuth.toFixed(2);
    plot.dataset.elevation = view.elevation.toFixed(2);
    plot.dataset.zoom = view.zoom.toFixed(2);
    Object.assign(plot.dataset, {
      points: drawn.length,
      side: sides.value,
      axes: axes.map((axis) => cells.axes[axis]?.title ?? "none").join(", "),
      colour: colouring.title,
      selected: cells.ids[current] ?? "",
      chosen: choiceSize,
    });
  }

  // ---- Which cells are shown, and the card of the one that is pointed at
  function refilter() {
    const { said, title } = cells.answers[classifier.selectedIndex];
    const passing = [...cells.ids.keys()].filter(
      (cell) =>
        ["all", sideOf(cell).key].includes(sides.value) &&
        !(mistakes.checked && said[cell] === cells.label[cell]),
    );
    const on = toggles.map(isOn);
    const [ofClass, ofGroup] = [cells.classes, colouring.names].map(({ length }) =>
      new Array(length).fill(0),
    );
    for (const cell of passing) {
      ofClass[cells.label[cell]]++;
      ofGroup[colouring.of(cell)]++;
    }
    drawn = Int32Array.from(
      passing.filter((cell) => on[cells.label[cell]] && !left.has(colouring.of(cell))),
    );
    findAll(".scatter-legend .scatter-count").forEach((count, label) => {
      count.textContent = ofClass[label].toLocaleString("en");
    });
    findAll(".scatter-groups .scatter-count").forEach((count, group) => {
      count.textContent = ofGroup[group].toLocaleString("en");
    });
    find(".scatter-status").textContent =
      `Cells shown (${sides.value}): ${drawn.length.toLocaleString("en")}` +
      (mistakes.checked ? `, those that ${title} mistook.` : ".") +
      (sides.value === "all" ? " Filled marks are test cells, outlined ones the others." : "");
    if (!drawn.includes(current)) choose(-1, false);
    redraw();
  }

  /** Write what the colours mean, where they are not the classes' own. */
  function recolour() {
    colouring = colourings[controls.colour.selectedIndex];
    left.clear();
    const own = colouring === colourings[0];
    section.classList.toggle("by-group", !own);
    find(".scatter-groups-title").hidden = groupList.hidden = own;
    find(".scatter-groups-title").textContent = `Colour: ${colouring.title}`;
    groupList.replaceChildren(
      ...(own ? [] : colouring.names).map((name, group) =>
        groupToggle(name, colouring.colours[group], (on) => {
          if (on) left.delete(group);
          else left.add(group);
          refilter();
        }),
      ),
    );
    refilter();
  }

  /**
   * Put a cell on the card, or with -1 close the card.
   * @param {number} cell
   * @param {boolean} keep
   */
  function choose(cell, keep) {
    kept = keep;
    if (cell === current && card.hidden === cell < 0) return;
    current = cell;
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
    findAll(".scatter-card li").forEach((value, axis) => {
      value.textContent = String(Number(cells.x[axis][cell].toPrecision(4)));
    });
    // biome-ignore lint/performance/useDomNodeTextContent: innerText alone sets lines apart
    find("[aria-live]").textContent = card.innerText.replaceAll(/\s*\n\s*/g, "; ");
    if (cardPicture && sheet && cells.sprite) drawTile(cardPicture, sheet, cells.sprite, cell);
  }

  /** Below its cell where there is room, else above it, and always within the viewport. */
  function placeCard() {
    const spot = { x: painter.spots.x[current], y: painter.spots.y[current] };
    const { left: from, top } = plot.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const [gap, margin] = [18, 8];
    const lowest = clientHeight - margin - card.offsetHeight;
    const below = top + spot.y + gap;
    const y = within(below <= lowest ? below : below - 2 * gap - card.offsetHeight, margin, lowest);
    const x = from + spot.x - card.offsetWidth / 2;
    card.style.left = `${within(x, margin, clientWidth - margin - card.offsetWidth) - from}px`;
    card.style.top = `${y - top}px`;
  }

  /**
   * Of the cells in reach the nearest, and of equally near ones the one that lies in front.
   * @param {PointerEvent} event
   */
  function nearest({ offsetX, offsetY, pointerType }) {
    let [best, reach] = [-1, pointerType === "touch" ? 26 : 14];
    const shown = picture();
    for (const cell of drawn) {
      const distance = Math.hypot(painter.spots.x[cell] - offsetX, painter.spots.y[cell] - offsetY);
      if (distance <= reach && painter.isSeen(shown, cell)) [best, reach] = [cell, distance];
    }
    return best;
  }

  // ---- The chosen cells
  /** @param {Iterable<number>} chosen */
  function chooseCells(chosen) {
    choice.fill(0);
    for (const cell of chosen) choice[cell] = 1;
    tellChoice();
  }
  const chosenCells = () => [...choice.keys()].filter((cell) => choice[cell]);
  function tellChoice() {
    const chosen = chosenCells();
    choiceSize = chosen.length;
    find(".scatter-chosen").textContent = choiceSize
      ? `${choiceSize.toLocaleString("en")} ${choiceSize === 1 ? "cell" : "cells"} chosen`
      : "No cell is chosen";
    find(".scatter-from").textContent = "";
    find(".scatter-back").hidden = true;
    showGallery(chosen);
    redraw();
  }
  function chooseWithin() {
    if (lasso.length > 2) {
      const shown = picture();
      chooseCells(
        [...drawn].filter(
          (cell) =>
            painter.isSeen(shown, cell) &&
            isInside(lasso, painter.spots.x[cell], painter.spots.y[cell]),
        ),
      );
    }
    lasso = [];
    redraw();
  }
  /** Show every cell of a side again, whatever was left out. @param {string} side */
  function showAllOf(side) {
    sides.value = cells.sides.some(({ key }) => key === side) ? side : "all";
    mistakes.checked = false;
    for (const toggle of toggles) toggle.setAttribute("aria-pressed", "true");
    recolour();
  }

  // ---- The confusion matrices: a click on a count chooses the cells behind it
  let backTo = /** @type {HTMLElement | null} */ (null);
  linkMatrices(cells, ({ button, count, chosen, what }) => {
    showAllOf("test");
    chooseCells(chosen);
    const other = count !== choiceSize.toLocaleString("en");
    const rest = other ? `; the table counts ${count}, over all repeats` : "";
    find(".scatter-from").textContent = `These are the ${what}${rest}.`;
    backTo = button;
    find(".scatter-back").hidden = false;
    find(".scatter-choice").focus();
    find(".scatter-choice").scrollIntoView({ block: "start" });
  });

  // ---- Saving
  const baseName = () => document.title.replaceAll(/[^\w.-]+/g, "-").replace(/^-+|-+$/g, "");
  /** @type {() => LegendEntry[]} */
  const legend = () => {
    const shown = picture();
    const coloured = colourings.indexOf(colouring) <= cells.answers.length;
    const labels = new Set(Array.from(drawn, (cell) => cells.label[cell]));
    const groups = new Set(Array.from(drawn, (cell) => colouring.of(cell)));
    const byClass = { ...shown, colouring: colourings[0] };
    const classes = cells.classes.map(({ path, name }, label) => {
      const fill = coloured ? painter.shade(byClass, label) : shown.colours.quiet;
      return { path, name, fill };
    });
    const path = "M-.5 -.5H.5V.5H-.5Z";
    const colours = colouring.names.map((name, group) => {
      return { path, name, fill: painter.shade(shown, group) };
    });
    return [
      ...classes.filter((_, label) => labels.has(label)),
      ...(coloured ? [] : colours.filter((_, group) => groups.has(group))),
    ];
  };
  function saveTable() {
    const rows = choiceSize ? chosenCells() : drawn;
    saveFile(`${baseName()}-cells.csv`, new Blob([tableOf(cells, rows)], { type: "text/csv" }));
  }
  const family = () => getComputedStyle(section).fontFamily;
  function savePng() {
    paintPng(painter, picture(), legend(), family()).toBlob(
      (content) => content && saveFile(`${baseName()}-view.png`, content),
    );
    redraw();
  }
  function saveSvg() {
    const text = writeSvg(painter, picture(), legend(), family());
    saveFile(`${baseName()}-view.svg`, new Blob([text], { type: "image/svg+xml" }));
    redraw();
  }

  // ---- Turning, zooming and stepping
  const settle = () => {
    if (performance.now() - movedAt < 150) return void setTimeout(settle, 60);
    moving = false;
    redraw();
  };
  /** @type {(parts: Partial<typeof view>) => void} */
  const change = (parts) => {
    Object.assign(view, parts);
    movedAt = performance.now();
    if (!moving) setTimeout(settle, 160);
    moving = true;
    redraw();
  };
  /** Turn a cube, push a chart. @type {(right: number, up: number) => void} */
  const turn = (right, up) => {
    if (isFlat()) {
      // A pixel of the pointer is a pixel of the chart.
      const across = 2 / (0.4 * view.zoom * (plot.clientWidth - 76));
      const upwards = 2 / (0.4 * view.zoom * (plot.clientHeight - STRIP - 88));
      change({ right: view.right - right * across, up: view.up - up * upwards });
      return;
    }
    change({
      azimuth: ((view.azimuth - right + 540) % 360) - 180,
      elevation: within(view.elevation - up, -90, 90),
    });
  };
  /** @type {(factor: number) => void} */
  const zoom = (factor) => change({ zoom: within(view.zoom * factor, 0.5, 40) });
  /** @type {(by: 1 | -1) => void} */
  const step = (by) => {
    const cellsInOrder = Int32Array.from(drawn).sort();
    const from = current < 0 && by < 0 ? 0 : cellsInOrder.indexOf(current);
    const count = cellsInOrder.length;
    if (count) choose(cellsInOrder[(from + by + count) % count], true);
  };
  const toggleCurrent = () => {
    if (current < 0) return;
    choice[current] = 1 - choice[current];
    tellChoice();
  };
  const toggleLasso = () => {
    lassoButton.setAttribute("aria-pressed", String(!isLasso()));
    plot.classList.toggle("lasso", isLasso());
  };
  const toggleFull = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else section.requestFullscreen();
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
    c: () => change({ centre: current, right: 0, up: 0 }),
    s: toggleCurrent,
    l: toggleLasso,
    f: toggleFull,
    Escape: () => choose(-1, false),
    Home: () => change(HOME),
  };
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  followPointers(plot, {
    wantsLasso: isLasso,
    hover: (event) => kept || choose(nearest(event), false),
    leave: () => kept || choose(-1, false),
    click: (event) => {
      const cell = nearest(event);
      choose(cell, cell >= 0);
    },
    drag: (right, down) => turn(0.4 * right, -0.4 * down),
    zoom,
    encircle: (outline, done) => {
      lasso = outline;
      if (done) chooseWithin();
      redraw();
    },
  });
  plot.addEventListener("dblclick", keys.c);

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
  const showAxes = () => {
    selects.forEach((select, at) => {
      select.value = cells.axes[axes[at]]?.title ?? "none";
    });
    plot.classList.toggle("flat", isFlat());
    change({ centre: -1, right: 0, up: 0 });
  };
  listen(selects, "change", (select, at) => {
    const wanted = cells.axes.findIndex(({ title }) => title === select.value);
    const twin = axes.indexOf(wanted);
    if (twin >= 0 && axes[at] !== NONE) axes[twin] = axes[at];
    else if (twin >= 0) {
      // The flat chart's third axis cannot be one of its two: that one moves to another.
      axes[twin] = cells.axes.findIndex((_, axis) => !axes.includes(axis));
    }
    axes[at] = wanted;
    showAxes();
  });
  listen(findButtons(".scatter-sets button"), "click", ({ value }) => {
    const wanted = [...cells.axes.keys()].filter((axis) => cells.axes[axis].group === value);
    const others = [...cells.axes.keys()].filter((axis) => cells.axes[axis].group !== value);
    const dimensions = isFlat() ? 2 : 3;
    [...wanted, ...others].slice(0, dimensions).forEach((axis, at) => {
      axes[at] = axis;
    });
    showAxes();
  });
  for (const { title } of colourings) controls.colour.add(new Option(title));
  listen([controls.colour], "change", recolour);
  listen([controls.pictures], "change", redraw);
  listen([controls.size], "input", redraw);
  listen([...sides, mistakes, classifier], "change", refilter);
  listen(toggles, "click", (toggle) => {
    toggle.setAttribute("aria-pressed", String(!isOn(toggle)));
    refilter();
  });
  listen(findButtons(".scatter-view button"), "click", (button) => keys[button.value]());
  find('[value="f"]').hidden = !document.fullscreenEnabled;
  /** @type {Record<string, () => void>} */
  const actions = {
    all: () => chooseCells(drawn),
    none: () => chooseCells([]),
    csv: saveTable,
    png: savePng,
    svg: saveSvg,
    back: () => backTo?.focus(),
  };
  listen(findButtons(".scatter-choice button"), "click", (button) => actions[button.value]());
  listen([matchMedia("(prefers-color-scheme: dark)")], "change", redraw);
  /** @type {(paper: boolean) => void} */
  const goTo = (paper) => {
    section.classList.toggle("on-paper", paper);
    draw();
  };
  listen([window], "beforeprint", () => goTo(true));
  listen([window], "afterprint", () => goTo(false));
  if (sheet) listen([sheet], "load", redraw);
  new ResizeObserver(redraw).observe(plot);
  find(".scatter-live").hidden = false;
  plot.classList.toggle("flat", isFlat());
  recolour();
})();
