// Numbers and sentences of writing. Pure.
import { chance, fixed, probability, significant } from "../shared/format.js";
import { alone } from "../shared/signs.js";
import { grouped, quoted } from "../shared/words.js";

/** .31: a chance with two digits and no zero before the point. */
export function brisk(p) {
  return p === 0 ? "0" : p >= 1 ? "1" : chance(p).replace(/^0\./, ".").replace("<0.", "<.");
}

/** How many equal choices are as unsure as this entropy in nats. */
export function unsureText(entropy) {
  const among = Math.exp(Math.max(entropy, 0));
  if (among < 1.005) return "quite sure: as good as one choice";
  const shown = among < 9.95 ? significant(among, 2) : grouped(Math.round(among));
  return `as unsure as among ${shown} equal choices`;
}

/** The share of the model's first choices that a token was. */
export function rankText(rank, size) {
  return rank === 1 ? `its first choice of ${grouped(size)}` : `choice ${grouped(rank)} of ${grouped(size)}`;
}

/** The options at one place, and the written token after them where it is none of them. */
export function rowsOf({ token, probability: p, rank, among }) {
  const rows = among.map(([name, model, ruled], at) => {
    return { token: name, model, ruled, rank: at + 1, chosen: false, late: false };
  });
  // Two tokens may look alike: the one at the written token's rank is meant, else the first.
  const own = rows[rank - 1]?.token === token ? rank - 1 : rows.findIndex((row) => row.token === token);
  if (own >= 0) rows[own].chosen = true;
  else rows.push({ token, model: p, ruled: null, rank, chosen: true, late: true });
  return rows;
}

/** What a screen reader hears of one place. */
export function choiceSentence({ choices, size, kind }, place) {
  const { token, probability: p, rank, entropy } = choices[place];
  return `Token ${place + 1} of ${choices.length}, ${quoted(token, kind, 24)}: ` +
    `p = ${probability(p)}, ${rankText(rank, size)}; ${unsureText(entropy)}`;
}

/** "the same 12 characters again and again: “the time of ”" */
export function loopText({ choices, loop, kind }) {
  const [start, period] = loop;
  const own = choices.slice(start, start + period).map(({ token }) => token);
  const noun = kind === "character" ? "character" : "word";
  const same = period === 1 ? `the same ${noun}` : `the same ${period} ${noun}s`;
  const text = own.join(kind === "word" ? " " : "");
  return `From token ${start + 1} on it goes in a loop: ${same} again and again, ` +
    `${quoted(text, "word", 60)}.`;
}

/** The tokens from the prefix to one node of the tree, and the node's numbers, in a sentence. */
export function nodeSentence({ tree, kind }, index) {
  const node = tree.nodes[index];
  const words = pathTo(tree.nodes, index).map((at) => tree.nodes[at].token);
  const ends = { alive: "kept", pruned: "cut", finished: "finished" };
  // What is ranked by log p itself has no score of its own.
  const score = node.score === node.cumulative ? "" : `, score ${signed(node.score)}`;
  return `Step ${node.step + 1}, ${quoted(node.token, kind, 24)}: p = ` +
    `${probability(Math.exp(node.log_probability))}; so far ` +
    `${quoted(words.join(kind === "word" ? " " : ""), "word", 60)}, ` +
    `log p ${signed(node.cumulative)}${score}; ${ends[node.state]}`;
}

/** A log probability or a score: −3.21 */
export function signed(value) {
  return fixed(value, 2);
}

/** The indices from the first token after the prefix to a node. */
export function pathTo(nodes, index) {
  const path = [];
  for (let at = index; at >= 0; at = nodes[at].parent) path.unshift(at);
  return path;
}

/** A token on a node: short, blanks visible. */
export function nodeLabel(token) {
  return alone(token, 8);
}
