// The page's TypeScript as a module for Node, with the layout that the build generated.

import { createRequire } from 'node:module';

const web = new URL('../../game-demo/web/', import.meta.url);
const { build } = createRequire(new URL('package.json', web))('esbuild');

// Everything that these files of game-demo/web/src export, and `layout`.
export async function load_page_code(tsconfig, names) {
  const { outputFiles } = await build({
    stdin: {
      contents: [...names.map((name) => `./src/${name}`), 'railroids-layout']
        .map((path) => `export * from '${path}';`)
        .join(''),
      resolveDir: web.pathname,
    },
    tsconfig,
    bundle: true,
    format: 'esm',
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

// A file with all that it imports of the page, as one script for a browser.
export async function bundle_for_pages(tsconfig, file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    nodePaths: [new URL('node_modules', web).pathname],
    tsconfig,
    bundle: true,
    format: 'iife',
    write: false,
  });
  return outputFiles[0].text;
}
