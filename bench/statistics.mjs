const quantile = (values, q) => {
  const sorted = values.toSorted((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place % 1);
};

/** Median and quartiles, and of how many. */
export const quartiles = (values) => ({
  median: quantile(values, 0.5), q1: quantile(values, 0.25), q3: quantile(values, 0.75), n: values.length,
});

/** `list` beginning with another one each round, so that none is always first. */
export const rotated = (list, round) => list.map((_, index) => list[(index + round) % list.length]);

/** How long the same work takes, again and again: what the machine itself adds. In ms. */
export function referenceLoop() {
  const start = performance.now();
  let state = 1;
  for (let i = 0; i < 2_000_000; i++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  if (state === 0) throw new Error("unreachable, and so the loop is not left out");
  return performance.now() - start;
}
