"""What is done for the whole server after a page has been drawn: garbage, now and then.

Streamlit would look for garbage after every run (`runner.postScriptGC`, which our config.toml
switches off): through everything that is not frozen, while all other sessions wait. The cycles that
runs leave behind do not grow that fast.
"""

import gc
import threading

__all__ = ["COLLECTED", "FROZEN", "settle"]

COLLECTED = 200
"""runs of pages after which garbage is looked for"""
FROZEN = 2_000
"""runs after which everything that has stayed is taken out of the search, for the most part"""

_runs = 0
_counting = threading.Lock()


def settle() -> None:
    """At the end of a page's run; the first one freezes what the imports left.

    Several hundred thousand objects of the imports never become garbage. Sessions and caches add
    others that stay for long: they are frozen from time to time, after a search through all.
    """
    global _runs  # noqa: PLW0603 - of this module alone
    with _counting:
        _runs += 1
        runs = _runs
    if runs % FROZEN == 1:
        gc.unfreeze()  # what was frozen and has become garbage since would stay for ever
        gc.collect()
        gc.freeze()
    elif runs % COLLECTED == 1:
        gc.collect()
