// Owns the interactive scatter: three features in space on a 2-D canvas, answering to mouse, touch,
// pen and keyboard. interactive.py chooses the cells, scatter.html.j2 writes the markup.
(() => {
  "use strict";

  const section = document.querySelector(".scatter");
  const find = (selector) => section.querySelector(selector);
  const findAll = (selector) => [...section.querySelectorAll(selector)];
  const cells = JSON.parse(find("script").textContent);
  const [plot, card, sprite] = [".scatter-plot", ".scatter-card", ".scatter-sprite"].map(find);
  const { axis: selects, side: sides, mistakes, classifier } = find("form").elements;
  const toggles = findAll(".scatter-legend button");
  const markers = cells.classes.map(({ path }) => new Path2D(path));
  const pen = plot.getContext("2d");

  // Near matplotlib's own view, so that the static figure is recognised. `centre` is the cell that
  // the view turns around, or -1 for the middle of the cube, which reaches from -1 to 1.
  const HOME = { azimuth: -60, elevation: 25, zoom: 1, centre: -1 };
  const CAMERA_DISTANCE = 8;

  const view = { ...HOME };
  const axes = [0, 1, 2];
  let drawn = []; // positions of the cells that pass every filter
  let spots = []; // the same cells on the canvas, farthest first
  let chosen = -1; // position of the cell on the card, or -1
  let kept = false; // whether the card stays when the pointer leaves its cell

  const clamp = (value, low, high) => Math.max(low, Math.min(value, high));
  const isOn = (toggle) => toggle.getAttribute("aria-pressed") === "true";
  const sideOf = (cell) => cells.sides[cells.side[cell]];
  const place = (cell) => axes.map((feature) => {
    const [low, high] = cells.limits[feature];
    return (2 * (cells.x[feature][cell] - low)) / (high - low) - 1;
  });

  // ---- drawing

  let frame = 0;
  const redraw = () => (frame ||= requestAnimationFrame(draw));

  function draw() {
    frame = 0;
    const style = getComputedStyle(section);
    const [ink, paper, quiet, line, tint, warn] = ["ink", "paper", "quiet", "line", "tint", "warn"]
      .map((name) => style.getPropertyValue(`--${name}`).trim());
    // Printers are finer than screens.
    const ratio = section.classList.contains("on-paper") ? 3 : devicePixelRatio;
    const [width, height] = [plot.clientWidth, plot.clientHeight];
    [plot.width, plot.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    [pen.font, pen.textAlign, pen.textBaseline] = ["13px system-ui, sans-serif", "center", "middle"];
    pen.scale(ratio, ratio);
    pen.fillStyle = paper;
    pen.fillRect(0, 0, width, height);

    const { project, camera } = look(width, height);
    drawCube(project, camera, line, tint);
    spots = drawn.map((cell) => ({ cell, ...project(place(cell)) }))
      .sort((one, other) => one.depth - other.depth);
    const size = (drawn.length > 1000 ? 7 : drawn.length > 300 ? 9 : 12) * Math.sqrt(view.zoom);
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
    for (const spot of spots) drawMarker(spot, clamp(0.75 + 0.25 * spot.depth, 0.4, 1));

    const onCard = spots.find(({ cell }) => cell === chosen);
    if (onCard) {
      const [x, y] = place(chosen);
      pen.strokeStyle = ink;
      trace([onCard, project([x, y, -1])]); // a plumb line to the floor
      drawMarker(onCard, 1);
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(onCard.x, onCard.y, 0.6 * size * onCard.scale + 4, 0, 2 * Math.PI);
      pen.stroke();
      placeCard(onCard);
    }
    labelAxes(project, width, ink, quiet);
    if (!drawn.length) pen.fillText("no cell passes these filters", width / 2, height / 2);
    [pen.fillStyle, pen.textAlign, pen.font] = [warn, "left", `bold ${pen.font}`];
    pen.fillText(plot.dataset.synthetic, 8, height - 12);

    // The state, for those who read the page by script.
    const [azimuth, elevation, zoom] = [view.azimuth, view.elevation, view.zoom]
      .map((value) => value.toFixed(2));
    Object.assign(plot.dataset, { points: drawn.length, azimuth, elevation, zoom,
      axes: axes.map((feature) => feature + 1).join(" "), side: sides.value,
      selected: cells.ids[chosen] ?? "" });
  }

  // The camera's place, and the function from a point of the cube to its spot on the canvas. The
  // nearer a spot, the greater its `depth`.
  function look(width, height) {
    const [turned, raised] = [view.azimuth, view.elevation].map((angle) => (angle * Math.PI) / 180);
    const [cosTurned, sinTurned] = [Math.cos(turned), Math.sin(turned)];
    const [cosRaised, sinRaised] = [Math.cos(raised), Math.sin(raised)];
    const target = view.centre < 0 ? [0, 0, 0] : place(view.centre);
    const unit = 0.27 * Math.min(width, 1.05 * height) * view.zoom;
    const project = (point) => {
      const [x, y, z] = point.map((value, axis) => value - target[axis]);
      const towards = x * cosTurned + y * sinTurned;
      const depth = towards * cosRaised + z * sinRaised;
      const scale = CAMERA_DISTANCE / (CAMERA_DISTANCE - depth);
      return { depth, scale, x: width / 2 + unit * scale * (y * cosTurned - x * sinTurned),
        y: height / 2 - unit * scale * (z * cosRaised - towards * sinRaised) };
    };
    const camera = [cosTurned * cosRaised, sinTurned * cosRaised, sinRaised]
      .map((value, axis) => target[axis] + CAMERA_DISTANCE * value);
    return { project, camera };
  }

  // The point of the cube at `along` on one axis, and at `one` and `other` on the remaining two.
  const corner = (axis, along, one, other) =>
    [[along, one, other], [one, along, other], [one, other, along]][axis];

  function trace(points) {
    pen.beginPath();
    for (const { x, y } of points) pen.lineTo(x, y);
    pen.stroke();
  }

  // The walls behind the cells, with a grid; walls between them and the camera are left out.
  function drawCube(project, camera, line, tint) {
    [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [tint, line, 0.75];
    for (const axis of [0, 1, 2]) {
      for (const end of [-1, 1].filter((end) => end * camera[axis] < 1)) {
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

  // Each axis is written along one of its four edges: the lowest, or for the upright the leftmost.
  function labelAxes(project, width, ink, quiet) {
    const middle = project([0, 0, 0]);
    [pen.strokeStyle, pen.lineWidth] = [quiet, 1.25];
    axes.forEach((feature, axis) => {
      const rank = ([low, high]) => (axis === 2 ? -low.x - high.x : low.y + high.y);
      const [low, high] = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
        .map((ends) => [-1, 1].map((along) => project(corner(axis, along, ...ends))))
        .reduce((best, edge) => (rank(edge) > rank(best) ? edge : best));
      const [right, down] = [high.x - low.x, high.y - low.y];
      const length = Math.hypot(right, down);
      if (length < 40) return; // the camera looks along this axis
      trace([low, high]);
      const turned = down * (low.x - middle.x) < right * (low.y - middle.y) ? -1 : 1;
      const [outX, outY] = [(turned * down) / length, (-turned * right) / length];
      const write = (text, share, gap) => {
        const half = pen.measureText(text).width / 2;
        const x = clamp(low.x + share * right + outX * (gap + half), half + 2, width - half - 2);
        pen.fillText(text, x, low.y + share * down + outY * (gap + 6));
      };
      const [start, end] = cells.limits[feature].map((limit) => Number(limit.toPrecision(3)));
      pen.fillStyle = quiet;
      write(start, 0.07, 5);
      write(end, 0.93, 5);
      pen.fillStyle = ink;
      write(cells.features[feature], 0.5, 12);
    });
  }

  // ---- which cells are shown, and the card of the chosen one

  function refilter() {
    const { said, title } = cells.answers[classifier.selectedIndex];
    const passing = [...cells.ids.keys()].filter((cell) =>
      ["all", sideOf(cell).key].includes(sides.value) &&
      !(mistakes.checked && said[cell] === cells.label[cell]));
    drawn = passing.filter((cell) => isOn(toggles[cells.label[cell]]));
    findAll(".scatter-count").forEach((count, label) => {
      count.textContent = passing.filter((cell) => cells.label[cell] === label).length;
    });
    find(".scatter-status").textContent = `Cells shown: ${drawn.length.toLocaleString("en")}` +
      (mistakes.checked ? `, those that ${title} mistook.` : ".") +
      (sides.value === "all" ? " Filled marks are test cells, outlined ones the others." : "");
    if (!drawn.includes(chosen)) choose(-1, false);
    redraw();
  }

  function choose(cell, keep) {
    kept = keep;
    if (cell === chosen) return;
    chosen = cell;
    fillCard();
    redraw();
  }

  function fillCard() {
    card.hidden = chosen < 0;
    if (chosen < 0) return;
    const truth = cells.label[chosen];
    find(".scatter-id").textContent = cells.ids[chosen];
    find(".scatter-truth").textContent = `${cells.classes[truth].name}, ${sideOf(chosen).title} cell`;
    findAll(".scatter-card td").forEach((answer, classifier) => {
      const said = cells.answers[classifier].said[chosen];
      answer.textContent = cells.classes[said].name + (said === truth ? " ✓" : " ✗ mistake");
      answer.classList.toggle("mistake", said !== truth);
    });
    findAll(".scatter-card li").forEach((value, feature) => {
      value.textContent = cells.x[feature][chosen];
    });
    find("[aria-live]").textContent = findAll(".scatter-id, .scatter-truth, .scatter-card tr")
      .map((part) => [...part.childNodes].map((child) => child.textContent).join(": ")).join("; ");
    if (!sprite) return;
    const { tile, columns } = cells.sprite;
    find(".scatter-picture").getContext("2d").drawImage(sprite, tile * (chosen % columns),
      tile * Math.floor(chosen / columns), tile, tile, 0, 0, tile, tile);
  }

  // Beside its cell where there is room, else below or above it, and always within the viewport.
  function placeCard(spot) {
    const stage = plot.getBoundingClientRect();
    const { clientWidth: roomX, clientHeight: roomY } = document.documentElement;
    const { offsetWidth: width, offsetHeight: height } = card;
    const [gap, margin] = [18, 8];
    const beside = (middle, length, room) => [middle + gap, middle - gap - length]
      .find((start) => start >= margin && start + length <= room - margin);
    const [x, y] = [stage.left + spot.x, stage.top + spot.y];
    const left = beside(x, width, roomX) ?? x - width / 2;
    const covers = Math.abs(left + width / 2 - x) < width / 2;
    const top = (covers && beside(y, height, roomY)) || y - height / 2;
    card.style.left = `${clamp(left, margin, roomX - width - margin) - stage.left}px`;
    card.style.top = `${clamp(top, margin, roomY - height - margin) - stage.top}px`;
  }

  // Of the cells in reach the nearest, and of equally near ones the one that lies in front.
  function nearest({ offsetX, offsetY, pointerType }) {
    let [best, reach] = [-1, pointerType === "touch" ? 26 : 14];
    for (const { cell, x, y } of spots) {
      const distance = Math.hypot(x - offsetX, y - offsetY);
      if (distance <= reach) [best, reach] = [cell, distance];
    }
    return best;
  }

  // ---- turning, zooming and stepping

  const change = (parts) => redraw(Object.assign(view, parts));
  const turn = (right, up) => change({
    azimuth: ((view.azimuth - right + 540) % 360) - 180,
    elevation: clamp(view.elevation - up, -90, 90),
  });
  const zoom = (factor) => change({ zoom: clamp(view.zoom * factor, 0.5, 12) });
  const step = (by) => {
    const from = chosen < 0 && by < 0 ? 0 : drawn.indexOf(chosen);
    if (drawn.length) choose(drawn.at((from + by) % drawn.length), true);
  };
  const keys = {
    ArrowLeft: () => turn(-6, 0), ArrowRight: () => turn(6, 0),
    ArrowUp: () => turn(0, 6), ArrowDown: () => turn(0, -6),
    "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(1 / 1.25),
    n: () => step(1), p: () => step(-1), c: () => change({ centre: chosen }),
    Escape: () => choose(-1, false), Home: () => change(HOME),
  };
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  for (const button of findAll(".scatter-view button")) {
    button.addEventListener("click", keys[button.value]);
  }

  const pointers = new Map();
  let travelled = 0; // pixels since the pointer went down: a click or tap stays near zero
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    plot.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    travelled = 0;
  });
  plot.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return kept || choose(nearest(event), false);
    const spread = ([one, other]) =>
      other && Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const before = spread([...pointers.values()]);
    pointers.set(event.pointerId, event);
    const [right, down] = [event.clientX - last.clientX, event.clientY - last.clientY];
    travelled += Math.hypot(right, down);
    if (before) zoom(spread([...pointers.values()]) / before);
    else turn(0.4 * right, -0.4 * down);
  });
  plot.addEventListener("pointerup", (event) => {
    if (!pointers.delete(event.pointerId) || travelled > 5) return;
    const cell = nearest(event);
    choose(cell, cell >= 0);
  });
  plot.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  plot.addEventListener("pointerleave", () => kept || pointers.size || choose(-1, false));
  plot.addEventListener("dblclick", keys.c);
  plot.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return; // the wheel alone goes on scrolling the page
    event.preventDefault();
    zoom(Math.exp(-0.01 * event.deltaY));
  }, { passive: false });

  // ---- controls and surroundings

  selects.forEach((select, axis) => {
    select.selectedIndex = axes[axis];
    select.addEventListener("change", () => {
      const twin = axes.indexOf(select.selectedIndex);
      if (twin >= 0) axes[twin] = axes[axis];
      axes[axis] = select.selectedIndex;
      selects.forEach((other, position) => (other.selectedIndex = axes[position]));
      redraw();
    });
  });
  sides.value = cells.sides.at(-1).key;
  for (const control of [...sides, mistakes, classifier]) {
    control.addEventListener("change", refilter);
  }
  for (const toggle of toggles) {
    toggle.addEventListener("click", () => {
      toggle.setAttribute("aria-pressed", !isOn(toggle));
      refilter();
    });
  }
  sprite?.addEventListener("load", fillCard);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new ResizeObserver(redraw).observe(plot);
  for (const event of ["beforeprint", "afterprint"]) {
    addEventListener(event, () => draw(section.classList.toggle("on-paper", event === "beforeprint")));
  }
  find(".scatter-live").hidden = false;
  refilter();
})();
