import type { ModelOptions } from 'vidpipe/provider';
import { z } from 'zod';
import { issuesOf } from './options.ts';

const CATEGORIES = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT', 'CIVIC_INTEGRITY'] as const;

const schema = z.strictObject({
  /** Whom pictures and clips may show (Vertex). */
  personGeneration: z.enum(['dont_allow', 'allow_adult', 'allow_all']).optional(),
  /** Whether Veo and Imagen write the prompt anew. */
  enhancePrompt: z.boolean().optional(),
  /** Veo. */
  compressionQuality: z.enum(['optimized', 'lossless']).optional(),
  /** How Veo brings a first frame of another ratio to the clip's. */
  resizeMode: z.enum(['crop', 'pad']).optional(),
  /** Filters of text and Gemini image models, by category of harm. */
  safety: z
    .partialRecord(
      z.enum(CATEGORIES),
      z.enum(['BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH', 'BLOCK_NONE', 'OFF']),
    )
    .optional(),
  /** Imagen. */
  safetyFilterLevel: z
    .enum(['BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH', 'BLOCK_NONE'])
    .optional(),
  /** How long text models think. */
  thinkingLevel: z.enum(['minimal', 'low', 'medium', 'high']).optional(),
});

/** What users may set under `settings.options.google`. */
export type GoogleModelOptions = z.infer<typeof schema>;

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
