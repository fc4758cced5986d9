/**
 * The id that the path of a request names as its third part, `/api/clips/<id>/…`, in lower case, as all ids are: some
 * programs write hexadecimal digits in upper case. Empty where there is none.
 */
export function idInPath({ url }: Pick<Request, 'url'>): string {
  return new URL(url).pathname.split('/')[3]?.toLowerCase() ?? ''
}
