/**
 * Fixes what screen readers get wrong in Scalar: copy buttons without a name, and headers that count as the header of
 * the page. Goes on until the returned function is called.
 */
export function fixAccessibility(container: Element): () => void {
  const fix = () => {
    for (const button of container.querySelectorAll('button[class*="copy-button"]:not([aria-label])')) {
      button.setAttribute('aria-label', 'Copy')
    }
    for (const head of container.querySelectorAll('header:not([role])')) head.setAttribute('role', 'group')
  }
  const observer = new MutationObserver(fix)
  observer.observe(container, { childList: true, subtree: true })
  return () => observer.disconnect()
}
