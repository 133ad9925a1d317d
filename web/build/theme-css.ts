import {
  convertCssVariables,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  type MantineThemeOverride,
  mergeMantineTheme,
} from '@mantine/core';
import type { Plugin } from 'vite';

const name = 'virtual:theme.css';
const resolved = `\0${name}`;

/**
 * `virtual:theme.css`: the variables that Mantine would write into a style element at run time, as a file. So the content policy needs no
 * exception for styles.
 */
export function themeCss(theme: MantineThemeOverride): Plugin {
  return {
    name: 'theme-css',
    resolveId: (id) => (id === name ? resolved : null),
    load(id) {
      if (id !== resolved) return null;
      const merged = mergeMantineTheme(DEFAULT_THEME, theme);
      return convertCssVariables(defaultCssVariablesResolver(merged), ':root');
    },
  };
}
