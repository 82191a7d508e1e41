import { ProviderError } from 'vidpipe/provider';

const INSTALL = 'npm install @google/genai google-auth-library';

/** Loads a package at its first use. Throws `ProviderError` with the line to install it where it is missing. */
export async function loaded<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    const message = `${name} is not installed. Run: ${INSTALL}`;
    throw new ProviderError({ kind: 'invalid-request', accepted: 'no', message }, { cause });
  }
}
