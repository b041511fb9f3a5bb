const quantile = (values, q) => {
  const sorted = values.toSorted((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place % 1);
};

/** Median and quartiles, and the number of values. */
export const quartiles = (values) => ({
  median: quantile(values, 0.5), q1: quantile(values, 0.25), q3: quantile(values, 0.75), n: values.length,
});

/** `list`, beginning with another item in each round, so that none is always first. */
export const rotated = (list, round) => list.map((_, index) => list[(index + round) % list.length]);

/** Measures how long the same work takes, repeatedly: the machine's own noise. In ms. */
export function referenceLoop() {
  const start = performance.now();
  let state = 1;
  for (let i = 0; i < 2_000_000; i++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  if (state === 0) throw new Error("unreachable, and so the loop is not left out");
  return performance.now() - start;
}
