/** Where people read the page whose file is called `name`. */
export const guideUrl = (name: string): string => `/docs/guides/${name.replace(/\.md$/, '')}`
