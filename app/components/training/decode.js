// The arrays that pack.py wrote as base64. Pure.

/** A typed array from the base64 of its bytes (little-endian, as all browsers' machines are). */
export function decode(text, Type) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  return new Type(bytes.buffer);
}

/** The view with its arrays; `run` is the run's identity, `identity` also tells the version. */
export function decodeRun(sent) {
  const { train, validation, norm, per_step: perStep } = sent;
  const perplexities = ({ steps, perplexity }) => ({
    steps: decode(steps, Int32Array),
    perplexity: decode(perplexity, Float64Array),
  });
  return {
    ...sent,
    run: sent.identity,
    identity: `${sent.identity}:${sent.version}`,
    train: perplexities(train),
    validation: perplexities(validation),
    norm: {
      steps: decode(norm.steps, Int32Array),
      before: decode(norm.before, Float64Array),
      after: decode(norm.after, Float64Array),
    },
    per_step: perStep && {
      steps: decode(perStep.steps, Int32Array),
      log10: decode(perStep.log10, Float32Array),
      window: perStep.window,
    },
  };
}
