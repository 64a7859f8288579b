// Owns what the sheet of new cells does: sort, show, correct by hand or by key, and export as CSV.
// @ts-check

(() => {
  "use strict";
  /** @type {<T extends HTMLElement>(id: string) => T} */
  const byId = (id) => /** @type {any} */ (document.getElementById(id));
  /** @type {HTMLOListElement} */
  const list = byId("cells");
  /** @type {HTMLSelectElement} */
  const sort = byId("sort");
  /** @type {HTMLSelectElement} */
  const show = byId("show");
  const status = byId("status");
  const cards = /** @type {HTMLLIElement[]} */ ([...list.children]);

  /** @param {HTMLLIElement} card */
  const choice = (card) => /** @type {HTMLSelectElement} */ (card.querySelector("select"));
  /** @param {HTMLLIElement} card */
  const corrected = (card) => choice(card).value !== card.dataset.answer;
  const shown = () =>
    /** @type {HTMLLIElement[]} */ ([...list.children]).filter((card) => !card.hidden);

  const tell = () => {
    const changed = cards.filter(corrected).length;
    status.textContent = `${shown().length} shown, ${changed} corrected`;
  };

  /** @param {HTMLLIElement} card */
  const mark = (card) => {
    card.classList.toggle("corrected", corrected(card));
    card.setAttribute("aria-label", `${card.dataset.name}: ${choice(card).value}`);
    tell();
  };

  const filter = () => {
    for (const card of cards) {
      const wanted = show.value;
      if (wanted === "!unlike") card.hidden = !card.dataset.unlike;
      else if (wanted === "!corrected") card.hidden = !corrected(card);
      else card.hidden = wanted !== "" && choice(card).value !== wanted;
    }
    tell();
  };

  /**
   * What is not known comes last.
   * @param {HTMLLIElement} card
   * @param {string} key
   * @param {number} last
   */
  const number = (card, key, last) => (card.dataset[key] === "" ? last : Number(card.dataset[key]));

  const arrange = () => {
    /** @type {Record<string, (a: HTMLLIElement, b: HTMLLIElement) => number>} */
    const orders = {
      answer: (a, b) => choice(a).value.localeCompare(choice(b).value),
      probability: (a, b) => number(a, "probability", 2) - number(b, "probability", 2),
      distance: (a, b) => number(b, "distance", -1) - number(a, "distance", -1),
      strangeness: (a, b) => number(b, "strangeness", -1) - number(a, "strangeness", -1),
    };
    const before = orders[sort.value] ?? (() => 0);
    const order = [...cards].sort(
      (a, b) => before(a, b) || Number(a.dataset.order) - Number(b.dataset.order),
    );
    list.append(...order);
  };

  /** @param {HTMLLIElement} card */
  const focus = (card) => {
    for (const other of cards) other.tabIndex = other === card ? 0 : -1;
    card.focus();
  };

  sort.addEventListener("change", arrange);
  show.addEventListener("change", filter);
  list.addEventListener("change", (event) => {
    const card = /** @type {HTMLElement} */ (event.target).closest("li");
    if (card) mark(card);
  });
  list.addEventListener("keydown", (event) => {
    const card = /** @type {HTMLLIElement} */ (event.target);
    if (card.tagName !== "LI" || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = shown();
    const place = row.indexOf(card);
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.key in steps) {
      const next = row[place + steps[event.key]];
      if (next) focus(next);
    } else if (event.key >= "0" && event.key <= "9") {
      const option = choice(card).options[Number(event.key) - 1];
      if (event.key !== "0" && !option) return;
      choice(card).value = event.key === "0" ? (card.dataset.answer ?? "") : option.value;
      mark(card);
    } else return;
    event.preventDefault();
  });

  /** @param {string} entry */
  const quoted = (entry) => (/[",\r\n]/.test(entry) ? `"${entry.replaceAll('"', '""')}"` : entry);

  byId("export").addEventListener("click", () => {
    const lines = [
      ["image", "cell", "left", "top", "right", "bottom", "answer", "label", "probability"],
    ];
    for (const card of cards) {
      const { image = "", number = "", box = "", answer = "", probability = "" } = card.dataset;
      const sides = box ? box.split(" ") : ["", "", "", ""];
      lines.push([image, number, ...sides, answer, choice(card).value, probability]);
    }
    const text = lines.map((line) => line.map(quoted).join(",")).join("\r\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${text}\r\n`], { type: "text/csv" }));
    link.download = "cells.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });

  tell();
})();
