interface Command {
  complexFilter(filters: readonly string[], map: readonly string[]): Command;
  outputOptions(options: readonly string[]): Command;
  output(path: string): Command;
  _getArguments(): string[];
  _checkCapabilities?: (done: (error: null) => void) => void;
}

/** Output arguments with a filter graph, as fluent-ffmpeg writes them; it is loaded on first use and never spawns. */
export async function buildArguments(
  filters: readonly string[],
  map: readonly string[],
  options: readonly string[],
): Promise<string[]> {
  const { default: ffmpeg } = (await import('fluent-ffmpeg')) as unknown as { default: () => Command };
  const command = ffmpeg().complexFilter(filters, map).outputOptions(options).output('out.mp4');
  const args = command._getArguments();
  return args.slice(args.indexOf('-y') + 1, args.lastIndexOf('out.mp4'));
}
