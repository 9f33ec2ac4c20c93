// The clock of everything that moves by itself: folding, reading forward, the gradient's way back.
import { clamp } from "../shared/format.js";
import { announce } from "../shared/link.js";
import { backwardRun, lossStep } from "./backward.js";
import { captionDiagram } from "./caption.js";
import { note, noteSoon, report, reportSoon } from "./choosing.js";
import { BACK_PACE, SPEEDS } from "./forward.js";
import { stepsWords, windowOf } from "./state.js";
import { eased } from "./unfold.js";

const FOLDING = 700; // ms from unrolled to folded

/**
 * What moves, at mount. `folded`: where it goes; `amount`: where it is, 0 unrolled, 1 folded. `run`:
 * null, or {kind, done (share of its step), moving, since (ms)}, a backward one with its `way`, the
 * frame `at` and `ended`. `waiting`: the loss, as `origin` says it, whose gradient a backward one
 * waits for, or null.
 */
export function newFilm() {
  return { folded: false, amount: 0, begun: null, from: 0, run: null, waiting: null };
}

/**
 * Moves the cursor; Python is not told.
 * @param {boolean} own whether it moved here and not in a linked component
 */
export function moveTo(x, step, own = true) {
  const goal = clamp(step, 0, x.view.steps - 1);
  if (goal === x.state.cursor) return;
  x.state.cursor = goal;
  if (own) {
    x.ahead = null;
    announce(x, goal);
  }
  x.ask("cursor");
}

/** Tells Python of the cursor. */
export function commit(x) {
  x.state.untold.add("cursor");
  report(x);
}

/** Folds the network, or unfolds it. */
export function toggleFold(x) {
  note(x, "fold", x.film.folded ? "" : "1");
  foldAsChosen(x);
  captionDiagram(x);
}

/** Folds or unfolds as the state says: at once where motion is unwelcome. */
export function foldAsChosen(x, atOnce = x.still.matches) {
  const { film } = x;
  const folded = x.state.fold === "1";
  if (folded === film.folded) return;
  film.folded = folded;
  film.from = film.amount;
  film.begun = atOnce ? -Infinity : performance.now();
  x.ask("motion");
}

/** Reading: starts at the cursor's step, goes on where it was paused, or pauses. */
export function play(x) {
  const { film, state } = x;
  if (film.run?.moving) return rest(x);
  if (film.run?.kind === "backward" && !film.run.ended) return start(x, film.run);
  if (film.run?.kind === "forward" && state.cursor < x.view.steps - 1) {
    return start(x, Object.assign(film.run, { single: false }));
  }
  if (state.cursor === x.view.steps - 1) moveTo(x, 0);
  start(x, { kind: "forward", done: 0, single: false });
}

/** Reads one step in motion: the one that was paused to its end, else the next. */
export function playStep(x) {
  const { run } = x.film;
  const under = run?.kind === "forward" && run.done < 1;
  if (!under && x.state.cursor === x.view.steps - 1) return;
  if (!under) moveTo(x, x.state.cursor + 1);
  start(x, { kind: "forward", done: under ? run.done : 0, single: true });
}

/** Runs the gradient back from the loss; pauses it, or lets it go on. */
export function playBack(x) {
  const { film, view, state } = x;
  const old = film.run?.kind === "backward" ? film.run : null;
  if (old?.moving) return rest(x);
  if (old && !old.ended) return start(x, old);
  const here = state.origin === originShown(view);
  film.waiting = here || film.waiting !== null ? null : state.origin;
  if (!here) return x.ask("diagram");
  const from = lossStep(view) ?? (state.cursor > 0 && !old ? state.cursor : view.steps - 1);
  const way = backwardRun(view, from, windowOf(state));
  start(x, { kind: "backward", way, at: 0, done: 0, ended: false });
  moveTo(x, way.frames[0][1]);
}

