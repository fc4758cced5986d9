import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { defineRoute, notFoundHandlers } from '#lib/http/route.ts'
import { routeOf, routePatterns } from '#lib/http/route-patterns.ts'

export type RouteHandler = (request: Request) => Promise<Response>
/** What a route file exports, `defineRoute()`: a handler for each method. */
type RouteFile = Record<string, RouteHandler>

/** The routes for programs: the route files that Next.js serves, too, where it stands alone. */
export interface Routes {
  /** What answers the requests for a URL by their methods. `undefined` where a page does, or nothing. */
  find(url: string): Route | undefined
  /** Whether a page answers the requests for a URL, or a file. */
  isPage(url: string): boolean
  /** Loads all of them, so that no caller waits for it; whoever calls meanwhile is answered in between. */
  load(): Promise<void>
}

/** Where the files of the routes are: their sources, or what is built of them. */
interface RouteFiles {
  /** The absolute path of the folder that is `app/`. */
  app: string
  extension: string
}

export interface Route {
  /** As in `routePatterns`. */
  pattern: string
  load(): Promise<RouteFile>
}

/** What answers requests for what is nowhere. */
export const nowhere: Route = { pattern: '/{path}*', load: async () => defineRoute(notFoundHandlers) }

/**
 * @param directory the absolute path of the folder with `public/`
 * @param files those of the routes, where they are not its `app/`
 */
export function createRoutes(
  directory: string,
  files: RouteFiles = { app: path.join(directory, 'app'), extension: '.ts' },
): Routes {
  const routes = new Map<string, Route>()
  for (const pattern of routePatterns) {
    const file = path.join(files.app, folderOf(pattern), `route${files.extension}`)
    if (existsSync(file)) routes.set(pattern, { pattern, load: loaderOf(file) })
  }
  const publicFiles = new Set(readdirSync(path.join(directory, 'public')).map((name) => `/${name}`))
  return {
    find: (url) => routes.get(routeOf(url) ?? ''),
    isPage(url) {
      const route = routeOf(url)
      return route === undefined ? publicFiles.has(url.split('?', 1)[0] as string) : !routes.has(route)
    },
    async load() {
      for (const route of routes.values()) {
        await route.load()
        await nextTurn()
      }
    },
  }
}

function loaderOf(file: string): Route['load'] {
  let loaded: Promise<RouteFile> | undefined
  return () => {
    loaded ??= import(pathToFileURL(file).href)
    return loaded
  }
}

/** Where Next.js looks for the file of a route: `[…]` for `{…}`, and `[...…]` for `{…}*`. */
function folderOf(pattern: string): string {
  return pattern.replace(/\{(\w+)\}\*/g, '[...$1]').replace(/\{(\w+)\}/g, '[$1]')
}
