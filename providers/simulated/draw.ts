import { createHash } from 'node:crypto';
import type { ImageRequest } from 'vidpipe/provider';
import { inked, wrap } from './font.ts';
import { encodePng } from './png.ts';

type Colour = readonly [number, number, number];

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Words that are written into the picture: the line that says what the frame shows. */
function caption(prompt: string): string {
  return (/^Frame: (.*)$/m.exec(prompt)?.[1] ?? prompt).slice(0, 140);
}

function colour(bytes: Buffer, at: number, light: number): Colour {
  return [0, 1, 2].map((index) =>
    Math.round(((bytes[at + index] ?? 0) / 255) * 140 * light + 60 * light),
  ) as unknown as Colour;
}

class Canvas {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.rgb = new Uint8Array(width * height * 3);
  }

  fill(x0: number, y0: number, x1: number, y1: number, [r, g, b]: Colour): void {
    for (let y = Math.max(0, y0); y < Math.min(this.height, y1); y += 1) {
      for (let x = Math.max(0, x0); x < Math.min(this.width, x1); x += 1)
        this.rgb.set([r, g, b], (y * this.width + x) * 3);
    }
  }

  disc(cx: number, cy: number, radius: number, ink: Colour): void {
    for (let y = -radius; y <= radius; y += 1) {
      const half = Math.round(Math.sqrt(radius * radius - y * y));
      this.fill(cx - half, cy + y, cx + half, cy + y + 1, ink);
    }
  }

  write(text: string, x: number, y: number, scale: number, ink: Colour): void {
    Array.from(text).forEach((sign, index) => {
      for (let dy = 0; dy < 7; dy += 1) {
        for (let dx = 0; dx < 5; dx += 1) {
          const [px, py] = [x + (index * 6 + dx) * scale, y + dy * scale];
          if (inked(sign, dx, dy)) this.fill(px, py, px + scale, py + scale, ink);
        }
      }
    });
  }
}

/** A still that depends on the prompt, the seed and the still that it goes on from, with its words written into it. */
export function drawStill(request: ImageRequest, seed: number): Uint8Array {
  const { width, height, prompt, images } = request;
  const condition = images.find(({ role }) => role === 'condition');
  const palette = hashOf(`${seed}/${condition?.digest ?? prompt}`);
  const shapes = hashOf(`${seed}/${request.seed ?? 0}/${prompt}`);
  const canvas = new Canvas(width, height);
  const horizon = Math.round(height * (0.45 + ((shapes[0] ?? 0) / 255) * 0.2));
  const bands = 24;
  for (let band = 0; band < bands; band += 1) {
    const from = Math.round((horizon * band) / bands);
    canvas.fill(
      0,
      from,
      width,
      Math.round((horizon * (band + 1)) / bands),
      colour(palette, 0, 0.7 + (band / bands) * 0.5),
    );
  }
  canvas.fill(0, horizon, width, height, colour(palette, 3, 0.8));
  canvas.disc(
    Math.round((width * (shapes[1] ?? 0)) / 255),
    Math.round(horizon * 0.5),
    Math.round(height * 0.09),
    [244, 232, 190],
  );
  for (let index = 0; index < 4; index += 1) {
    const x = Math.round((width * (shapes[4 + index] ?? 0)) / 255);
    const tall = Math.round((height * (shapes[8 + index] ?? 0)) / 1020) + 30;
    canvas.fill(x - 24, horizon - tall, x + 24, horizon + 8, colour(shapes, 12 + index * 3, 0.6));
  }
  const scale = Math.max(2, Math.round(Math.min(width, height) / 180));
  const lines = wrap(caption(prompt), Math.floor((width - 40) / (6 * scale)), 3);
  canvas.fill(0, height - (lines.length * 9 + 3) * scale, width, height, [18, 18, 22]);
  lines.forEach((line, index) =>
    canvas.write(line, 20, height - ((lines.length - index) * 9 + 1) * scale, scale, [240, 240, 240]),
  );
  return encodePng(width, height, canvas.rgb);
}
