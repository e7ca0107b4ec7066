/** Ranks that follow Zipf's law: the first comes twice as often as the second, for exponent 1. */

/**
 * Maps uniform numbers in [0, 1) to ranks 0 … `count` − 1, where rank r has weight 1 / (r + 1)^exponent.
 * By the inverse of the cumulative distribution: O(log count) a rank, 8 bytes a rank held.
 */
export function rankedBy(exponent: number, count: number): (uniform: number) => number {
  const cumulative = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += (rank + 1) ** -exponent;
    cumulative[rank] = sum;
  }
  return (uniform) => {
    const wanted = uniform * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
