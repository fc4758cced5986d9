/**
 * For the `ref` of a field: it reads in the direction of the text in it. The field's own property `dir` would end at an
 * element around it.
 */
export function followText(field: HTMLElement | null) {
  field?.setAttribute('dir', 'auto')
}
