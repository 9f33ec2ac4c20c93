"""What happened to the modules of a capture besides being recorded: why a layer has no trace."""

from dataclasses import dataclass, field

from torch import nn

from core.capture.torch_internals import CELLS, SEQUENCES, compiled_from, compiled_whole


@dataclass
class Happened:
    """What was seen in one capture, by the names of the modules in the model.

    Attributes:
        refused: for each module that ran and was not recorded, the sentence that says why.
        forward_taken: modules whose `forward` was taken without calling them.
        other_threads: modules that another thread called.
        recomputed: modules that ran inside a backward pass.
        traced: modules that ran for torch.jit.trace.
        ran: modules of the model that were called, recurrent or not.
        compiled: whether a compiled form of the model, or a part of it, ran or is what would run.
        scripted: whether a TorchScript module ran.
        strangers: kinds of recurrent modules that ran and are not in the model.
    """

    refused: dict[str, str] = field(default_factory=dict)
    forward_taken: set[str] = field(default_factory=set)
    other_threads: set[str] = field(default_factory=set)
    recomputed: set[str] = field(default_factory=set)
    traced: set[str] = field(default_factory=set)
    ran: set[str] = field(default_factory=set)
    compiled: bool = False
    scripted: bool = False
    strangers: set[str] = field(default_factory=set)

    def see_stranger(self, module: nn.Module, mine: dict[int, str]) -> None:
        """A module that is not in the model ran in the thread of the capture."""
        original = compiled_from(module)
        if original is not None:
            self.compiled = self.compiled or id(original) in mine
        elif "ScriptModule" in type(module).__name__ or "TracedModule" in type(module).__name__:
            self.scripted = True
        elif isinstance(module, SEQUENCES + CELLS):
            self.strangers.add(type(module).__name__)

    def look_for_compiled(self, modules: list[nn.Module]) -> None:
        """Note whether `module.compile()` was called on any of them."""
        self.compiled = self.compiled or any(compiled_whole(module) for module in modules)

    def why_missing(self, module: str, layer: str) -> str:
        """One sentence, or two, on why a layer has no trace."""
        if module in self.refused:
            return self.refused[module]
        missing, shown = f"`{layer}` did not run in this capture", module or "model"
        if module in self.forward_taken:
            return (
                f"{missing} by being called: its `.forward(...)` was used, which bypasses the "
                f"hooks that record. Call `{shown}(x)` itself."
            )
        if module in self.other_threads:
            return (
                f"{missing}: another thread called it, and only calls made by the thread that "
                "entered the `with capture(...)` block are recorded. Enter it in that thread."
            )
        if module in self.traced:
            return (
                f"{missing} for itself: torch.jit.trace called it to record its operations. Call "
                "the model itself inside the block."
            )
        if module in self.recomputed:
            return (
                f"{missing} but inside a backward pass, as checkpointing does: its first call was "
                "not inside the `with capture(...)` block. Put the whole forward pass there."
            )
        return f"{missing}{self._why_not_called(shown)}"

    def _why_not_called(self, shown: str) -> str:
        if self.compiled:
            return (
                ": the model is compiled (torch.compile), and a compiled model bypasses the "
                "hooks that record. Call the model as it was before torch.compile."
            )
        if self.scripted:
            return (
                ": a TorchScript form of a model (torch.jit) ran instead, which bypasses the "
                "hooks that record. Call the model itself."
            )
        if self.strangers:
            kinds = ", ".join(sorted(self.strangers))
            return (
                f": another module ran ({kinds}) that is not part of the model given to "
                "`capture`, perhaps a copy of it. Capture the model that you call."
            )
        if self.ran:
            return (
                f": other parts of the model ran, but `{shown}` was not called, by its model or "
                "because a compiled function replaces it."
            )
        return (
            ": nothing called the model inside the `with capture(...)` block. If it ran there, it "
            "was in a form that bypasses the hooks of its modules: a function made by "
            "torch.compile, an exported model, another process."
        )
