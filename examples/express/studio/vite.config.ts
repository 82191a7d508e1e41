import { defineConfig } from 'vite';

// The client comes from this checkout's source (`paths` in tsconfig.json); an app of your own finds it in `node_modules`.
export default defineConfig({
  root: import.meta.dirname,
  resolve: { tsconfigPaths: true },
  build: { assetsInlineLimit: 0, target: 'es2023' },
});
