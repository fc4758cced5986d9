import type { CarFile } from './car-file.ts'
import type { DagNode } from './unixfs.ts'

/** They take about 10 MB if each is a clip of an hour. */
const MOST_DAGS = 1000
/** A larger one is indexed again each time, which takes little beside sending it. */
const MOST_CHILDREN = 64

/** A CAR file that was indexed and verified, and what was found in it. */
export type KnownCar = CarFile & { dag: DagNode }

/** Remembers the CAR files that were used last, so that each is indexed once as long as it does not change. */
export function createRecentDags() {
  const known = new Map<string, KnownCar>()
  return {
    find({ path, version }: CarFile): KnownCar | undefined {
      const car = known.get(path)
      return car?.version === version ? car : undefined
    },

    keep(car: KnownCar): void {
      // Deleted and added again, so that the first one in the map is the one that was not used for longest.
      known.delete(car.path)
      if (car.dag.children.length <= MOST_CHILDREN) known.set(car.path, car)
      if (known.size > MOST_DAGS) known.delete(known.keys().next().value as string)
    },
  }
}
