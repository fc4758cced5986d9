/** The value that `share` of all are at or below. @throws RangeError where there is none */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new RangeError('There are no values')
  return value
}

/** The middle one. */
export const median = (values: number[]) => quantile(values, 0.5)
