import type { ModelOptions } from 'vidpipe/provider';
import { z } from 'zod';
import { issuesOf } from './options.ts';

const CATEGORIES = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT', 'CIVIC_INTEGRITY'] as const;
const LEVELS = ['BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH', 'BLOCK_NONE'] as const;
const THRESHOLDS = [...LEVELS, 'OFF'] as const;

/** What users may set under `settings.options.google`; each field is sent by the models that know it, and Google has the defaults. */
export interface GoogleModelOptions {
  /** Whom pictures and clips may show. Only on Vertex. */
  readonly personGeneration?: 'dont_allow' | 'allow_adult' | 'allow_all' | undefined;
  /** Whether Veo and Imagen write the prompt anew. */
  readonly enhancePrompt?: boolean | undefined;
  /** Of Veo's clips. */
  readonly compressionQuality?: 'optimized' | 'lossless' | undefined;
  /** How Veo brings a first frame of another ratio to the clip's. */
  readonly resizeMode?: 'crop' | 'pad' | undefined;
  /** Filters of text and Gemini image models, by category of harm. */
  readonly safety?: Readonly<Partial<Record<(typeof CATEGORIES)[number], (typeof THRESHOLDS)[number]>>> | undefined;
  /** Of Imagen. */
  readonly safetyFilterLevel?: (typeof LEVELS)[number] | undefined;
  /** How long text models think. */
  readonly thinkingLevel?: 'minimal' | 'low' | 'medium' | 'high' | undefined;
}

const schema: z.ZodType<GoogleModelOptions> = z.strictObject({
  personGeneration: z.enum(['dont_allow', 'allow_adult', 'allow_all']).optional(),
  enhancePrompt: z.boolean().optional(),
  compressionQuality: z.enum(['optimized', 'lossless']).optional(),
  resizeMode: z.enum(['crop', 'pad']).optional(),
  safety: z.partialRecord(z.enum(CATEGORIES), z.enum(THRESHOLDS)).optional(),
  safetyFilterLevel: z.enum(LEVELS).optional(),
  thinkingLevel: z.enum(['minimal', 'low', 'medium', 'high']).optional(),
});

const VERTEX_ONLY = ['personGeneration', 'enhancePrompt', 'compressionQuality', 'resizeMode', 'safetyFilterLevel'];

/** What is wrong with options that a user gave. Some are Vertex's alone. */
export function optionIssues(given: ModelOptions, vertex: boolean): readonly string[] {
  const parsed = schema.safeParse(given);
  const homeless = vertex ? [] : VERTEX_ONLY.filter((name) => given[name] !== undefined);
  return [
    ...(parsed.success ? [] : issuesOf(parsed.error)),
    ...homeless.map((name) => `${name}: only models on Vertex take it; give google({ vertex })`),
  ];
}

/** Options of a request, checked when the project was made. */
export function optionsOf({ options = {} }: { readonly options?: ModelOptions }): GoogleModelOptions {
  return schema.parse(options);
}
