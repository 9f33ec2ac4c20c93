"""A pickle played through with stand-ins: what it would do is known before torch.load does it.

torch.load(weights_only=True) runs no foreign code, but a hostile pickle can still make it fill the
memory: ask for a storage of any size, spread one number over a huge tensor, copy one long list
again and again. Here the pickle's instructions are followed with values that do nothing, and only
what torch.save itself writes for a state dict passes: tensors within their storages, plain
containers, texts and numbers.

Source: Python's pickletools, for the instructions; torch.serialization, for what is in use.
"""

import math
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from core.errors import CheckpointError
from core.models.checkpoints.pickle_values import (
    FRESH,
    ORDERED_DICT,
    PARAMETER,
    SHARED,
    STORAGES,
    TENSOR,
    TENSOR_MADE,
    Mapping,
    Name,
    Storage,
    foreign_object,
    refused,
)
from core.models.checkpoints.tensor_file import MAX_NAME, MAX_TENSORS
from core.models.checkpoints.wording import shown

_MAX_CALLS = 4 * MAX_TENSORS  # a tensor takes two: itself, and an empty OrderedDict of hooks
# A tensor takes eight of them; each costs ten times as much as another instruction.
_MAX_CONTAINERS = 12 * MAX_TENSORS
_MAX_ELEMENTS = 20_000_000  # in views, or twice as many as are stored if that is more
_MAX_INSTRUCTIONS = 500_000  # a vocabulary of 50,000 tokens, both ways and as a list
_MAX_AXES = 8


