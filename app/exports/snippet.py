"""A Python program that recomputes the screen with the library alone."""

import inspect
import pprint
from dataclasses import replace

from app.compute import trained
from app.compute.beside import OWN
from app.compute.networks import Network
from app.exports import program
from app.exports.screen import Contents
from app.views.explorer import beside
from core.errors import CheckpointError
from core.models.checkpoints import Checkpoint, dump_checkpoint

NETWORK_FILE, TEXT_FILE, ARRAYS_FILE = "network.safetensors", "text.txt", "tape.npz"

_START = '''"""Recomputes with the library alone what Unrolled showed, and prints its numbers.

Needs Unrolled's folder `core` and what its requirements.txt names: run this file with the folder
that holds `core` in PYTHONPATH. Where {arrays} of the same export lies beside it, the two are
compared; the n-gram models are counted again where the text that they counted is at hand.
"""
'''

_IMPORTS = {
    False: "from core.models import ModelSpec\nfrom core.text import tokenize\n",
    True: "import core\nfrom core.models.checkpoints import load_checkpoint\n"
    "from core.text import tokenize\n",
}

_DRAWN = """
# The network as it is drawn: seed and all.
SPEC = {spec}
VOCABULARY = Vocabulary(
    tuple({vocabulary})
)


def network() -> tuple[SequenceModel, Vocabulary]:
    \"\"\"The network, and the tokens it knows.\"\"\"
    return SequenceModel(SPEC, torch.float64), VOCABULARY

"""

_LEARNT = """
# The network as it was trained.
FILE = {file}
# Of its spec and all its weights.
DIGEST = {digest!r}
STEP = {step!r}  # of the training; None for its end


def network() -> tuple[SequenceModel, Vocabulary]:
    \"\"\"The network, and the tokens it knows.\"\"\"
    checkpoint = load_checkpoint(FILE.read_bytes())
    if checkpoint.digest != DIGEST:
        raise SystemExit(f"{{FILE}} is another network than the one on screen")
    return checkpoint.model(torch.float64, STEP), {vocabulary}

"""

_READ = """
AT = {at!r}  # where the loss is; a number is a step, from 0
LAYER = {layer!r}  # shown
START = {start!r}  # place in the text of the first token read, from 0
SCHEME = {scheme!r}  # how the text is cut; None if that cannot be told
# What the n-gram models counted; None where it is not at hand, or none are shown.
COUNTED = {counted}
LEARNT = {learnt!r}  # tokens of it, from its beginning; None for all
HOLE = {hole!r}  # places in it that are left out
# The tokens read and, last, the one that comes next.
TOKENS = {tokens}

"""

_END = """

def main() -> None:
    \"\"\"Compute, print, compare.\"\"\"
    torch.set_num_threads(1)  # as the page does: the same sums in the same order
    model, vocabulary = network()
    reading, arrays = arrays_of(model, vocabulary.encode(TOKENS), AT)
    if COUNTED and SCHEME and COUNTED.exists():
        whole = tokenize(COUNTED.read_bytes().decode(), SCHEME)[:LEARNT]
        arrays |= references_of(whole, vocabulary, TOKENS, HOLE)
    tell(reading, arrays, TOKENS, LAYER)
    for kept in (HERE / {arrays!r}, HERE / "data" / {arrays!r}):
        if kept.exists():
            compare(arrays, kept)


main()
"""


def snippet(of: Contents) -> str:
    """The program, for any Python that has the library.

    It holds the tokens that were read, the spec with its seed, and the vocabulary of an untrained
    network. A network of the box is found in the library's own folder, any other one beside the
    program, as `network_file` gives it.

    Args:
        of: the screen.
    """
    choices = of.screen.choices
    source, network = choices.source, choices.network
    functions = inspect.getsource(program).split('"""\n', 1)[1].lstrip("\n")
    imports, functions = functions.split("\n\n\n", 1)
    read = _READ.format(
        at=choices.at, layer=of.view.layer, start=source.stretch.start,
        scheme=None if network.numbered else source.scheme, tokens=_listed(of.tokens),
        **_counted(of),
    )  # fmt: skip
    names = {"arrays": ARRAYS_FILE, "text": TEXT_FILE}
    return "".join(
        (
            _START.format(**names),
            f"\n{imports}\n{_IMPORTS[network.checkpoint is not None]}",
            "\nHERE = Path(__file__).resolve().parent\n",
            _network(of, network),
            read,
            f"\n{functions.rstrip()}\n",
            _END.format(**names),
        )
    )


def _counted(of: Contents) -> dict[str, object]:
    """Where the program finds what the n-gram models counted."""
    found, stretch = beside(of.screen.choices), of.screen.choices.source.stretch
    place = f"HERE / {TEXT_FILE!r}"
    if found.text != OWN:
        place = f'Path(core.__file__).resolve().parents[1] / "assets/texts/{found.text}.txt"'
    hole = (0, 0)
    if found.learnt is None and found.models:
        hole = (stretch.start, stretch.start + len(stretch) + 1)
    counted = place if found.models and found.text else None
    return {"counted": counted, "learnt": found.learnt, "hole": hole}


def _network(of: Contents, network: Network) -> str:
    vocabulary = of.screen.choices.source.tokens.vocabulary.tokens
    checkpoint = network.checkpoint
    if checkpoint is None:
        return _DRAWN.format(spec=_spec(of), vocabulary=_listed(vocabulary))
    boxed = boxed_name(checkpoint)
    known = "checkpoint.vocabulary"
    if checkpoint.vocabulary is None:
        known = f"Vocabulary(tuple({_listed(vocabulary)}))"
    if boxed is None:
        alone = alone_at(network)
        return _LEARNT.format(
            file=f"HERE / {NETWORK_FILE!r}", digest=alone.digest, step=None, vocabulary=known
        )
    file = f'Path(core.__file__).resolve().parents[1] / "assets/models/{boxed}.safetensors"'
    return _LEARNT.format(file=file, digest=checkpoint.digest, step=network.step, vocabulary=known)


def boxed_name(checkpoint: Checkpoint) -> str | None:
    """The name of a network of the box, or None for any other."""
    names = (model.name for model in trained.shipped_models())
    return next((name for name in names if trained.shipped(name) is checkpoint), None)


def alone_at(network: Network) -> Checkpoint:
    """A trained network as it is on screen, without the other moments of its training.

    Args:
        network: one that has a checkpoint.
    """
    checkpoint = network.checkpoint
    assert checkpoint is not None, "an untrained network needs no file"
    weights = next(
        (each.weights for each in checkpoint.snapshots if each.step == network.step),
        checkpoint.weights,
    )
    return replace(checkpoint, weights=weights, snapshots=(), training={}, notes=())


def network_file(of: Contents) -> bytes | None:
    """The file that the program reads its network from; None where it needs none.

    Also None for a network too large for a file: the program then says what it misses.
    """
    network = of.screen.choices.network
    if network.checkpoint is None or boxed_name(network.checkpoint) is not None:
        return None
    try:
        return dump_checkpoint(alone_at(network))
    except CheckpointError:
        return None


def _spec(of: Contents) -> str:
    values = of.screen.choices.spec.to_dict()
    return "ModelSpec(\n" + "".join(f"    {k}={v!r},\n" for k, v in values.items()) + ")"


def _listed(tokens: tuple[str, ...]) -> str:
    return pprint.pformat(list(tokens), width=96, compact=True)
