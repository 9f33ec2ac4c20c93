"""What a file is that holds no weights we read: told by its first bytes, with the way out."""

import re

_STATE_DICT = (
    "save the weights alone where the model runs, with torch.save(model.state_dict(), path)"
)
_CONVERT = (
    "read its weights with the library that wrote it, and save them with "
    "safetensors.torch.save_file under PyTorch's names"
)
# First bytes, what they are the beginning of, and what to do.
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras and h5py write", _CONVERT),
    (b"\x93NUMPY", "a NumPy array (.npy)", _CONVERT),
    (b"GGUF", "a GGUF file, of a language model for llama.cpp", _CONVERT),
    (b"ggml", "a GGML file", _CONVERT),
    (b"version https://git-lfs", "a Git LFS pointer and not the file itself",
     "fetch the file with git lfs pull, or download it from the page of the model"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first, and give the file of weights inside"),
    (b"BZh", "a bzip2 archive", "unpack it first, and give the file of weights inside"),
    (b"\xfd7zXZ", "an xz archive", "unpack it first, and give the file of weights inside"),
    (b"7z\xbc\xaf'\x1c", "a 7z archive", "unpack it first, and give the file of weights inside"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive",
     "unpack it first, and give the file of weights inside"),
    (b"ZF", "a joblib file", _CONVERT),
    (b"%PDF", "a PDF document", _STATE_DICT),
    (b"\x89PNG", "a PNG picture of another kind than weights", _STATE_DICT),
)  # fmt: skip
_TF_INDEX = bytes.fromhex("57fb808b247547db")  # last 8 bytes of a table of LevelDB
_MARKUP = re.compile(rb"\s{0,99}<(?:!doctype|html|\?xml)", re.IGNORECASE)
_ONNX_VERSIONS = range(2, 40)
_ONNX_FIELDS = frozenset({0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42})


def appearance(data: bytes) -> str:
    """What a file is that is neither a safetensors file nor one of torch.save.

    Args:
        data: The file.

    Returns:
        A few words, and for a kind that is known what to do with it: they complete
        "`data` (...) must be ...".
    """
    if not data:
        return "empty"
    for beginning, kind, way_out in _BEGINNINGS:
        if data.startswith(beginning):
            return f"{kind}: {way_out}"
    return (
        _pickled(data)
        or _protobuf(data)
        or _other(data)
        or f"{len(data):,} bytes of another kind, or damaged at the start"
    )


def _pickled(data: bytes) -> str | None:
    if data[:1] != b"\x80":
        return None
    kind = "joblib file, a" if b"joblib" in data[:4_000] else ""
    return (
        f"a {kind} Python pickle of {len(data):,} bytes that torch.save did not write: a pickle "
        f"can run programs, so it is not opened; {_STATE_DICT}"
    ).replace("a  ", "a ")


def _protobuf(data: bytes) -> str | None:
    """ONNX and TensorFlow: field 1 is a small number, then the fields of a model."""
    if data[4:8] == b"TFL3":
        return f"a TensorFlow Lite model: {_CONVERT}"
    if data[-8:] == _TF_INDEX:
        return f"the index of a TensorFlow checkpoint: {_CONVERT}"
    if len(data) < 4 or data[0] != 0x08:
        return None
    if data[1] == 1 and data[2] == 0x12:
        return f"a TensorFlow SavedModel: {_CONVERT}"
    if data[1] in _ONNX_VERSIONS and data[2] in _ONNX_FIELDS:
        return (
            f"an ONNX model, a program with its weights: {_STATE_DICT}, or read its initializers "
            "with the onnx package"
        )
    return None


def _other(data: bytes) -> str | None:
    if _MARKUP.match(data[:200]):
        return "a page of the web and not the file itself: download the file it links to"
    if data[257:262] == b"ustar":
        return "a tar archive: unpack it first, and give the file of weights inside"
    if data[:1] == b"x" and data[1:2] in b"\x01\x5e\x9c\xda" and len(data) > 1:
        return f"compressed with zlib, perhaps by joblib: {_CONVERT}"
    if data[:1] in b"{[" and b"weight_map" in data[:100_000]:
        return "the index of several safetensors files: give one of the files it names"
    return None


def zip_of_another_kind(names: frozenset[str]) -> str | None:
    """What a zip archive is that torch.save(state_dict) did not write.

    Args:
        names: Of its entries, whole.

    Returns:
        The beginning of a sentence about "`data`", with the way out; None if it is not known.
    """
    inner = {name.partition("/")[2] for name in names}
    if any(name == "constants.pkl" or name.startswith("code/") for name in inner):
        return (
            "is a TorchScript archive, which holds a program: save the weights alone, with "
            "torch.save(torch.jit.load(path).state_dict(), new_path)"
        )
    if names and all(name.endswith(".npy") for name in names):
        return f"is an archive of NumPy arrays (.npz): {_CONVERT}"
    if "model.weights.h5" in names:
        return f"is a Keras model (.keras, HDF5 in a zip archive): {_CONVERT}"
    if any(name.rpartition("/")[2] == "saved_model.pb" for name in names):
        return f"is a zipped TensorFlow SavedModel: {_CONVERT}"
    if any(name.endswith((".pt", ".pth", ".bin", ".safetensors", ".ckpt")) for name in names):
        return "is a zip archive with files of weights in it: unpack it, and give one of them"
    return None
