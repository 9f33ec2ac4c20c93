"""All exports of a screen in one ZIP."""

import json

from app.exports.archive import archive
from app.exports.handout import handout
from app.exports.lanes_csv import lane_csv, steps_csv
from app.exports.picture import picture_svg
from app.exports.png import lane_png
from app.exports.screen import Contents, versions
from app.exports.snippet import ARRAYS_FILE, NETWORK_FILE, TEXT_FILE, network_file, snippet
from app.exports.tape_npz import tape_npz
from app.theme import loss_words


def bundle(of: Contents) -> bytes:
    """Data, figures, handout, program, link and versions.

    Args:
        of: the screen.

    Returns:
        A ZIP; the same bytes for the same screen.
    """
    choices = of.screen.choices
    tokens = {"tokens": of.tokens, "first_token": choices.source.stretch.start,
              "vocabulary": choices.source.tokens.vocabulary.tokens}  # fmt: skip
    files: dict[str, bytes | str] = {
        "README.txt": "",
        "handout.html": handout(of),
        "figures/explorer.svg": picture_svg(of),
        "data/steps.csv": steps_csv(of),
    }
    for lane in of.view.lanes:
        files[f"data/{lane.key}.csv"] = lane_csv(of, lane.key)
        files[f"figures/{lane.key}.png"] = lane_png(of, lane.key)
    files |= {
        "data/tokens.json": json.dumps(tokens, ensure_ascii=False, indent=1),
        f"data/{ARRAYS_FILE}": tape_npz(of),
        "recompute.py": snippet(of),
        TEXT_FILE: choices.source.text.text,
        "link.txt": f"{of.screen.link}\n",
        "versions.json": json.dumps(versions(), indent=1),
    }
    if (network := network_file(of)) is not None:
        files[NETWORK_FILE] = network
    files["README.txt"] = _guide(of, network is not None)
    return archive(files)


def _guide(of: Contents, with_network: bool) -> str:
    """What is inside, in plain text."""
    lanes = ", ".join(lane.key for lane in of.view.lanes)
    private = of.screen.choices.source.private
    return "\n".join(
        (
            of.sentence,
            of.layer.verdict.reason,
            "",
            "handout.html          the screen on paper: open it in any browser, no internet needed",
            "figures/explorer.svg  all pictures; the .png beside it are the heat maps,",
            "                      one pixel a number, a column a step, a row a unit",
            "data/steps.csv        tokens, surprise and gradient of every step; that of the loss",
            f"                      {loss_words(of.reading.at)}",
            f"data/*.csv            one lane each, of {of.view.layer}: {lanes}",
            f"data/{ARRAYS_FILE}         every array in float64; numpy.load reads it",
            "data/tokens.json      the tokens that were read, and the vocabulary",
            f"{TEXT_FILE}              the whole text" + (", which is your own" if private else ""),
            *([f"{NETWORK_FILE}   the network, as it was on screen"] if with_network else []),
            "recompute.py          computes it all again with Unrolled's library, and compares",
            "link.txt              opens this screen again"
            + ("; it does not hold your text" if private else ""),
            "versions.json         what computed it",
            "",
            "Texts in the .csv that a spreadsheet could take for a formula begin with an",
            "apostrophe; so do those that begin with one: take the first one away.",
            "",
        )
    )
