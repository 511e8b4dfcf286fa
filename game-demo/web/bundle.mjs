// Bundles a script of the page's, and a style beside it if it imports one:
// node bundle.mjs TSCONFIG ENTRY OUTPUT DEPFILE
//
// Through esbuild's own interface rather than its command line, because Meson wants to know which
// files went in (the depfile): then touching any of them, or a package, rebuilds the bundle.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

const [tsconfig, entry, output, depfile] = process.argv.slice(2);

const { build } = await import('esbuild').catch(() => {
  console.error('The page needs its packages: run ./dev setup, or npm ci in game-demo/web.');
  process.exit(1);
});

const result = await build({
  entryPoints: [entry],
  outfile: output,
  tsconfig,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const inputs = Object.keys(result.metafile.inputs).map((path) => resolve(path));
const escaped = inputs.map((path) => path.replaceAll(' ', '\\ '));
await writeFile(depfile, `${output}: ${escaped.join(' ')}\n`);
