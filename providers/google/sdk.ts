import { ProviderError } from 'vidpipe/provider';

const INSTALL = 'npm install @google/genai google-auth-library';

/** Loads a package at its first use. Throws `ProviderError`, never sent, that names the line to install it where it is missing. */
export async function loaded<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const missing = (cause as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
    const message = missing
      ? `${name} is not installed. Run: ${INSTALL}`
      : `${name} could not be loaded: ${String(cause)}`;
    throw new ProviderError({ kind: 'invalid-request', accepted: 'no', message }, { cause });
  }
}
