"""A component's JavaScript files joined into the one module that Streamlit takes.

    from app.components.bundle import javascript, stylesheet
    FOLDER = Path(__file__).parent
    stylesheet(FOLDER, STYLES), javascript(FOLDER, MODULES)

The files are real ES modules, so node's test runner loads them as they are. Joining them needs no
tool: they import only each other, by plain name, and no two define the same top-level name. What
several components need lies in the folder `shared`, named "../shared/format.js". A table that
Python reads too is JSON, written into the module that imports it.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

__all__ = ["javascript", "stylesheet"]

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.\.?/[\w./]+\.js)";\n', re.MULTILINE)
TABLE = re.compile(
    r'^import (\w+) from "(\.\.?/[\w./]+\.json)" with \{ type: "json" \};\n', re.MULTILINE
)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) )", re.MULTILINE)
DEFINED = re.compile(
    r"^(?:export (?:default )?)?(?:async )?(?:function\*?|const|let|class) (\w+)", re.MULTILINE
)
LEFT = re.compile(r"^\s*import\b", re.MULTILINE)


def javascript(folder: Path, modules: Sequence[str]) -> str:
    """All modules of one component as one, the same text each time.

    Args:
        folder: The component's folder.
        modules: The files, relative to `folder` ("main.js", "../shared/format.js"), in the order
            of use: a module stands after those it imports.

    Returns:
        JavaScript without any import; of the exports only `export default` is left.

    Raises:
        ValueError: A module imports one that stands after it or is not listed, renames what it
            imports, imports in a way other than `import { name } from "./file.js";` and
            `import NAME from "./file.json" with { type: "json" };`, or defines a top-level name
            that another one defines.
    """
    joined: list[str] = []
    home: dict[str, Path] = {}
    for module in modules:
        path = (folder / module).resolve()
        source = path.read_text(encoding="utf-8")
        for names, origin in IMPORT.findall(source):
            for name in filter(None, (each.strip() for each in names.split(","))):
                if home.get(name) != (path.parent / origin).resolve():
                    raise ValueError(f"`{module}` imports `{name}` from `{origin}`: not there.")
        tables = TABLE.findall(source)
        for name in (*DEFINED.findall(source), *(table for table, _ in tables)):
            if name in home:
                raise ValueError(f"`{name}` is defined in `{home[name].name}` and in `{module}`.")
            home[name] = path
        bare = IMPORT.sub("", source)
        for name, origin in tables:
            table = json.loads((path.parent / origin).read_text(encoding="utf-8"))
            written = json.dumps(table, separators=(",", ":"))  # in ASCII
            bare = TABLE.sub(lambda _, text=f"const {name} = {written};\n": text, bare, count=1)
        if LEFT.search(bare):
            raise ValueError(f"`{module}` imports in a way that cannot be joined.")
        joined.append(f"// {path.parent.name}/{path.name}\n" + EXPORT.sub("", bare))
    return "\n".join(joined)


def stylesheet(folder: Path, styles: Sequence[str]) -> str:
    """The CSS files of one component, in this order.

    Args:
        folder: The component's folder.
        styles: The files, relative to `folder`; a later one may refine an earlier one.
    """
    return "\n".join((folder / style).read_text(encoding="utf-8") for style in styles)
