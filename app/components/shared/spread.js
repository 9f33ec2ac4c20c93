// Labels and nodes in a column that must not overlap. Pure.

/**
 * Places at least `gap` apart, in the order given, as near as can be to the wished ones (least
 * squares, by pooling neighbours that would touch), inside [low, high] where there is room.
 * @param {number[]} wished rising
 * @returns {number[]}
 */
export function spread(wished, gap, low = -Infinity, high = Infinity) {
  const pools = [];
  wished.forEach((place, at) => {
    pools.push({ sum: place - at * gap, count: 1 });
    while (pools.length > 1 && poolMean(pools[pools.length - 2]) > poolMean(pools[pools.length - 1])) {
      const { sum, count } = pools.pop();
      pools[pools.length - 1].sum += sum;
      pools[pools.length - 1].count += count;
    }
  });
  const least = low;
  const most = Math.max(low, high - (wished.length - 1) * gap);
  const bases = pools.flatMap((pool) => {
    return Array(pool.count).fill(Math.min(Math.max(poolMean(pool), least), most));
  });
  return bases.map((base, at) => base + at * gap);
}

function poolMean({ sum, count }) {
  return sum / count;
}
