"""While a page waits: has the browser asked for something else since?

The private parts of Streamlit that say so are its queue of requests and its lock. If they change,
a control inside a fragment (and Cancel there) acts only when what is awaited is ready; controls
outside fragments interrupt a run in any case.
"""

from dataclasses import replace

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType


def give_way() -> None:
    """Have the run that waits ended at its next element, if the user has touched a control.

    A control in a fragment asks for that fragment alone, which Streamlit lets wait until the
    present run is over. It becomes a request for the whole page, which does not wait.
    """
    context = get_script_run_ctx(suppress_warning=True)
    requests = getattr(context, "script_requests", None)
    if requests is None:
        return
    with requests._lock:
        asked = requests._state is ScriptRequestType.RERUN
        pending = requests._rerun_data
    # A timer's request is nobody's wish.
    if asked and pending.fragment_id_queue and not pending.is_auto_rerun:
        requests.request_rerun(replace(pending, fragment_id_queue=[]))
