import { execFileSync } from 'node:child_process';

/** What ffprobe says of a film. */
export interface Probed {
  readonly codecs: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
}

/** Asks ffprobe, apart from any code of the library. */
export function probeFilm(path: string): Probed {
  const text = execFileSync('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', path], {
    encoding: 'utf8',
  });
  const { streams, format } = JSON.parse(text) as {
    streams: { codec_name: string; width?: number; height?: number }[];
    format: { duration: string };
  };
  return {
    codecs: streams.map(({ codec_name }) => codec_name),
    width: streams[0]?.width ?? 0,
    height: streams[0]?.height ?? 0,
    seconds: Number(format.duration),
  };
}
