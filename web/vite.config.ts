import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressed } from './build/compressed.ts';
import { themeCss } from './build/theme-css.ts';
import { theme } from './theme.ts';

/** `vite web` serves the pages while they are worked on, before a master on its usual port. */
const master = 'http://127.0.0.1:5000';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), themeCss(theme), compressed()],
  server: { proxy: { '/api': master } },
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'es2024',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // the first that know light-dark(), which the colours are made of
    cssCodeSplit: false, // one file: what is loaded later must not depend on a second one that may not come
    assetsInlineLimit: 0, // a data: address would need an exception in the content policy
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000, // in kB; scripts/checks/pages-size.ts has the limit that counts, of what is compressed
  },
});
