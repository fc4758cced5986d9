/** What is used of the tracer that comes inside Next.js, without types of its own. @see https://github.com/vercel/nft */
declare module 'next/dist/compiled/@vercel/nft/index.js' {
  interface Options {
    base: string
    processCwd: string
    ignore(file: string): boolean
    readFile(file: string): string | Buffer | null
  }
  const nft: {
    nodeFileTrace(files: string[], options: Options): Promise<{ fileList: Set<string>; warnings: Set<Error> }>
  }
  export default nft
}
