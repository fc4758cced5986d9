/** Counts requests, of which so many are let through in each minute. */
export class MinuteLimit {
  #minute = 0
  #count = 0

  /** The seconds until the next minute where the limit is reached, else 0. */
  take(limit: number): number {
    const minute = Math.floor(Date.now() / 60_000)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#count = 0
    }
    this.#count += 1
    return this.#count > limit ? 60 : 0
  }
}
