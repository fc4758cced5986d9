/** A pin with three bars of a waveform in its head. */
export function Logo() {
  return (
    <svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true">
      <path
        d="M13 1.5a9.5 9.5 0 0 0-9.5 9.5c0 6.6 7.2 12.2 9 13.4a.9.9 0 0 0 1 0c1.8-1.2 9-6.8 9-13.4A9.5 9.5 0 0 0 13 1.5Z"
        fill="var(--accent)"
      />
      <g stroke="var(--on-accent)" strokeWidth="1.9" strokeLinecap="round">
        <path d="M8.6 10v2.4M13 7v8.4M17.4 9v4.4" />
      </g>
    </svg>
  )
}
