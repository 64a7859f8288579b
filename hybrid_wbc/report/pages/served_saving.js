// Owns the files that are downloaded: everything that was said of the cells, and their labels.
// @ts-check

/** @typedef {import("./served_asking.js").Answer} Answer */

/** @param {string | number} entry */
function quoted(entry) {
  const text = String(entry);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * @param {Answer} answer
 * @param {string[]} labels
 */
export function saveCsv({ table }, labels) {
  const lines = [
    [...table.columns, "label"],
    ...table.rows.map((row, number) => [...row, labels[number]]),
  ];
  const text = lines.map((line) => line.map(quoted).join(",")).join("\r\n");
  save("cells.csv", "text/csv", `${text}\r\n`);
}

/**
 * @param {Answer} answer
 * @param {string[]} labels
 */
export function saveJson({ predicted }, labels) {
  const cells = predicted.cells.map((cell, number) => ({ ...cell, label: labels[number] }));
  save("cells.json", "application/json", JSON.stringify({ ...predicted, cells }, null, 1));
}
