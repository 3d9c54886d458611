import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// Static files for the api to serve; `npx vite apps/dashboard` shows changes at once beside `npm start`.
export default defineConfig({
  root: here('.'),
  base: '/',
  build: {
    outDir: here('../../dist/apps/dashboard/site'),
    assetsDir: 'dashboard',
    // the page's policy takes no script or style that is written into it
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    reportCompressedSize: false,
    rolldownOptions: {
      // there is no server that renders: the mark of client code says nothing here
      onwarn: (warning, warn) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:18080' } },
});
