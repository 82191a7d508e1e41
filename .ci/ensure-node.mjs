// Fails early, with a clear message, when the tools would run on a Node that is too old for them.
const [major] = process.versions.node.split('.').map(Number);
if (major < 22) {
  console.error(
    `vidpipe needs Node >= 22.13, this is ${process.versions.node}.\n` +
      'Node 24 comes with `npm ci` (the `node` dev dependency) as long as its install script may run:\n' +
      'run `npm ci` without --ignore-scripts, and start the tools through `npm run` or `npx`.',
  );
  process.exit(1);
}
