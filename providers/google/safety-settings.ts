import type { GenerateContentConfig } from '@google/genai';
import type { GoogleModelOptions } from './model-options.ts';

/** Filters of text and Gemini image models, where the user set any. */
export function safetySettings({ safety }: GoogleModelOptions): Pick<GenerateContentConfig, 'safetySettings'> {
  const set = Object.entries(safety ?? {}).map(([category, threshold]) => ({
    category: `HARM_CATEGORY_${category}`,
    threshold,
  }));
  return set.length === 0 ? {} : { safetySettings: set as never };
}
