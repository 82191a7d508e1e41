import type { Provider } from 'vidpipe';
import { google } from 'vidpipe/providers/google';

/** Google's models, where the environment has credentials: a project of Vertex, or a key of the Developer API. */
export function googleFromEnvironment(): readonly Provider[] {
  const { GOOGLE_CLOUD_PROJECT: project, GOOGLE_CLOUD_LOCATION: location, GEMINI_API_KEY: apiKey } = process.env;
  if (project) return [google({ vertex: { project, ...(location ? { location } : {}) } })];
  return apiKey ? [google({ apiKey })] : [];
}
