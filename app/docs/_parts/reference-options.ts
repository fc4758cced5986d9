/**
 * The options of Scalar: the colours of the other pages, and nothing from another host. Its fonts, telemetry, proxy,
 * agent and links to the services of its vendor are off.
 *
 * @see https://github.com/scalar/scalar/blob/main/documentation/configuration.md
 */
export function referenceOptions(colorScheme: 'light' | 'dark') {
  return {
    url: '/api/openapi.json',
    theme: 'none',
    withDefaultFonts: false,
    telemetry: false,
    proxyUrl: '',
    persistAuth: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    showDeveloperTools: 'never',
    hideClientButton: true,
    hideDarkModeToggle: true,
    forceDarkModeState: colorScheme,
    defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
    customCss,
  }
}

const customCss = `
.light-mode {
  --scalar-color-1: #16211d;
  --scalar-color-2: #46554f;
  --scalar-color-3: #55645e;
  --scalar-color-accent: #0b7259;
  --scalar-background-1: #ffffff;
  --scalar-background-2: #f6f8f7;
  --scalar-background-3: #eef2f0;
  --scalar-background-accent: #e6f4ef;
  --scalar-border-color: #dbe2df;
  --scalar-color-green: #08664f;
  --scalar-color-red: #a8201a;
  --scalar-color-yellow: #7a4a00;
  --scalar-color-blue: #14599c;
  --scalar-color-orange: #8f4300;
  --scalar-color-purple: #5f3a9c;
}
.dark-mode {
  --scalar-color-1: #e3eae7;
  --scalar-color-2: #b3c1bb;
  --scalar-color-3: #9cada6;
  --scalar-color-accent: #5cc4a6;
  --scalar-background-1: #0d1311;
  --scalar-background-2: #141c19;
  --scalar-background-3: #1b2521;
  --scalar-background-accent: #15291f;
  --scalar-border-color: #2a3732;
  --scalar-color-green: #5cc4a6;
  --scalar-color-red: #ff9a8f;
  --scalar-color-yellow: #f0b754;
  --scalar-color-blue: #7db8ee;
  --scalar-color-orange: #f4a261;
  --scalar-color-purple: #c3a6f5;
}
:root {
  --scalar-font: var(--mantine-font-family);
  --scalar-font-code: var(--mantine-font-family-monospace);
  --scalar-radius: 8px;
  --scalar-custom-header-height: 3.75rem;
}
`