@dataclass(slots=True)
class Rehearsal:
    """What one pickle, or several in a row, would do.

    Attributes:
        result: Of the last pickle: texts, numbers, lists and tuples as they are.
    """

    result: Any = None
    _storages: dict[str, Storage] = field(default_factory=dict)
    _calls: int = 0
    _tensors: int = 0
    _containers: int = 0
    _elements: int = 0
    _instructions: int = 0
    _stored: int = 0
    _stack: list[Any] = field(default_factory=list)
    _marks: list[list[Any]] = field(default_factory=list)
    _memo: dict[int, Any] = field(default_factory=dict)

    @property
    def storages(self) -> dict[str, int]:
        """Numbers of elements by the key of the storage."""
        return {key: storage.numel for key, storage in self._storages.items()}

    def play(self, stream: BinaryIO) -> None:
        """Follows one pickle to its end.

        Args:
            stream: At the pickle's beginning; afterwards just behind it.

        Raises:
            CheckpointError: It is damaged, or does what a state dict never needs.
        """
        self._stack, self._marks, self._memo = [], [], {}
        try:
            for opcode, argument, _ in pickletools.genops(stream):
                self._instructions += 1
                if self._instructions > _MAX_INSTRUCTIONS:
                    raise refused(f"lists more than {_MAX_INSTRUCTIONS:,} values")
                follow = _INSTRUCTIONS.get(opcode.name)
                if follow is None:
                    raise refused(f"uses the instruction {opcode.name}")
                follow(self, argument)
        except CheckpointError:
            raise
        except Exception as error:  # whatever a broken pickle runs into, it is broken
            raise CheckpointError(
                "`data` looks like a file of torch.save, but its list of tensors is damaged "
                f"({shown(str(error))}). Save or download it again."
            ) from error

    def _push(self, value: Any) -> None:
        if isinstance(value, str):
            value.encode()  # half a surrogate pair would fail later, on the screen
        self._stack.append(value)

    def _push_container(self, value: Any) -> None:
        self._count_container()
        self._stack.append(value)

    def _count_container(self) -> None:
        self._containers += 1
        if self._containers > _MAX_CONTAINERS:
            raise refused(f"holds more than {_MAX_CONTAINERS:,} lists, tuples and dicts")

    def _mark(self, _: Any) -> None:
        self._count_container()
        self._marks.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._marks.pop()
        return items

    def _fill_list(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise refused("appends to something that is not a list")
        target.extend(items)

    def _fill_mapping(self, items: list[Any]) -> None:
        if not isinstance(self._stack[-1], Mapping) or len(items) % 2:
            raise refused("sets keys of something that is not a dict")
        # Numbers beyond 32 bits could be chosen to collide in the dict, which then takes hours.
        if not all(
            isinstance(k, str) or (type(k) is int and k.bit_length() < 32) for k in items[::2]
        ):
            raise refused("has keys that are neither texts nor numbers of 32 bits")

    def _fill_from_mark(self, fill: Callable[[list[Any]], None]) -> None:
        items = self._since_mark()
        fill(items)

    def _fill_from_top(self, fill: Callable[[list[Any]], None], count: int) -> None:
        items = self._take(count)
        fill(items)

    def _take(self, count: int) -> list[Any]:
        if len(self._stack) < count:
            raise IndexError("nothing on the stack")
        items = self._stack[-count:]
        del self._stack[-count:]
        return items

    def _recall(self, place: int) -> None:
        value = self._memo[place]
        if isinstance(value, Mapping):
            self._push_container(SHARED)
        else:
            self._stack.append(value)

    def _keep(self, place: int) -> None:
        self._memo[place] = self._stack[-1]

    def _name(self, text: str) -> None:
        if text not in (ORDERED_DICT, TENSOR, PARAMETER) and text not in STORAGES:
            raise foreign_object(text.replace(" ", "."))
        self._push(Name(text))

    def _call(self, _: Any) -> None:
        function, arguments = self._take(2)
        self._calls += 1
        if self._calls > _MAX_CALLS:
            raise refused(f"holds more than {MAX_TENSORS:,} tensors")
        match function, arguments:
            case Name(text=text), () if text == ORDERED_DICT:
                self._push(FRESH)
            case Name(text=text), (first, bool(), Mapping()) if text == PARAMETER:
                if first is not TENSOR_MADE:
                    raise refused("makes a parameter of what is no tensor")
                self._push(TENSOR_MADE)
            case Name(text=text), (
                Storage() as storage,
                int(offset),
                tuple(shape),
                tuple(strides),
                bool(),
                Mapping(),
            ) if text == TENSOR:
                self._require_inside(storage, offset, shape, strides)
                self._push(TENSOR_MADE)
            case _:
                raise refused("calls a function as torch.save never does")

    def _require_inside(
        self, storage: Storage, offset: int, shape: tuple[Any, ...], strides: tuple[Any, ...]
    ) -> None:
        self._tensors += 1
        if self._tensors > MAX_TENSORS:
            raise refused(f"holds more than {MAX_TENSORS:,} tensors")
        # First: the product of many large numbers takes quadratic time.
        if len(shape) > _MAX_AXES:
            raise refused(f"holds a tensor of {len(shape):,} axes, more than {_MAX_AXES}")
        numbers = (offset, *shape, *strides)
        if not all(type(n) is int and n >= 0 for n in numbers) or len(shape) != len(strides):
            raise refused("holds a tensor whose shape is not made of numbers")
        last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
        count = math.prod(shape)
        if count and (last >= storage.numel or count > storage.numel):
            raise refused(
                f"holds a tensor of the shape {shown(shape)} in only {storage.numel:,} numbers"
            )
        self._elements += count
        most = max(_MAX_ELEMENTS, 2 * self._stored)
        if self._elements > most:
            raise refused(f"holds tensors of more than {most:,} numbers together")

    def _load_storage(self, _: Any) -> None:
        match self._take(1)[0]:
            # The last entry is there in the format before PyTorch 1.6 only.
            case ("storage", Name(text=kind), str(key), str(), int(numel), *rest) if (
                kind in STORAGES and rest in ([], [None])
            ):
                storage = Storage(key, kind, numel)
            case _:
                raise refused("names its numbers as torch.save never does")
        if not (key.isascii() and key.isdigit() and len(key) <= MAX_NAME and numel >= 0):
            raise refused(f"names its numbers {shown(key)}")
        if key not in self._storages:
            self._stored += numel
        if self._storages.setdefault(key, storage) != storage:
            raise refused(f"gives the numbers {shown(key)} two sizes")
        self._push(storage)

    def _build(self, _: Any) -> None:
        target, state = self._take(2)
        # A copy of the state: of one that others hold, every copy would take memory again.
        if not (isinstance(target, Mapping) and isinstance(state, Mapping) and state.fresh):
            raise refused("sets attributes of something that is not a dict")
        self._push(target)

    def _stop(self, _: Any) -> None:
        self.result = self._take(1)[0]

    def _protocol(self, number: int) -> None:
        if number != 2:
            raise refused(f"is written in the pickle protocol {number}, not in 2")


def _pushes(value: Any) -> Callable[[Rehearsal, Any], None]:
    return lambda played, _: played._push(value)


def _pushes_new(container: Callable[[], Any]) -> Callable[[Rehearsal, Any], None]:
    return lambda played, _: played._push_container(container())


def _pushes_argument(played: Rehearsal, argument: Any) -> None:
    played._push(argument)


def _pushes_tuple_of(count: int) -> Callable[[Rehearsal, Any], None]:
    return lambda played, _: played._push_container(tuple(played._take(count)))


_INSTRUCTIONS: dict[str, Callable[[Rehearsal, Any], None]] = {
    "PROTO": Rehearsal._protocol,
    "MARK": Rehearsal._mark,
    "STOP": Rehearsal._stop,
    "NONE": _pushes(None),
    "NEWTRUE": _pushes(True),
    "NEWFALSE": _pushes(False),
    **dict.fromkeys(
        ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"), _pushes_argument
    ),
    "EMPTY_TUPLE": _pushes_new(tuple),
    "EMPTY_LIST": _pushes_new(list),
    "EMPTY_DICT": _pushes_new(lambda: FRESH),
    "TUPLE": lambda played, _: played._push_container(tuple(played._since_mark())),
    "TUPLE1": _pushes_tuple_of(1),
    "TUPLE2": _pushes_tuple_of(2),
    "TUPLE3": _pushes_tuple_of(3),
    "APPEND": lambda played, _: played._fill_from_top(played._fill_list, 1),
    "APPENDS": lambda played, _: played._fill_from_mark(played._fill_list),
    "SETITEM": lambda played, _: played._fill_from_top(played._fill_mapping, 2),
    "SETITEMS": lambda played, _: played._fill_from_mark(played._fill_mapping),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), Rehearsal._recall),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), Rehearsal._keep),
    "GLOBAL": Rehearsal._name,
    "REDUCE": Rehearsal._call,
    "BUILD": Rehearsal._build,
    "BINPERSID": Rehearsal._load_storage,
}
