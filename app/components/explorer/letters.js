// The letters that a network is written with.

/** The letter of the network's output: the chapter's o, which in an LSTM is a gate. */
export function outputLetter({ cell }) {
  return cell === "lstm" ? "y" : "o";
}
