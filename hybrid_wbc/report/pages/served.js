// Owns what the page does: takes pictures, asks about them, shows the answer, keeps corrections.
// @ts-check

import { count, known, predict } from "./served_asking.js";
import { showCell } from "./served_cell.js";
import { showCounts } from "./served_counts.js";
import { buttonsOf, drawPictures, listCells, make, showLabel } from "./served_pictures.js";
import { saveCsv, saveJson } from "./served_saving.js";

/** @typedef {import("./served_asking.js").Answer} Answer */

/** @type {<T extends HTMLElement>(id: string) => T} */
const byId = (id) => /** @type {any} */ (document.getElementById(id));
/** @type {HTMLFormElement} */
const form = byId("ask");
/** @type {HTMLInputElement} */
const input = byId("files");
/** @type {HTMLSelectElement} */
const wanted = byId("wanted");
/** @type {HTMLSelectElement} */
const level = byId("level");
const status = byId("status");
const refusal = byId("refusal");
const details = byId("cell");

/** @type {File[]} */
let files = [];
/** @type {Answer | undefined} */
let answer;
/** @type {string[]} */
let labels = [];
let chosen = -1;
let asking = new AbortController();
let counting = 0;

/**
 * The file that a cell is in: pictures that could not be read are not among those of the answer.
 * @param {Answer} told
 * @param {number} number
 */
function fileOf(told, number) {
  const { image } = told.predicted.cells[number];
  const pictures = told.predicted.pictures.map((each) => each.image);
  const exact = files.filter((file) => file.name === image);
  if (exact.length === 1) return exact[0];
  // Names that were sent twice, or changed by the server, stand in the order of the files.
  return pictures.length === files.length ? files[pictures.indexOf(image)] : exact[0];
}

function showNotes() {
  if (!answer) return;
  const { predicted, about } = answer;
  const skipped = predicted.skipped.map((line) => `skipped ${line}`);
  const items = [...skipped, ...predicted.warnings, ...about].map((line) => make("li", {}, line));
  byId("notes").replaceChildren(...items);
  /** @type {HTMLDetailsElement} */
  const box = byId("about");
  box.hidden = items.length === 0;
  // On a phone the cells would else lie below the screen; what was skipped is told in any case.
  box.open = skipped.length > 0 || matchMedia("(min-width: 48rem)").matches;
  const summary = /** @type {HTMLElement} */ (box.querySelector("summary"));
  summary.textContent = `To be known of these answers: ${items.length}`;
}

async function showDifferential() {
  if (!answer) return;
  const turn = ++counting;
  const told = answer;
  const { cells, pictures, slides } = told.predicted;
  const changed = labels.filter((label, number) => label !== cells[number].answer).length;
  byId("corrected").textContent = changed ? `${changed} corrected` : "";
  const others = labels.filter((label) => label === known.other).length;
  if (!changed) {
    const { in_short, limits } = told;
    showCounts(byId("counts"), { differential: slides[0], in_short, limits }, 0);
    return;
  }
  const labelled = cells.map((cell, number) => ({
    label: labels[number],
    // Whoever has looked at a cell and named it knows it.
    unlike: cell.unlike === true && labels[number] === cell.answer,
    cut_off: cell.cut_off,
  }));
  try {
    const counted = await count(pictures.length, labelled);
    if (turn === counting) showCounts(byId("counts"), counted, others);
  } catch (error) {
    refuse(error);
  }
}

/**
 * @param {number} number
 * @param {string} label
 */
function correct(number, label) {
  if (!answer) return;
  labels[number] = label;
  showLabel(answer, number, label);
  const choice = number === chosen ? details.querySelector("select") : null;
  if (choice) choice.value = label;
  showDifferential();
}

/**
 * @param {number} number
 * @param {boolean} [goes]
 */
function choose(number, goes = true) {
  if (!answer) return;
  for (const button of buttonsOf(chosen)) button.removeAttribute("aria-current");
  chosen = number;
  for (const button of buttonsOf(chosen)) button.setAttribute("aria-current", "true");
  const told = answer;
  showCell(details, told, number, labels[number], fileOf(told, number), (label) =>
    correct(number, label),
  );
  // Beside the picture it is seen anyway; below it, on a phone, it has to be gone to.
  if (goes && matchMedia("(max-width: 67.99rem)").matches) {
    details.scrollIntoView({ block: "start" });
    details.focus({ preventScroll: true });
  }
}

