// The line on top: state, progress, speed; and the sample that the network writes.
import { rounded } from "../shared/format.js";
import { calm } from "../shared/signs.js";
import { grouped } from "../shared/words.js";

const STATES = {
  queued: ["⋯", "Waiting"],
  running: ["▶", "Training"],
  paused: ["❚❚", "Paused"],
  stopped: ["■", "Stopped"],
  finished: ["✓", "Finished"],
  failed: ["✕", "Failed"],
};

/** The sign and the word of a state. */
export function stateWords(running) {
  return STATES[running];
}

/** Seconds as 0:42, 12:05 or 1:02:05. */
export function clock(seconds) {
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A speed with two digits, so that it can be read while it changes: 31,000. */
export function speed(tokens) {
  if (tokens < 10) return rounded(tokens, 2);
  const unit = 10 ** (Math.floor(Math.log10(tokens)) - 1);
  return grouped(Math.round(tokens / unit) * unit);
}

/** "step 120 of 800, epoch 2.4, 31,000 tokens a second, 0:42 left" in its parts. */
export function progressParts({ step, steps_total, epoch, tokens_per_second, seconds_left }) {
  const parts = [`step ${grouped(step)} of ${grouped(steps_total)}`, `epoch ${epoch.toFixed(1)}`];
  if (tokens_per_second !== null) parts.push(`${speed(tokens_per_second)} tokens a second`);
  if (seconds_left !== null) parts.push(`${clock(seconds_left)} left`);
  return parts;
}

/* Text that stands already is not written again: a selection and a scroll place stay. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Writes the status line; screen readers hear it only when the state is another one. */
export function writeStatus(x) {
  const { view, parts } = x;
  const [sign, word] = stateWords(view.running);
  const words = progressParts(view);
  write(parts.sign, sign);
  write(parts.word, word);
  parts.progress.forEach((node, at) => {
    const comma = at < words.length - 1 ? "," : "";
    write(node, at < words.length ? words[at] + comma : "");
  });
  write(parts.message, view.message);
  parts.message.hidden = view.message === "";
  parts.bar.setAttribute("aria-valuemax", String(view.steps_total));
  parts.bar.setAttribute("aria-valuenow", String(view.step));
  parts.bar.setAttribute("aria-valuetext", words[0]);
  parts.fill.style.transform = `scaleX(${view.step / view.steps_total})`;
  if (x.said !== view.running) {
    x.said = view.running;
    parts.live.textContent = view.message ? `${word}: ${view.message}` : word;
  }
}

/** Writes what the network writes, when it is another text. */
export function writeSample({ view, parts }) {
  const { head, text } = parts.sample;
  const sample = calm(view.sample);
  text.classList.toggle("none", sample === "");
  write(text, sample || "Nothing yet.");
  const at = sample ? `, at step ${grouped(view.sample_step)}` : "";
  write(head, `What the network writes${at}`);
}
