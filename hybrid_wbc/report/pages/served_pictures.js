// Owns the smears with a box about each cell, and the list of all cells with their classes.
// @ts-check

import { known } from "./served_asking.js";

/** @typedef {import("./served_asking.js").Answer} Answer */

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Partial<HTMLElementTagNameMap[Name]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** @param {string} label */
export const colour = (label) => known.colours[label] ?? "#6b6b6b";

/**
 * Black on bright colours, white on dark ones.
 * @param {string} hex
 */
function ink(hex) {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#000" : "#fff";
}

/**
 * @param {HTMLElement} element
 * @param {string} label
 */
export function paint(element, label) {
  element.style.setProperty("--class", colour(label));
  element.style.setProperty("--on-class", ink(colour(label)));
}

/**
 * A choice of the class of a cell.
 * @param {string} name
 * @param {string} label
 * @param {(label: string) => void} chosen
 */
export function classChoice(name, label, chosen) {
  const options = [...known.classes, known.other].map((each) => make("option", {}, each));
  const select = make("select", { ariaLabel: `Class of ${name}` }, ...options);
  select.value = label;
  select.addEventListener("change", () => chosen(select.value));
  return select;
}

/**
 * @param {Answer} answer
 * @param {number} number
 */
function boxOf(answer, number) {
  const cell = answer.predicted.cells[number];
  const seen = answer.predicted.pictures.find((each) => each.image === cell.image);
  if (!cell.box || !seen) return null;
  const [left, top, right, bottom] = cell.box;
  const button = make("button", { type: "button", className: "box", tabIndex: -1 });
  button.dataset.cell = String(number);
  button.classList.toggle("doubtful", cell.cut_off || cell.unlike === true);
  Object.assign(button.style, {
    left: `${(100 * left) / seen.width}%`,
    top: `${(100 * top) / seen.height}%`,
    width: `${(100 * (right - left)) / seen.width}%`,
    height: `${(100 * (bottom - top)) / seen.height}%`,
  });
  // Beyond the upper edge of the picture nothing would be seen.
  button.classList.toggle("below", top < 0.08 * seen.height);
  // So that a long name stays within the picture.
  button.classList.toggle("leftward", left + right > seen.width);
  const tag = make("span", { className: "tag" });
  tag.append(make("b", {}, String(cell.number)), make("span", { className: "name" }));
  button.append(tag);
  return button;
}

/**
 * Draw the smears with their boxes.
 * @param {HTMLElement} into
 * @param {Answer} answer
 */
export function drawPictures(into, answer) {
  into.replaceChildren();
  answer.predicted.pictures.forEach((seen, place) => {
    const preview = answer.previews[place];
    if (!preview) return;
    const frame = make("div", { className: "frame" });
    const image = make("img", { src: preview, alt: "", width: seen.width, height: seen.height });
    frame.append(image);
    answer.predicted.cells.forEach((cell, number) => {
      const box = cell.image === seen.image ? boxOf(answer, number) : null;
      if (box) frame.append(box);
    });
    const cells = `${seen.cells} white cell${seen.cells === 1 ? "" : "s"} found`;
    const caption = make("figcaption", {}, `${seen.image}: ${cells}`);
    into.append(make("figure", { className: "smear" }, frame, caption));
  });
}

/**
 * List every cell.
 * @param {HTMLElement} into
 * @param {Answer} answer
 * @param {(number: number, label: string) => void} correct
 */
export function listCells(into, answer, correct) {
  into.replaceChildren();
  answer.cells.forEach((beside, number) => {
    const cell = answer.predicted.cells[number];
    const image = make("img", { src: beside.thumbnail, alt: "", width: 64, height: 64 });
    const show = make("button", { type: "button", className: "show", tabIndex: -1 }, image);
    show.dataset.cell = String(number);
    const choice = classChoice(beside.name, cell.answer, (label) => correct(number, label));
    const sure = cell.probability === null ? "" : `${cell.probability.toFixed(2)} `;
    const name = make("span", { className: "id" }, beside.name);
    const told = [
      make("p", {}, sure, name),
      ...beside.notes.map((note) => make("p", { className: "note" }, note)),
    ];
    into.append(make("li", {}, show, make("div", {}, choice, ...told)));
  });
}

/**
 * Write a cell's label wherever it stands.
 * @param {Answer} answer
 * @param {number} number
 * @param {string} label
 */
export function showLabel(answer, number, label) {
  const corrected = label !== answer.predicted.cells[number].answer;
  for (const button of buttonsOf(number)) {
    paint(button, label);
    button.ariaLabel = `${answer.cells[number].name}: ${label}${corrected ? ", corrected" : ""}`;
    const name = button.querySelector(".name");
    if (name) name.textContent = ` ${label}`;
    const card = button.closest("li");
    card?.classList.toggle("corrected", corrected);
    const choice = card?.querySelector("select");
    if (choice) choice.value = label;
  }
}

/**
 * @param {number} number
 * @returns {HTMLButtonElement[]}
 */
export function buttonsOf(number) {
  return [...document.querySelectorAll(`button[data-cell="${number}"]`)].map(
    (button) => /** @type {HTMLButtonElement} */ (button),
  );
}
