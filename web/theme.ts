import { createTheme, type MantineThemeOverride } from '@mantine/core';

/** Also read while the pages are built: build/theme-css.ts makes a stylesheet of it, because the content policy allows no inline one. */
export const theme: MantineThemeOverride = createTheme({
  primaryColor: 'indigo',
  // White text on the filled shade has a contrast of at least 4.5 in either scheme.
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  defaultRadius: 'sm',
  fontFamily:
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif, 'Noto Color Emoji'",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  headings: { fontWeight: '600' },
  components: {
    // The scroll lock of dialogs would insert a style element, which the content policy refuses; style/base.css has a lock of its own.
    Modal: { defaultProps: { lockScroll: false } },
    Drawer: { defaultProps: { lockScroll: false } },
    Tooltip: { defaultProps: { withinPortal: true, openDelay: 300 } },
  },
});
