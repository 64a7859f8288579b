// Owns what the pages do beside the scatter: boxes that scroll, and buttons that copy. Templates
// include it as it stands, so it holds nothing that they would read as their own marks.
// @ts-check

// Boxes that scroll sideways can be reached with the keyboard, the others are no stop on its way.
const measure = () => {
  /** @type {NodeListOf<HTMLElement>} */
  const boxes = document.querySelectorAll(".wide");
  for (const box of boxes) {
    box.toggleAttribute("tabindex", box.scrollWidth > box.clientWidth);
    if (box.hasAttribute("tabindex")) box.tabIndex = 0;
  }
};
measure();
addEventListener("resize", measure);
addEventListener("change", measure);
document.addEventListener("toggle", measure, true);

/** @type {NodeListOf<HTMLButtonElement>} */
const copyButtons = document.querySelectorAll("button.copy");
for (const button of copyButtons) {
  // Each button's value names the element on its page that it copies.
  const source = /** @type {HTMLElement} */ (document.getElementById(button.value));
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  });
}
