"""What is said of a foreign file that became a checkpoint: what was read how, and what was not."""

from core.errors import CheckpointError
from core.models.checkpoints.choosing_groups import label
from core.models.checkpoints.parts import Matrix, RecurrentGroup
from core.models.checkpoints.reparametrised import Plain, notes_on
from core.models.checkpoints.surroundings import Surroundings
from core.models.checkpoints.wording import listed


def notes_on_reading(
    group: RecurrentGroup,
    pair: tuple[Matrix, Matrix | None],
    around: Surroundings,
    plain: Plain | None,
) -> tuple[str, ...]:
    """How cells, stacks and parametrised weights were read, and what was not read."""
    ends = [end for end in pair if end is not None]
    names = (*group.sources.values(), *(name for end in ends for name in end.names))
    notes = () if plain is None else notes_on(plain, names)
    if plain is not None and plain.cells & {group.prefix, *group.members}:
        notes += (f"{listed([label(group)])} is read as a Cell that is called at every step.",)
    if group.members:
        notes += (f"{listed(group.members)} are read as a stack, each reading the one before.",)
    return notes + around.notes


def one_hot_note(group: RecurrentGroup, head: Matrix) -> str:
    """That it is assumed, and not known, that tokens are read."""
    return (
        f"It is assumed that {label(group)} reads tokens as one-hot vectors: it reads "
        f"{group.input_size:,} numbers at each step and gives {head.rows:,}, and a forecaster of "
        "as many series would do that too."
    )


def stands_between(
    group: RecurrentGroup, pair: tuple[Matrix, Matrix | None], around: Surroundings
) -> CheckpointError:
    """Why parts are refused beside which the file holds what would change their output."""
    read = [label(group), *(end.prefix.removesuffix(".") for end in pair if end is not None)]
    return CheckpointError(
        f"`data` holds {listed(around.between)} beside {', '.join(read)}: without it this would "
        "be another network, and a file of weights does not say where it acts or what follows. The "
        "recurrent layers can be looked at alone; for the whole model use core.capture in Python."
    )
