// Choosing a window by pointer and keys, and when Python hears of it.
import { tell } from "../shared/cursor.js";
import { choiceAfter, choiceKey, choiceOf } from "./choice.js";

const REST = 250; // ms after the last key press until Python hears of the window

function commit(x) {
  clearTimeout(x.resting);
  tell(x.state, "chosen", x.state.chosen, (name, key) => x.setStateValue(name, choiceOf(key)));
}

function choose(x, chosen) {
  if (x.chosen && choiceKey(chosen) === choiceKey(x.chosen)) return;
  x.state.chosen = choiceKey(chosen);
  x.chosen = chosen;
  x.ask("chosen");
}

/** Binds everything once per mount. */
export function listen(x) {
  const { scroller } = x.parts;
  scroller.onclick = (event) => {
    const node = event.target.closest(".box");
    if (!node) return;
    choose(x, [Number(node.dataset.row), Number(node.dataset.window)]);
    commit(x);
  };
  scroller.onkeydown = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !x.chosen) return;
    const after = choiceAfter(event.key, x.view, x.chosen);
    if (!after) return;
    choose(x, after);
    clearTimeout(x.resting);
    x.resting = setTimeout(() => commit(x), REST);
    event.preventDefault();
    event.stopPropagation(); // Streamlit has shortcuts of its own
  };
}
