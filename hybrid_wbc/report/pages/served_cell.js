// Owns what is shown of one cell: its class and set, its neighbours, its place, and the maps.
// @ts-check

import { explain, known, trainingCells } from "./served_asking.js";
import { classChoice, colour, make } from "./served_pictures.js";

/** @typedef {import("./served_asking.js").Answer} Answer */
/** @typedef {import("./served_asking.js").Beside} Beside */
/** @typedef {import("./served_asking.js").Explained} Explained */
/** @typedef {import("./served_asking.js").Near} Near */

/**
 * @param {Answer} answer
 * @param {number} number
 */
function facts(answer, number) {
  const cell = answer.predicted.cells[number];
  const beside = answer.cells[number];
  /** @type {[string, string][]} */
  const told = [["class", cell.answer]];
  if (cell.probability !== null) told.push(["probability", cell.probability.toFixed(3)]);
  if (cell.set !== null) told.push([`set at ${answer.predicted.level}`, beside.set]);
  if (cell.distance !== null) told.push(["distance", cell.distance.toFixed(2)]);
  if (cell.strangeness !== null) {
    const share = `${cell.strangeness.toFixed(2)} of the limit`;
    told.push(["unlike anything seen", `${cell.unlike ? "yes" : "no"}, ${share}`]);
  }
  if (cell.cut_off) told.push(["cut off by the frame", "yes"]);
  const list = make("dl", { className: "terms" });
  for (const [term, text] of told) list.append(make("dt", {}, term), make("dd", {}, text));
  return list;
}

/**
 * @param {Record<string, string>} said
 * @param {string} answer
 */
function classifiers(said, answer) {
  const list = make("dl", { className: "terms" });
  for (const [name, label] of Object.entries(said)) {
    const text = make("dd", { className: label === answer ? "" : "note" }, label);
    list.append(make("dt", {}, name), text);
  }
  return make("details", {}, make("summary", {}, "What each classifier says"), list);
}

/** @param {Near[]} near */
function neighbours(near) {
  const list = make("ol", { className: "near" });
  for (const each of near) {
    const item = make("li", {});
    if (each.picture) {
      item.append(make("img", { src: each.picture, alt: "", width: 64, height: 64 }));
    }
    const distance = make("small", {}, `distance ${each.distance.toFixed(2)}`);
    item.append(make("span", { title: each.id }, each.label), distance);
    list.append(item);
  }
  return list;
}

/**
 * Black would not be seen on dark paper.
 * @param {string} label
 */
const onPaper = (label) => (colour(label) === "#000000" ? "var(--ink)" : colour(label));

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/**
 * Draw the training cells by class and the cell among them; nothing where there are none.
 * @param {HTMLElement} into
 * @param {[number, number]} place
 */
async function plot(into, place) {
  const cells = await trainingCells();
  if (!cells?.points.length) return;
  const all = [...cells.points, place];
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [bottom, top] = [Math.min(...ys), Math.max(...ys)];
  /** @type {(point: [number, number]) => [number, number]} */
  const at = ([x, y]) => [
    8 + (284 * (x - left)) / (right - left || 1),
    192 - (184 * (y - bottom)) / (top - bottom || 1),
  ];
  const picture = shape("svg", { viewBox: "0 0 300 200", role: "img" });
  picture.setAttribute("aria-label", `The cell among ${cells.points.length} training cells`);
  cells.points.forEach((point, number) => {
    const [cx, cy] = at(point);
    const dot = shape("circle", { cx, cy, r: 2 });
    /** @type {SVGElement} */ (dot).style.fill = onPaper(cells.classes[number]);
    picture.append(dot);
  });
  const [x, y] = at(place);
  picture.append(shape("circle", { cx: x, cy: y, r: 7, class: "halo" }));
  picture.append(shape("path", { d: `M${x - 11} ${y}h22M${x} ${y - 11}v22`, class: "here" }));
  const keys = make("p", { className: "key" });
  for (const name of known.classes.filter((each) => cells.classes.includes(each))) {
    const swatch = make("span", { className: "swatch" });
    swatch.style.background = onPaper(name);
    keys.append(make("span", {}, swatch, name));
  }
  const axes = `Training cells along ${cells.axes.join(" and ")} of the embedding; the cross is this cell.`;
  into.replaceChildren(
    make("h4", {}, "Its place in the embedding"),
    picture,
    keys,
    make("p", { className: "quiet" }, axes),
  );
}

/** @param {Explained} told */
function maps(told) {
  const shown = told.maps.map((map) => {
    const pair = make("div", { className: "both" });
    for (const [name, source] of [
      ["Grad-CAM", map.gradient],
      ["Occlusion", map.occlusion],
    ]) {
      const image = make("img", { src: source, alt: `${name} of ${map.heading}` });
      pair.append(make("figure", {}, image, make("figcaption", {}, name)));
    }
    const verdict = make("p", { className: "verdict" }, map.verdict);
    const article = make("article", {}, make("h4", {}, map.heading), pair, verdict);
    article.classList.toggle("unreadable", !map.readable);
    return article;
  });
  const sentences = [...told.how_to_read, ...told.about];
  return [
    make("div", { className: "maps" }, ...shown),
    ...sentences.map((sentence) => make("p", { className: "quiet" }, sentence)),
  ];
}

/**
 * @param {HTMLElement} into
 * @param {File | undefined} file
 * @param {Beside} beside
 */
function explaining(into, file, beside) {
  const button = make("button", { type: "button" }, "Show what raises and lowers its numbers");
  const status = make("p", { role: "status" });
  button.addEventListener("click", async () => {
    if (!file) return;
    button.disabled = true;
    status.textContent = "Parts of the picture are being covered, which takes a second or two.";
    try {
      const told = await explain(file, beside.square);
      into.replaceChildren(make("h4", {}, "What raises and lowers its numbers"), ...maps(told));
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : String(error);
      button.disabled = false;
    }
  });
  into.replaceChildren(button, status);
}

/**
 * Show one cell.
 * @param {HTMLElement} into
 * @param {Answer} answer
 * @param {number} number
 * @param {string} label
 * @param {File | undefined} file
 * @param {(label: string) => void} correct
 */
export function showCell(into, answer, number, label, file, correct) {
  const cell = answer.predicted.cells[number];
  const beside = answer.cells[number];
  const image = make("img", { src: beside.thumbnail, alt: "", width: 96, height: 96 });
  const place = make("div", { className: "place" });
  const explained = make("div", { className: "explained" });
  const choice = classChoice(beside.name, label, correct);
  into.replaceChildren(
    make("h2", { id: "cell-title" }, beside.name),
    make("div", { className: "head" }, image, facts(answer, number)),
    make("label", {}, "Label ", choice),
    classifiers(cell.said, cell.answer),
  );
  if (beside.neighbours.length) {
    into.append(make("h4", {}, "The nearest training cells"), neighbours(beside.neighbours));
  }
  into.append(place, explained);
  if (beside.place) plot(place, beside.place);
  if (known.explains) explaining(explained, file, beside);
  into.hidden = false;
}
