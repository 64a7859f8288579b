// Owns what the page asks its server, and the types of the answers.
// @ts-check

/** @typedef {[number, number, number, number]} Box */
/**
 * @typedef {object} Cell
 * @property {string} image
 * @property {number} number
 * @property {"cell" | "smear"} taken_for
 * @property {Box | null} box
 * @property {boolean} cut_off
 * @property {string} answer
 * @property {Record<string, string>} said
 * @property {number | null} probability
 * @property {string[] | null} set
 * @property {number | null} distance
 * @property {number | null} strangeness
 * @property {boolean | null} unlike
 * @property {(number | null)[]} features
 */
/** @typedef {{image: string, taken_for: string, width: number, height: number, cells: number}} Seen */
/**
 * @typedef {object} Line
 * @property {string} label
 * @property {number} count
 * @property {number} share
 * @property {number} low
 * @property {number} high
 * @property {number | null} low_with_errors
 * @property {number | null} high_with_errors
 */
/**
 * @typedef {object} Differential
 * @property {number} cells
 * @property {Line[]} lines
 * @property {Record<string, number>} beside
 * @property {number} unknown
 * @property {number} cut_off
 */
/** @typedef {{differential: Differential, in_short: string, limits: string}} Counted */
/**
 * @typedef {object} Predicted
 * @property {string[]} classes
 * @property {string[]} features
 * @property {number} level
 * @property {Seen[]} pictures
 * @property {Cell[]} cells
 * @property {Differential[]} slides
 * @property {string[]} skipped
 * @property {string[]} warnings
 */
/** @typedef {{id: string, label: string, distance: number, picture: string | null}} Near */
/**
 * @typedef {object} Beside
 * @property {string} name
 * @property {Box | null} square
 * @property {string} set
 * @property {string[]} notes
 * @property {Near[]} neighbours
 * @property {[number, number] | null} place
 * @property {string} thumbnail
 */
/**
 * @typedef {object} Answer
 * @property {Predicted} predicted
 * @property {string[]} about
 * @property {string} in_short
 * @property {string} limits
 * @property {{columns: string[], rows: (string | number)[][]}} table
 * @property {Beside[]} cells
 * @property {(string | null)[]} previews
 */
/**
 * @typedef {object} MapOfNumber
 * @property {string} heading
 * @property {string} verdict
 * @property {boolean} readable
 * @property {string} gradient
 * @property {string} occlusion
 */
/**
 * @typedef {object} Explained
 * @property {{classifier: string, answer: string}[]} said
 * @property {MapOfNumber[]} maps
 * @property {string[]} how_to_read
 * @property {string[]} about
 */
/** @typedef {{axes: string[], points: [number, number][], classes: string[]}} Embedding */
/**
 * @typedef {object} Known
 * @property {string} model
 * @property {string[]} classes
 * @property {Record<string, string>} colours
 * @property {string} other
 * @property {boolean} explains
 */

/** @type {Known} */
export const known = JSON.parse(document.body.dataset.known ?? "{}");

/**
 * @param {string} address
 * @param {RequestInit} [request]
 * @returns {Promise<any>}
 */
async function ask(address, request) {
  let answer;
  try {
    answer = await fetch(address, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Error("the server cannot be reached: is it still running?");
  }
  const told = await answer.json().catch(() => ({ error: `the server said ${answer.status}` }));
  if (!answer.ok) throw new Error(told.error);
  return told;
}

/**
 * @param {File[]} files
 * @param {string} wanted
 * @param {string} level
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export function predict(files, wanted, level, signal) {
  const body = new FormData();
  for (const file of files) body.append("files", file);
  const address = `predict?${new URLSearchParams({ as: wanted, level, pictures: "true" })}`;
  return ask(address, { method: "POST", body, signal });
}

/**
 * @param {File} file
 * @param {Box | null} square
 * @returns {Promise<Explained>}
 */
export function explain(file, square) {
  const body = new FormData();
  body.append("file", file);
  const query = square ? `?square=${square.join(",")}` : "";
  return ask(`explain${query}`, { method: "POST", body });
}

/**
 * @param {number} pictures
 * @param {{label: string, unlike: boolean, cut_off: boolean}[]} cells
 * @returns {Promise<Counted>}
 */
export function count(pictures, cells) {
  const headers = { "Content-Type": "application/json" };
  return ask("count", { method: "POST", headers, body: JSON.stringify({ pictures, cells }) });
}

/** @type {Promise<Embedding | null> | undefined} */
let embedding;

/** Asks once; a model without training cells has none. */
export function trainingCells() {
  embedding ??= ask("embedding").catch(() => null);
  return embedding;
}