/** The one loss that the view's gradient is of, as it is chosen; "" for what the sidebar says. */
export function originShown({ loss }) {
  return loss.at === "step" ? String(loss.step + 1) : "";
}

/** Chooses the one loss that the gradient is of, whose step is then the cursor's, or none. */
export function setOrigin(x, words) {
  const origin = stepsWords(words, x.view.steps);
  noteSoon(x, "origin", origin);
  if (x.film.run?.kind === "backward" || x.film.waiting !== null) halt(x);
  if (origin) {
    moveTo(x, Number(origin) - 1);
    reportSoon(x, "cursor");
  }
  x.ask("diagram");
}

/** Ends whatever runs; everything is there again. */
export function halt(x) {
  const { waiting } = x.film;
  x.film.waiting = null;
  if (waiting !== null) x.ask("diagram");
  if (!x.film.run) return;
  x.film.run = null;
  showPlaying(x);
  x.ask("diagram");
}

/** Sets the tempo to the one that many places faster in SPEEDS. */
export function changeSpeed(x, places) {
  const at = clamp(SPEEDS.indexOf(Number(x.state.speed)) + places, 0, SPEEDS.length - 1);
  noteSoon(x, "speed", String(SPEEDS[at]));
  x.parts.strip.speed.value = x.state.speed;
}

/** Sets the truncation window; a run through another one ends. */
export function setWindow(x, words) {
  noteSoon(x, "truncate", stepsWords(words, x.view.steps));
  if (x.film.run?.kind === "backward") halt(x);
  x.ask("diagram");
}

function start(x, run) {
  Object.assign(x.film, { run, waiting: null });
  run.moving = true;
  run.since = performance.now();
  showPlaying(x);
  x.ask("motion");
}

function rest(x) {
  x.film.run.moving = false;
  showPlaying(x);
  commit(x);
  x.ask("diagram");
}

/** Says on the button what it will do. */
export function showPlaying(x) {
  const on = Boolean(x.film.run?.moving);
  x.state.playing = on;
  const button = x.parts.strip.play;
  button.textContent = on ? "❚❚ Pause" : "▶ Play";
  button.setAttribute("aria-label", on ? "Pause" : "Play");
}

/**
 * Lets time pass.
 * @param {number} now in ms
 * @returns {boolean} whether the diagram must be drawn anew
 */
export function advance(x, now) {
  const { film } = x;
  const folds = film.begun !== null;
  if (folds) foldOn(film, now);
  const { run } = film;
  const runs = Boolean(run?.moving);
  if (runs) runOn(x, run, now);
  if (film.begun !== null || film.run?.moving) x.ask("motion");
  return folds || runs;
}

function foldOn(film, now) {
  const goal = film.folded ? 1 : 0;
  const share = eased((now - film.begun) / FOLDING);
  film.amount = film.from + share * (goal - film.from);
  if (share < 1) return;
  film.amount = goal;
  film.begun = null;
}

function runOn(x, run, now) {
  const back = run.kind === "backward";
  const passed = Math.max(0, now - run.since);
  run.since = now;
  run.done += (passed * Number(x.state.speed) * (back ? BACK_PACE : 1)) / 1000;
  if (run.done < 1) return;
  const more = back ? run.at < run.way.frames.length - 1 : x.state.cursor < x.view.steps - 1;
  if (!more || run.single) return finish(x, run, more);
  run.done = Math.min(run.done - 1, 0.99); // one step a frame at most: none is passed over
  if (back) run.at += 1;
  moveTo(x, back ? run.way.frames[run.at][1] : x.state.cursor + 1);
}

/* A step read by itself leaves the rest unread; a gradient leaves its trail. */
function finish(x, run, more) {
  run.done = 1;
  run.moving = false;
  if (run.kind === "backward") run.ended = true;
  else if (!more) x.film.run = null;
  showPlaying(x);
  commit(x);
  x.ask("cursor");
}
