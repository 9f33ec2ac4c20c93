"""The parameters that a spec's network has."""

from core.models.spec import ModelSpec


def parameter_shapes(spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the network's parameters, without building it.

    Args:
        spec: The network.

    Returns:
        What `SequenceModel(spec).state_dict()` holds, in its order.
    """
    rows = len(spec.gates) * spec.hidden_size
    outputs = spec.num_directions * spec.hidden_size
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(spec.num_layers):
        inputs = spec.input_size if layer == 0 else outputs
        for direction in ("", "_reverse")[: spec.num_directions]:
            suffix = f"l{layer}{direction}"
            shapes[f"rnn.weight_ih_{suffix}"] = (rows, inputs)
            shapes[f"rnn.weight_hh_{suffix}"] = (rows, spec.hidden_size)
            shapes[f"rnn.bias_ih_{suffix}"] = shapes[f"rnn.bias_hh_{suffix}"] = (rows,)
    shapes["head.weight"] = (spec.vocabulary_size, outputs)
    shapes["head.bias"] = (spec.vocabulary_size,)
    if spec.input == "embedding":
        shapes["embedding.weight"] = (spec.vocabulary_size, spec.embedding_size)
    return shapes
