// The keys of the diagram and of playing, for the help that lists them.

/** Pairs of a key as it is written on screen, and what it does. */
export const KEYS = [
  ["← →", "move the time cursor one step, with shift ten"],
  ["Home End", "go to the first or the last step"],
  ["↑ ↓", "choose a unit"],
  ["space", "play or pause"],
  [".", "read one step, in motion"],
  ["+ −", "play faster or slower"],
  ["u", "fold the network into its loop, or unfold it"],
  ["b", "run the gradient back from the loss, pause it, go on"],
  ["l", "take the gradient of the loss at the cursor alone, or again of the loss chosen"],
  ["k", "enter the truncation window"],
  ["Esc", "end a run and show everything again"],
];
