// Owns the way from the page's confusion matrices to the cells behind their counts.
// @ts-check

/**
 * What a click on a count asks for.
 * @typedef {object} Count
 * @property {HTMLButtonElement} button
 * @property {string} count as the table has it
 * @property {number[]} chosen the test cells behind it
 * @property {string} what they are, in words
 */

/**
 * Make a button of each count that is not zero.
 * @param {Cells} cells
 * @param {(count: Count) => void} show
 */
function linkMatrices(cells, show) {
  const names = cells.classes.map(({ name }) => name);
  const testSide = cells.sides.findIndex(({ key }) => key === "test");
  /** @type {NodeListOf<HTMLTableElement>} */
  const matrices = document.querySelectorAll("table.matrix[data-classifier]");
  for (const matrix of matrices) {
    const answer = cells.answers.find(({ key }) => key === matrix.dataset.classifier);
    if (!answer) continue;
    const heads = [...matrix.rows[0].cells].map((head) => names.indexOf(head.textContent.trim()));
    for (const row of [...matrix.rows].slice(1)) {
      const truth = names.indexOf(row.cells[0].textContent.trim());
      for (const box of [...row.cells].slice(1)) {
        const guess = heads[box.cellIndex];
        const count = box.textContent.trim();
        if (truth < 0 || guess < 0 || count === "0") continue;
        const button = document.createElement("button");
        button.type = "button";
        const what = `${names[truth]} cells that ${answer.title} called ${names[guess]}`;
        button.ariaLabel = `${count} ${what}: show them`;
        button.title = `show the ${what}`;
        button.append(...box.childNodes);
        box.append(button);
        button.addEventListener("click", () => {
          const chosen = [...cells.ids.keys()].filter(
            (cell) =>
              cells.side[cell] === testSide &&
              cells.label[cell] === truth &&
              answer.said[cell] === guess,
          );
          show({ button, count, chosen, what });
        });
      }
    }
  }
}
