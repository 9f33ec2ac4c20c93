// The component's elements, made once per mount. Words only; no numbers.
import { colourBar, el } from "../shared/dom.js";

/** Tokens a second that can be chosen. */
export const SPEEDS = [2, 5, 15, 50];

const KEYS =
  "A network writing. Space writes on or pauses; left and right arrow move the cursor, with shift " +
  "ten tokens, Home and End to the ends.";

function controls() {
  const play = el("button", { type: "button", class: "play", "data-testid": "play" });
  const speeds = SPEEDS.map((speed) => el("button", {
    type: "button", text: String(speed), "aria-label": `${speed} tokens a second`,
    "data-speed": String(speed),
  }));
  const speed = el("span", { class: "toggle", role: "group", "aria-label": "Speed" }, speeds);
  const count = el("span", { class: "count", "data-testid": "count" });
  const bar = colourBar();
  bar.low.textContent = "0";
  bar.high.textContent = "1";
  const scale = el("span", { class: "scale" }, [
    el("span", { text: "underline: p" }), bar.scale,
  ]);
  const row = el("div", { class: "row controls" }, [
    play, el("span", { class: "speed" }, [speed, el("span", { class: "how", text: "tokens / s" })]),
    count, scale,
  ]);
  return { row, play, speeds, count, ramp: bar.ramp };
}

function options() {
  const token = el("h2", { "data-testid": "token" });
  const said = el("p", { class: "said" });
  const unsure = el("p", { class: "unsure", "data-testid": "unsure" });
  const rule = el("bdi", { class: "rule", "data-testid": "rule" });
  const head = el("div", { class: "option heads", "aria-hidden": "true" }, [
    el("span"), el("span", { class: "keys" }, [
      el("span", { class: "meant" }, [el("span", { class: "key" }), el("span", { text: "model" })]),
      el("span", { class: "meant" }, [el("span", { class: "key ruled" }), rule]),
    ]),
  ]);
  const rows = el("div", { class: "options" });
  const box = el("section", { class: "side", "data-testid": "options" }, [
    token, said, unsure, head, rows,
  ]);
  return { box, token, said, unsure, rule, rows, head };
}

function beams() {
  const keys = [
    ["best", "best"], ["alive", "kept"], ["finished", "finished"], ["pruned", "cut"],
  ].map(([kind, word]) => el("span", { class: "kind" }, [
    el("span", { class: `stroke ${kind}`, "aria-hidden": "true" }), word,
  ]));
  const head = el("div", { class: "row" }, [
    el("h3", { text: "Beam search" }), ...keys,
    el("span", { class: "how", text: "Thicker: more probable. Left to right, one token a step." }),
  ]);
  const scroll = el("div", {
    class: "branches", tabindex: "0", role: "application", "data-testid": "tree",
    "aria-label": "Tree of beam search: right arrow goes to a node’s best child, left to its " +
      "parent, up and down within a step",
  });
  const reading = el("p", { class: "reading", "data-testid": "tree-reading" });
  const table = el("table", { class: "hypotheses", "data-testid": "hypotheses" });
  const box = el("section", { class: "beams" }, [head, scroll, reading, table]);
  return { box, scroll, reading, table };
}

/**
 * Builds everything.
 * @returns an object of the elements the other files write to
 */
export function skeleton() {
  const control = controls();
  const text = el("div", { class: "text passage", dir: "auto", "data-testid": "text" });
  const loop = el("p", { class: "looped", "data-testid": "loop", hidden: "" });
  const option = options();
  const beam = beams();
  const main = el("div", { class: "main" }, [control.row, text, loop]);
  const body = el("div", { class: "body" }, [main, option.box]);
  const live = el("div", { class: "hidden", "aria-live": "polite", "data-testid": "live" });
  const root = el(
    "div",
    { class: "unrolled writing", "data-testid": "writing", role: "group", tabindex: "0",
      "aria-label": KEYS },
    [body, beam.box, live],
  );
  return { root, body, main, control, text, loop, option, beam, live };
}
