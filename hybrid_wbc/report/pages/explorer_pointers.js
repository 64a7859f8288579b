// Owns what mouse, pen and fingers do in the plot: drag, lasso, pinch, click, hover and wheel.
// @ts-check

/**
 * What the gestures ask for; places are pixels of the plot.
 * @typedef {object} Gestures
 * @property {() => boolean} wantsLasso
 * @property {(event: PointerEvent) => void} hover
 * @property {() => void} leave
 * @property {(event: PointerEvent) => void} click
 * @property {(right: number, down: number) => void} drag
 * @property {(factor: number) => void} zoom
 * @property {(outline: [x: number, y: number][], done: boolean) => void} encircle
 */

/**
 * @param {HTMLCanvasElement} plot
 * @param {Gestures} asked
 */
function followPointers(plot, asked) {
  /** @type {Map<number, PointerEvent>} */
  const pointers = new Map();
  let travelled = 0; // pixels since the pointer went down: a click or tap stays near zero
  let encircling = false;
  /** @type {[x: number, y: number][]} */
  let outline = [];
  /** @type {(both: PointerEvent[]) => number} */
  const spread = ([one, other]) => Math.hypot(one.x - other.x, one.y - other.y);
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    plot.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    travelled = 0;
    if (encircling) asked.encircle([], false); // a second finger ends the lasso
    encircling = pointers.size === 1 && (asked.wantsLasso() || event.shiftKey);
    outline = [[event.offsetX, event.offsetY]];
  });
  plot.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return asked.hover(event);
    const before = [...pointers.values()];
    pointers.set(event.pointerId, event);
    travelled += spread([event, last]);
    if (before.length > 1) asked.zoom(spread([...pointers.values()]) / spread(before));
    else if (encircling) {
      outline.push([event.offsetX, event.offsetY]);
      asked.encircle(outline, false);
    } else asked.drag(event.x - last.x, event.y - last.y);
  });
  plot.addEventListener("pointerup", (event) => {
    if (!pointers.delete(event.pointerId)) return;
    const whole = encircling && travelled > 5;
    if (encircling) asked.encircle(whole ? outline : [], whole);
    encircling = false;
    if (travelled <= 5) asked.click(event);
  });
  plot.addEventListener("pointercancel", (event) => {
    pointers.delete(event.pointerId);
    if (encircling) asked.encircle([], false);
    encircling = false;
  });
  plot.addEventListener("pointerleave", () => pointers.size || asked.leave());
  plot.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return; // the wheel alone goes on scrolling the page
      event.preventDefault();
      asked.zoom(Math.exp(-0.01 * event.deltaY));
    },
    { passive: false },
  );
}
