/** What the world's service gives away to nobody but its client. Found anywhere in logs, events, errors or names, one of them is a leak (I9). */
export const SECRETS = {
  /** The client's key. Error bodies repeat it, as those of careless services do. */
  key: 'world-key-7f1c2b90d4e8',
  /** Signs the links of results. */
  signature: 'world-signature-53ad0e6b',
  /** A header that downloads carry. */
  token: 'world-token-c94f7712ab',
  /** A part of every handle; a handle is in its `call.submitted` and nowhere else. */
  handle: 'world-handle-08be6d35',
} as const;

/** What a careless service adds to all that it says. */
export function careless(said: string, key: string): string {
  return `${said} (https://api.world.test/?key=${key}, Bearer ${SECRETS.token})`;
}
