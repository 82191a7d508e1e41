import { useState, useSyncExternalStore } from 'react';
import { type Feed, ProjectFeed } from './feed.ts';

/** A project, live. Give the component a `key` with the id. */
export function useProject(id: string): Feed & { readonly refresh: () => Promise<void> } {
  const [feed] = useState(() => new ProjectFeed(id));
  const state = useSyncExternalStore(feed.subscribe, () => feed.state);
  return { ...state, refresh: feed.refresh };
}
