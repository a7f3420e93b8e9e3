import { defineConfig } from 'vite';

// Every setting here serves the Content-Security-Policy: no inline script, no data: asset, no foreign origin.
export default defineConfig({
  base: '/static/dist/',
  build: {
    manifest: 'manifest.json',
    outDir: 'dist',
    target: 'es2022',
    // Browsers that know light-dark() and cascade layers: the style sheet goes out as it is written.
    cssTarget: ['chrome125', 'firefox128', 'safari18'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['src/entrypoints/theme.ts', 'src/entrypoints/main.ts', 'src/styles/main.css'],
    },
  },
});
