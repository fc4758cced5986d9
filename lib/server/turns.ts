/** How many turns of the event loop the work that is under way gets after each start: about what a refusal takes. */
export const TURNS_BETWEEN = 8

/**
 * Starts one piece of work after the other, in the order in which they come, with some turns of the event loop between
 * them; at once where nothing was started just before, and in the next turn where nothing that was started is under way. A
 * clip takes more than a hundred turns until it is stored: were every request that has arrived worked at in each of them, a
 * few connections with quick refusals would hold it up for many seconds.
 *
 * @param isUnderWay whether anything that was started is not over yet
 */
export function createTurns(isUnderWay: () => boolean): (start: () => void) => void {
  const waiting: (() => void)[] = []
  let turnsLeft = 0

  function takeTurn() {
    turnsLeft -= 1
    if (turnsLeft > 0 && isUnderWay()) setImmediate(takeTurn)
    else startNext()
  }

  function startNext() {
    turnsLeft = 0
    const start = waiting.shift()
    if (!start) return
    turnsLeft = TURNS_BETWEEN
    setImmediate(takeTurn)
    start()
  }

  return (start) => {
    waiting.push(start)
    if (turnsLeft === 0) startNext()
  }
}
