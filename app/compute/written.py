"""What networks write: the last texts, with what each token was chosen from."""

from dataclasses import dataclass, replace
from typing import Literal

import torch

from app.compute import costs
from app.compute.networks import Network
from app.compute.results import Part, Results
from core.learning.beam import BeamTree, beam_search
from core.learning.decoding import Choice, DecodingSpec, decode, loop_of
from core.learning.following import follow

RuleName = Literal["greedy", "sample", "topk", "topp", "alpha", "beam"]
OPTIONS = 10
"""likeliest tokens kept for each place"""
MOST_KEPT = 12_000
"""written tokens that are kept, of all sessions together"""


@dataclass(frozen=True)
class Rule:
    """How the network writes.

    Attributes:
        name: of the rule.
        length: tokens to write at most.
        seed: of the draws.
        temperature: of "sample", "topk" and "topp".
        top_k: of "topk".
        top_p: of "topp".
        alpha: of "alpha", the exponent of P.
        width: of "beam", texts kept at each step.
        length_power: of "beam", the exponent of the length in the score.
        stop: index of a token that ends the text, or None.
    """

    name: RuleName
    length: int
    seed: int = 0
    temperature: float = 1.0
    top_k: int = 5
    top_p: float = 0.9
    alpha: float = 1.0
    width: int = 3
    length_power: float = 0.75
    stop: int | None = None

    @property
    def decoding(self) -> DecodingSpec:
        """The same in the library's words; beam search has none."""
        match self.name:
            case "greedy" | "beam":
                return DecodingSpec(strategy="greedy", stop=self.stop)
            case "sample":
                return DecodingSpec(temperature=self.temperature, stop=self.stop)
            case "topk":
                return DecodingSpec(temperature=self.temperature, top_k=self.top_k, stop=self.stop)
            case "topp":
                return DecodingSpec(temperature=self.temperature, top_p=self.top_p, stop=self.stop)
            case "alpha":
                return DecodingSpec.sharpened(self.alpha, self.stop)

    @property
    def words(self) -> str:
        """The rule as it stands on screen."""
        tempered = "" if self.temperature == 1 else f" at temperature {self.temperature:g}"
        return {
            "greedy": "greedy",
            "sample": f"sampling{tempered}",
            "topk": f"top-k {self.top_k}{tempered}",
            "topp": f"top-p {self.top_p:g}{tempered}",
            "alpha": f"P^{self.alpha:g}",
            "beam": f"beam search of width {self.width} (on whole texts: see its tree)",
        }[self.name]


@dataclass(frozen=True, eq=False)
class Written:
    """A text that a network wrote.

    Attributes:
        prefix: indices it was given.
        choices: what it wrote, each token with the likeliest others.
        ranks: of the tokens written, 1 the network's own first choice.
        tree: of beam search, else None.
        loop: where the text begins to repeat itself and how long one round is, or None.
    """

    prefix: tuple[int, ...]
    choices: tuple[Choice, ...]
    ranks: tuple[int, ...]
    tree: BeamTree | None = None

    @property
    def indices(self) -> tuple[int, ...]:
        """The tokens written."""
        return tuple(choice.index for choice in self.choices)

    @property
    def loop(self) -> tuple[int, int] | None:
        """Where the written text begins to go in a loop, and the loop's length."""
        return loop_of(self.indices)


def written(network: Network, prefix: tuple[int, ...], rule: Rule) -> Written:
    """What a network writes after a prefix, in float64; the last texts are kept.

    Raises:
        CoreError: if this network cannot write, or gives no numbers.
    """
    if rule.name in ("greedy", "beam"):
        rule = replace(rule, seed=0)  # nothing is drawn
    part = Part(
        (network.digest, prefix, rule),
        lambda: _write(network, prefix, rule),
        costs.writing(network.spec, len(prefix), rule.length, rule.width * (rule.name == "beam")),
    )
    return _results.of(part, costs.about(network.spec, len(prefix) + rule.length))


def _write(network: Network, prefix: tuple[int, ...], rule: Rule) -> Written:
    with torch.no_grad():
        model = network.model()
        size, tree = network.spec.vocabulary_size, None
        if rule.name == "beam":
            tree = beam_search(
                model, prefix, rule.length, rule.width, rule.length_power, rule.stop,
                rejected=2 * rule.width,
            )  # fmt: skip
            found = follow(model, prefix, tree.hypotheses[0].tokens, top=size)
        else:
            found = decode(model, prefix, rule.length, rule.decoding, rule.seed, top=size)
        choices, ranks = [], []
        for choice in found:
            order = [index for index, _ in choice.likeliest]
            ranks.append(order.index(choice.index) + 1)
            choices.append(_short(choice))
    return Written(prefix, tuple(choices), tuple(ranks), tree)


def _short(choice: Choice) -> Choice:
    """With the likeliest tokens alone."""
    return replace(
        choice, drawn_from=choice.drawn_from[:OPTIONS], likeliest=choice.likeliest[:OPTIONS]
    )


def _size(text: Written) -> int:
    nodes = 0 if text.tree is None else len(text.tree.nodes)
    return max(1, len(text.choices) + nodes)


_results = Results("written", MOST_KEPT, _size)
_texts = _results.kept