/** @param {unknown} error */
function refuse(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  status.textContent = "";
  refusal.textContent = error instanceof Error ? error.message : String(error);
  refusal.hidden = false;
}

/** @param {import("./served_asking.js").Cell} cell */
const keyOf = ({ image, box, number }) => JSON.stringify([image, box ?? number]);

/** The labels that somebody has corrected: another level or kind leaves them as they are. */
function corrections() {
  const cells = answer?.predicted.cells ?? [];
  const changed = cells.map((cell, number) => [keyOf(cell), labels[number], cell.answer]);
  return new Map(changed.filter(([, label, given]) => label !== given).map(([k, l]) => [k, l]));
}

/** @param {Map<string, string>} corrected */
function showAnswer(corrected) {
  if (!answer) return;
  const { cells, pictures } = answer.predicted;
  labels = cells.map((cell) => corrected.get(keyOf(cell)) ?? cell.answer);
  chosen = -1;
  details.hidden = true;
  details.replaceChildren();
  showNotes();
  drawPictures(byId("pictures"), answer);
  listCells(byId("cells"), answer, correct);
  labels.forEach((label, number) => {
    if (answer) showLabel(answer, number, label);
  });
  byId("answer").hidden = false;
  const first = /** @type {HTMLElement | null} */ (
    document.querySelector("#answer button[data-cell]")
  );
  if (first) first.tabIndex = 0;
  showDifferential();
  const of = `${pictures.length} picture${pictures.length === 1 ? "" : "s"}`;
  status.textContent = `${cells.length} cell${cells.length === 1 ? "" : "s"} in ${of}.`;
}

async function classify() {
  if (!files.length) return;
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  refusal.hidden = true;
  form.classList.add("busy");
  status.textContent = `Looking at ${files.length} picture${files.length === 1 ? "" : "s"} …`;
  try {
    const told = await predict(files, wanted.value, level.value, signal);
    if (signal.aborted) return;
    const corrected = corrections();
    answer = told;
    showAnswer(corrected);
  } catch (error) {
    if (!signal.aborted) refuse(error);
  } finally {
    if (!signal.aborted) form.classList.remove("busy");
  }
}

/** @param {FileList | null | undefined} given */
function take(given) {
  if (!given?.length) return;
  files = [...given];
  answer = undefined;
  classify();
}

form.addEventListener("submit", (event) => event.preventDefault());
input.addEventListener("change", () => take(input.files));
for (const select of [wanted, level]) select.addEventListener("change", classify);
// What is dropped beside the field is meant for it too, and shall not replace the page.
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  form.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  take(event.dataTransfer?.files);
});

/** @param {EventTarget | null} target */
function cellOf(target) {
  const button = target instanceof Element ? target.closest("button[data-cell]") : null;
  return /** @type {HTMLButtonElement | null} */ (button);
}

byId("answer").addEventListener("click", (event) => {
  const button = cellOf(event.target);
  if (button) choose(Number(button.dataset.cell));
});
byId("answer").addEventListener("focusin", (event) => {
  const button = cellOf(event.target);
  if (!button) return;
  for (const other of document.querySelectorAll("#answer button[data-cell]")) {
    /** @type {HTMLElement} */ (other).tabIndex = other === button ? 0 : -1;
  }
});
byId("answer").addEventListener("keydown", (event) => {
  const button = cellOf(event.target);
  if (!button || !answer || event.ctrlKey || event.metaKey || event.altKey) return;
  const number = Number(button.dataset.cell);
  /** @type {Record<string, number>} */
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  if (event.key in steps) {
    const row = [...document.querySelectorAll("#answer button[data-cell]")];
    const next = row[row.indexOf(button) + steps[event.key]];
    if (next) /** @type {HTMLElement} */ (next).focus();
  } else if (/^[0-9]$/.test(event.key)) {
    const given = answer.predicted.cells[number].answer;
    const label = event.key === "0" ? given : known.classes[Number(event.key) - 1];
    if (label === undefined) return;
    correct(number, label);
  } else return;
  event.preventDefault();
});

byId("csv").addEventListener("click", () => {
  if (answer) saveCsv(answer, labels);
});
byId("json").addEventListener("click", () => {
  if (answer) saveJson(answer, labels);
});
