// Owns the gallery: the chosen cells one by one, each beside the training cells that lie nearest.
// @ts-check

/**
 * @param {HTMLElement} box of the gallery
 * @param {Cells} cells
 * @param {HTMLImageElement | null} sheet of the pictures
 * @param {(cell: number) => void} show puts a cell on the plot's card
 */
function makeGallery(box, cells, sheet, show) {
  const AT_ONCE = 24;
  const NEIGHBOURS = 3;
  const list = /** @type {HTMLElement} */ (box.querySelector("ul"));
  const more = /** @type {HTMLButtonElement} */ (box.querySelector(".scatter-more"));
  /** @type {number[]} */
  let shown = [];

  /** @type {(tag: string, name: string, text: string) => HTMLElement} */
  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    [element.className, element.textContent] = [name, text];
    return element;
  };
  /** @type {(cell: number, size: number) => HTMLElement[]} */
  const pictured = (cell, size) => {
    if (!sheet || !cells.sprite) return [];
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    drawTile(canvas, sheet, cells.sprite, cell);
    return [canvas];
  };
  /** @type {(cell: number) => HTMLElement} */
  const entry = (cell) => {
    const truth = cells.label[cell];
    const item = make("li", "", "");
    const facts = make("div", "scatter-facts", "");
    const name = make("button", "scatter-name", cells.ids[cell]);
    name.setAttribute("type", "button");
    name.title = "show in the plot";
    name.addEventListener("click", () => show(cell));
    const side = cells.sides[cells.side[cell]].title;
    facts.append(name, make("p", "", `${cells.classes[truth].name}, ${side} cell`));
    const wrong = cells.answers.filter(({ said }) => said[cell] !== truth);
    for (const { title, said } of wrong) {
      facts.append(make("p", "mistake", `${title}: ${cells.classes[said[cell]].name} ✗`));
    }
    if (!wrong.length && cells.answers.length) {
      facts.append(make("p", "quiet", "every classifier right ✓"));
    }
    const head = make("div", "scatter-entry", "");
    head.append(...pictured(cell, 96), facts);
    item.append(head);
    const near = nearestTraining(cells, cell, NEIGHBOURS);
    if (near.length) {
      item.append(make("p", "quiet", "nearest training cells, and how far"));
      const row = make("ul", "scatter-near", "");
      for (const { cell: other, distance } of near) {
        const neighbour = make("li", "", "");
        const same = cells.label[other] === truth;
        neighbour.title = cells.ids[other];
        neighbour.append(
          ...pictured(other, 64),
          make("span", same ? "" : "mistake", cells.classes[cells.label[other]].name),
          make("span", "quiet", distance.toPrecision(2)),
        );
        row.append(neighbour);
      }
      item.append(row);
    }
    return item;
  };
  const grow = () => {
    const from = list.childElementCount;
    list.append(...shown.slice(from, from + AT_ONCE).map(entry));
    const left = shown.length - list.childElementCount;
    more.hidden = left <= 0;
    more.textContent = `Show ${Math.min(left, AT_ONCE)} more of ${left}`;
  };
  more.addEventListener("click", () => {
    const next = list.childElementCount;
    grow();
    list.children[next]?.querySelector("button")?.focus();
  });
  /** @param {number[]} chosen */
  return (chosen) => {
    shown = chosen;
    list.replaceChildren();
    box.hidden = !chosen.length;
    grow();
  };
}

/**
 * Draw one picture of the sheet over a whole canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLImageElement} sheet
 * @param {{ tile: number, columns: number }} tiles
 * @param {number} cell
 */
function drawTile(canvas, sheet, { tile, columns }, cell) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const [left, top] = [tile * (cell % columns), tile * Math.floor(cell / columns)];
  pen.imageSmoothingQuality = "high";
  pen.drawImage(sheet, left, top, tile, tile, 0, 0, canvas.width, canvas.height);
}
