"""The parts of PyTorch that are not promised to stay, and what breaks if one of them changes.

Modules are observed from outside: by hooks on all modules of the process, of which nothing is
stored on a module, so that a copy, a file or a script made of a model has nothing of them.

- `register_module_forward_hook` and its pre-hook are public; `_global_forward_hooks_with_kwargs`
  keeps an entry after the handle is removed, which would leave calls slow for ever.
- `_has_any_global_hook` is asked by compiled modules alone, to warn that a hook sees the wrapper
  as well. That does no harm here, so it leaves our hooks out; if it goes, the warning comes back.
- `Module._call_impl` takes `forward` from the module: who else takes it runs the module past its
  hooks. A descriptor on the six stock classes sees that; if it fails, such a run has no reason.
- TorchDynamo traces Python that it finds while it compiles. It runs nn.RNN, nn.GRU and nn.LSTM
  uncompiled, so their hooks work there; everything else it compiles runs without ours.
"""

import sys
import threading
from collections.abc import Callable
from types import FrameType, MethodType
from typing import Any, Protocol

import torch
from torch import nn
from torch._C._dynamo.eval_frame import get_eval_frame_callback
from torch._compile import _disable_dynamo
from torch.autograd.graph import Node
from torch.nn.modules import module as module_hooks
from torch.utils.checkpoint import CheckpointFunction

SEQUENCES = (nn.RNN, nn.GRU, nn.LSTM)
CELLS = (nn.RNNCell, nn.GRUCell, nn.LSTMCell)


class Observer(Protocol):
    """Who sees every call of a module in this process, of any thread."""

    def before(self, module: nn.Module, args: tuple) -> None:
        """A module is about to run; keyword arguments are not shown."""
        ...

    def after(self, module: nn.Module, args: tuple, kwargs: dict[str, Any], result: object) -> None:
        """A module ran; its own forward hooks have not run yet."""
        ...

    def watches(self, module: nn.Module) -> bool:
        """Whether a call of this module by this thread would be recorded."""
        ...

    def took_forward(self, module: nn.Module) -> None:
        """Somebody took the `forward` of a stock recurrent module, past its hooks."""
        ...


_lock = threading.Lock()
_observers: tuple[Observer, ...] = ()
_undo: list[Callable[[], None]] = []


def observe(observer: Observer) -> None:
    """Show every call to this observer too, until `ignore`."""
    global _observers  # noqa: PLW0603 - the hooks are the process's, so are those who look
    with _lock:
        if not _observers:
            _install()
        _observers = (*_observers, observer)


def ignore(observer: Observer) -> None:
    """Show this observer nothing any more; the last one takes all hooks along."""
    global _observers  # noqa: PLW0603
    with _lock:
        _observers = tuple(each for each in _observers if each is not observer)
        while not _observers and _undo:
            _undo.pop()()


def is_observed(module: nn.Module) -> bool:
    """Whether a call of this module by this thread would be recorded."""
    return any(observer.watches(module) for observer in _observers)


def running_backward() -> bool:
    """Whether a backward pass is running in this thread: then a forward is a recomputation."""
    return torch._C._current_graph_task_id() != -1


def tracing() -> bool:
    """Whether torch.jit.trace is recording in this thread."""
    return torch._C._get_tracing_state() is not None


def backward_pass() -> int:
    """The number of the backward pass that is running in this thread."""
    return torch._C._current_graph_task_id()


def will_execute(node: Node) -> bool:
    """Whether the backward pass that is running comes by this node."""
    return torch._C._will_engine_execute_node(node)


def inside_reentrant_checkpoint() -> bool:
    """Whether a caller of this is the forward of a reentrant torch.utils.checkpoint."""
    wanted, frame = CheckpointFunction.forward.__code__, sys._getframe(1)
    while frame is not None and frame.f_code is not wanted:
        frame = frame.f_back
    return frame is not None


def compiled_whole(module: nn.Module) -> bool:
    """Whether `module.compile()` was called on it."""
    return getattr(module, "_compiled_call_impl", None) is not None


def compiled_from(module: nn.Module) -> nn.Module | None:
    """The module that `torch.compile` wrapped into this one, None if it is no such wrapper."""
    modules = vars(module).get("_modules")  # of a TorchScript module it is no dict
    return modules.get("_orig_mod") if isinstance(modules, dict) else None


def _install() -> None:
    before = module_hooks.register_module_forward_pre_hook(_before)
    after = module_hooks.register_module_forward_hook(_after, with_kwargs=True)
    ours = {
        "_global_forward_pre_hooks": {before.id},
        "_global_forward_hooks": {after.id},
        "_global_forward_hooks_with_kwargs": {after.id},
    }
    asked = module_hooks._has_any_global_hook

    def has_any_other_hook() -> bool:
        hooks = {name: value for name, value in vars(module_hooks).items() if _is_hooks(name)}
        return any(set(value) - ours.get(name, set()) for name, value in hooks.items())

    def remove() -> None:
        before.remove()
        after.remove()
        module_hooks._global_forward_hooks_with_kwargs.pop(after.id, None)
        module_hooks._has_any_global_hook = asked

    module_hooks._has_any_global_hook = has_any_other_hook
    _undo.append(remove)
    for kind in SEQUENCES + CELLS:
        original = vars(kind)["forward"]
        kind.forward = _ObservedForward(original)  # type: ignore[assignment]
        _undo.append(lambda kind=kind, original=original: setattr(kind, "forward", original))


def _is_hooks(name: str) -> bool:
    return name.startswith("_global_") and name != "_global_is_full_backward_hook"


def _before(module: nn.Module, args: tuple) -> None:
    if torch.compiler.is_compiling():
        if isinstance(module, nn.RNNBase):
            _show_before_uncompiled(module, args)
    elif get_eval_frame_callback() is None:
        _show_before(module, args)
    else:
        _show_before_uncompiled(module, args)


def _after(module: nn.Module, args: tuple, *rest: Any) -> None:
    if torch.compiler.is_compiling():
        if isinstance(module, nn.RNNBase):
            _show_after_uncompiled(module, args, *rest)
    elif get_eval_frame_callback() is None:
        _show_after(module, args, *rest)
    else:
        _show_after_uncompiled(module, args, *rest)


def _show_before(module: nn.Module, args: tuple) -> None:
    for observer in _observers:
        observer.before(module, args)


def _show_after(module: nn.Module, args: tuple, *rest: Any) -> None:
    # Another thread that took the hooks off meanwhile leaves out the keyword arguments.
    kwargs, result = rest if len(rest) == 2 else ({}, rest[0])
    for observer in _observers:
        observer.after(module, args, kwargs, result)


_show_before_uncompiled = _disable_dynamo(_show_before)
_show_after_uncompiled = _disable_dynamo(_show_after)


class _ObservedForward:
    """The `forward` of a stock class: the same function, but it is noticed who takes it."""

    def __init__(self, original: Callable[..., Any]) -> None:
        self.original = original

    def __get__(self, instance: nn.Module | None, owner: type | None = None) -> Any:
        if instance is None:
            return self.original
        # TorchDynamo traces what runs below it, and could not trace a look at the stack.
        if not torch.compiler.is_compiling() and get_eval_frame_callback() is None:
            _show_taken(instance, sys._getframe(1))
        return MethodType(self.original, instance)


def _show_taken(module: nn.Module, by: FrameType) -> None:
    if not by.f_globals.get("__name__", "").startswith("torch."):
        for observer in _observers:
            observer.took_forward(module)
