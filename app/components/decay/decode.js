// The arrays that pack.py wrote as base64, and the theories of all networks in one list. Pure.

/** A typed array from the base64 of its bytes (little-endian, as all browsers' machines are). */
export function decode(text, Type) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  return new Type(bytes.buffer);
}

/**
 * The view with its arrays. `theories` lists every prediction's key once, in the order met, with
 * its letter; `network.by[key]` is that network's own.
 */
export function decodeView(sent) {
  const networks = sent.networks.map((network, at) => {
    const predictions = network.predictions.map((each) => ({
      ...each, log10: decode(each.log10, Float64Array),
    }));
    return {
      ...network,
      at,
      measured: decode(network.measured, Float64Array),
      status: decode(network.status, Uint8Array),
      predictions,
      by: Object.fromEntries(predictions.map((each) => [each.key, each])),
    };
  });
  const theories = [];
  for (const { key, label, kind } of networks.flatMap(({ predictions }) => predictions)) {
    if (theories.some((each) => each.key === key)) continue;
    theories.push({ key, label, kind, at: theories.length, letter: "abcde"[theories.length] });
  }
  return { ...sent, networks, theories, lags: networks[0].measured.length };
}
