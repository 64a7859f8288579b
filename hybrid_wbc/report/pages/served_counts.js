// Owns the table of the differential.
// @ts-check

import { known } from "./served_asking.js";
import { make } from "./served_pictures.js";

/** @typedef {import("./served_asking.js").Counted} Counted */

/** @param {number} share */
const percent = (share) => (100 * share).toFixed(1);

/**
 * @param {number | null} low
 * @param {number | null} high
 */
const limits = (low, high) =>
  low === null || high === null ? "–" : `${percent(low)}–${percent(high)}`;

/**
 * @param {string} head
 * @param {string[]} cells
 */
function row(head, cells) {
  const first = make("th", { scope: "row" }, head);
  return make("tr", {}, first, ...cells.map((text) => make("td", {}, text)));
}

/**
 * @param {HTMLElement} into
 * @param {Counted} counted
 * @param {number} others
 */
export function showCounts(into, { differential, in_short, limits: about }, others) {
  const { lines, beside, cells, unknown, cut_off } = differential;
  const wide = lines.some((line) => line.low_with_errors !== null);
  const empty = wide ? ["", ""] : [""];
  const columns = [
    "class",
    "cells",
    "share, %",
    "95 % limits",
    ...(wide ? ["with the errors"] : []),
  ];
  const heads = columns.map((text) => make("th", { scope: "col" }, text));
  const rows = lines.map((line) =>
    row(line.label, [
      String(line.count),
      percent(line.share),
      limits(line.low, line.high),
      ...(wide ? [limits(line.low_with_errors, line.high_with_errors)] : []),
    ]),
  );
  for (const [label, count] of Object.entries(beside)) {
    const share = cells ? ((100 * count) / cells).toFixed(1) : "–";
    rows.push(row(`${label}, per 100 white cells`, [String(count), share, ...empty]));
  }
  const all = cells + unknown;
  rows.push(
    row("unlike anything seen", [String(unknown), all ? percent(unknown / all) : "–", ...empty]),
  );
  if (cut_off) rows.push(row("cut off by the frame", [String(cut_off), "", ...empty]));
  if (others) rows.push(row(`corrected to ${known.other}`, [String(others), "", ...empty]));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)));
  table.append(make("tbody", {}, ...rows));
  into.replaceChildren(
    make("p", {}, in_short),
    make(
      "div",
      { className: "wide", tabIndex: 0, role: "group", ariaLabel: "Differential" },
      table,
    ),
    make("p", { className: "quiet" }, `${about}.`),
  );
}
