"""The errors a user of the library can cause, each a full sentence that says what to do."""


class CoreError(ValueError):
    """Something given to the library cannot be used; the message says what, why and what to do.

    The message names the argument in backticks, the value found, the rule, and the way out:
    "`hidden_size` (=0) must be at least 1." The app shows it as it stands; every other
    exception is a bug and looks like one.
    """


class TextError(CoreError):
    """A text cannot be read: binary, empty, too short or over the limit."""


class DownloadError(TextError):
    """A text cannot be fetched from its address, or not be kept in its folder."""


class SpecError(CoreError):
    """A specification asks for a network that does not exist."""


class CaptureError(CoreError):
    """A module, a call or a reading that capture does not support, or that never happened."""


class CheckpointError(CoreError):
    """A file of weights cannot be read, written or used: damaged, hostile, or too large."""
