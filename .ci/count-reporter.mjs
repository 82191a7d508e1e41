// Prints `N passed, N failed` alone on a line when the run is over (and `, N skipped` where there are any).

/** A file or a run that broke outside of its tests counts as failed: it must not read like a success. */
function count(modules, unhandledErrors) {
  const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state in counts) counts[state] += 1;
    }
    if (module.errors().length > 0) counts.failed += 1;
  }
  return counts;
}

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const { passed, failed, skipped } = count(modules, unhandledErrors);
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    // After the reporters that are still printing their own summary.
    process.once('exit', () => process.stdout.write(`\n${passed} passed, ${failed} failed${tail}\n`));
  }
}
