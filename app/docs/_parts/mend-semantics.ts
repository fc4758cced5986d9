/**
 * Mends what keeps Scalar from being read aloud well: copy buttons that show a picture and have no name, and a head of
 * its own that passes for the page's. Goes on until the returned function is called.
 */
export function mendSemantics(container: Element): () => void {
  const mend = () => {
    for (const button of container.querySelectorAll('button[class*="copy-button"]:not([aria-label])')) {
      button.setAttribute('aria-label', 'Copy')
    }
    for (const head of container.querySelectorAll('header:not([role])')) head.setAttribute('role', 'group')
  }
  const observer = new MutationObserver(mend)
  observer.observe(container, { childList: true, subtree: true })
  return () => observer.disconnect()
}
