"""The component's JavaScript files joined into the one module that Streamlit takes.

The files are real ES modules, so node's test runner loads them as they are. Joining them needs no
tool: they import only each other, by plain name, and no two define the same top-level name.
"""

import re
from pathlib import Path

__all__ = ["MODULES", "javascript", "stylesheet"]

FOLDER = Path(__file__).parent

# In the order of use: a module stands after those it imports.
MODULES = (
    "format.js",
    "colours.js",
    "unpack.js",
    "layout.js",
    "state.js",
    "skeleton.js",
    "text_strip.js",
    "edges.js",
    "folded.js",
    "diagram.js",
    "heatmap.js",
    "gradient.js",
    "equations.js",
    "inspector.js",
    "pointing.js",
    "events.js",
    "main.js",
)
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) )", re.MULTILINE)
DEFINED = re.compile(r"^(?:export (?:default )?)?(?:function|const|let|class) (\w+)", re.MULTILINE)


def javascript() -> str:
    """All modules as one, the same text each time.

    Returns:
        JavaScript with one `export default function`, no import and no other export.

    Raises:
        ValueError: A module imports one that stands after it, renames what it imports, or
            defines a top-level name that another one defines.
    """
    joined: list[str] = []
    home: dict[str, str] = {}
    for module in MODULES:
        source = (FOLDER / module).read_text(encoding="utf-8")
        for names, origin in IMPORT.findall(source):
            for name in filter(None, (each.strip() for each in names.split(","))):
                if home.get(name) != origin:
                    raise ValueError(f"`{module}` imports `{name}` from `{origin}`: not there.")
        for name in DEFINED.findall(source):
            if name in home:
                raise ValueError(f"`{name}` is defined in `{home[name]}` and in `{module}`.")
            home[name] = module
        joined.append(f"// {module}\n" + EXPORT.sub("", IMPORT.sub("", source)))
    return "\n".join(joined)


def stylesheet() -> str:
    """The component's CSS."""
    return (FOLDER / "explorer.css").read_text(encoding="utf-8")
