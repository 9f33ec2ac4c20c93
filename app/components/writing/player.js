// Writing token by token: as many as the clock says, so that a slow page does not slow the network.
import { SPEEDS } from "./skeleton.js";

/** How many tokens stand there after so many ms, from `from` of them on. Pure. */
export function shownAfter(from, milliseconds, speed, most) {
  return Math.min(most, from + Math.floor((milliseconds / 1000) * speed + 1e-9));
}

/** Starts or stops writing; at the end it starts anew. */
export function play(x, on) {
  clearInterval(x.player);
  const { state, view } = x;
  const most = view.choices.length;
  state.playing = on && most > 0;
  if (state.playing && state.shown >= most) {
    state.shown = 0;
    state.cursor = null;
  }
  writeControls(x);
  if (!state.playing) return;
  let [from, since] = [state.shown, performance.now()];
  let speed = state.speed;
  x.player = setInterval(() => {
    if (speed !== state.speed) [from, since, speed] = [state.shown, performance.now(), state.speed];
    const shown = shownAfter(from, performance.now() - since, speed, most);
    if (shown === state.shown) return;
    state.shown = shown;
    state.cursor = shown - 1;
    x.ask("cursor");
    if (shown < most) return;
    play(x, false);
    x.rest();
  }, 15);
  x.ask("cursor");
}

/** The words on the button and the speed that is pressed. */
export function writeControls({ state, view, parts }) {
  const { play: button, speeds } = parts.control;
  const done = state.shown >= view.choices.length;
  const words = state.playing ? ["❚❚ Pause", "Pause"] : done ? ["↻ Again", "Write again"] : ["▶ Write", "Write"];
  if (button.textContent !== words[0]) button.textContent = words[0];
  button.setAttribute("aria-label", words[1]);
  speeds.forEach((each, at) => each.setAttribute("aria-pressed", String(SPEEDS[at] === state.speed)));
}
