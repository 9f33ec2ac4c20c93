// Components of one page that share a cursor: without Python, so that they move in the same frame.

const NAME = "unrolled:cursor";

/**
 * Tells the others where the cursor is, and how much of the text stands there.
 * @param {{view: {link: string}, linked?: string}} x a component
 * @param {number} step 0-based, in the text that all of them show
 * @param {number} written steps that stand there; Infinity for all
 */
export function announce(x, step, written = Infinity) {
  const { link } = x.view;
  const news = `${step} ${written}`;
  if (!link || news === x.linked) return;
  x.linked = news;
  window.dispatchEvent(new CustomEvent(NAME, { detail: { link, step, written, from: x } }));
}

/**
 * Hears of the others' cursors until the function it returns is called.
 * @param {(step: number, written: number) => void} move
 */
export function follow(x, move) {
  const hear = ({ detail }) => {
    if (!x.view?.link || detail.link !== x.view.link || detail.from === x) return;
    x.linked = `${detail.step} ${detail.written}`;
    move(detail.step, detail.written);
  };
  window.addEventListener(NAME, hear);
  return () => window.removeEventListener(NAME, hear);
}
