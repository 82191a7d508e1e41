import { image } from './image.ts';
import { text } from './text.ts';
import type { GoogleModels } from './types.ts';
import { video } from './video.ts';

export type { GoogleModel, GoogleModelBase, GoogleModels, Surface, SurfaceName } from './types.ts';

/** Google's models with what they can, cost and how long they last, as of 2026-11-22. */
export const googleModels: GoogleModels = { ...text, ...image, ...video };
