// How the dashboard is bundled. Needs the build's own packages only (npm ci --omit=dev); tests: vitest.config.ts.
//
// The page carries its own Content-Security-Policy; the development server needs inline styles, so it leaves it out.
// `npm run dev` proxies the WebSocket and the HTTP interface to a gateway (CELL0_URL, default http://127.0.0.1:8080).
import { defineConfig } from 'vite';

const gateway = process.env['CELL0_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: { target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false },
  plugins: [
    {
      name: 'development-without-csp',
      apply: 'serve',
      transformIndexHtml: (html) => html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ''),
    },
  ],
  server: { proxy: { '/cell0d': { target: gateway, ws: true }, '/api': { target: gateway } } },
});
