"""ZIP files with the same bytes for the same content."""

import io
import zipfile
from collections.abc import Mapping

DATE = (1980, 1, 1, 0, 0, 0)
"""of every file inside: the first that the format knows"""
_UNIX, _READABLE = 3, 0o100644 << 16


def archive(files: Mapping[str, bytes | str]) -> bytes:
    """Pack files into a ZIP.

    Args:
        files: content by name, texts in UTF-8; kept in this order.

    Returns:
        The archive; it depends on names and contents alone, not on the time or the machine.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = _UNIX, _READABLE
            target.writestr(entry, content, compresslevel=3)
    return packed.getvalue()
