import type { Services } from '#lib/context.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'

/** Whoever waits for ever may have a file open, and Node warns when such a one is collected. */
const graves: Promise<never>[] = []

/**
 * A life that ends at a given step. Each call of the world outside (catalog, store, voice, provider) is two steps: the
 * moment before it has any effect, and the moment between its effect and its answer. From the last step on nothing
 * has any effect and nothing answers, as after SIGKILL.
 */
export function createLife(options: { lastStep?: number } = {}) {
  let lastStep = options.lastStep ?? Number.POSITIVE_INFINITY
  const { promise: ended, resolve } = Promise.withResolvers<'died'>()
  const forever = new Promise<never>(() => {})
  graves.push(forever)
  const trace: string[] = []

  /** Whether the life is over at this step. */
  function ends(label: string): boolean {
    if (trace.length >= lastStep) return true
    trace.push(label)
    if (trace.length < lastStep) return false
    resolve('died')
    return true
  }

  async function step<T>(label: string, act: () => Promise<T>): Promise<T> {
    if (ends(`before ${label}`)) return forever
    const result = await act()
    return ends(`after ${label}`) ? forever : result
  }

  function mortal<T extends object>(name: string, target: T): T {
    return new Proxy(target, {
      get(_, property) {
        const value = Reflect.get(target, property)
        const label = `${name}.${String(property)}`
        if (typeof value === 'object' && value !== null) return mortal(label, value)
        // A listing is no promise; what comes of it is.
        if (typeof value !== 'function' || property === 'list' || property === 'held') return value
        return (...args: unknown[]) => step(label, async () => Reflect.apply(value, target, args))
      },
    })
  }

  return {
    ended,
    get isOver() {
      return trace.length >= lastStep
    },
    /** Ends the life so many steps from now. */
    endIn(steps: number) {
      lastStep = Math.min(lastStep, trace.length + steps)
    },
    /** What happened, in order; the last entry is the moment of death. */
    trace,
    /** A moment of its own, such as that between two chunks. */
    moment: (label: string) => step(label, async () => {}),
    providers: (providers: readonly IpfsProvider[]) =>
      providers.map((provider) => mortal(provider.name, provider)),
    services: (services: Services): Services => ({
      ...services,
      catalog: mortal('catalog', services.catalog),
      store: mortal('store', services.store),
      speech: mortal('speech', services.speech),
    }),
  }
}

export type Life = ReturnType<typeof createLife>
