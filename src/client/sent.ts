import type { Changes, ModelId, ProjectSettings, Reference, SettingsChange } from '../index.ts';
import type { ModelEntry } from '../spec/index.ts';
import type { ClientEvent } from './watch.ts';

/** A reference whose picture is given as bytes, or as base64 of them. */
export type ClientReference = Omit<Reference, 'image'> & { readonly image: Uint8Array | string };

/** Settings as a client gives them: no path means anything on the other side. */
export type ClientSettings = Omit<ProjectSettings, 'references'> & { readonly references?: readonly ClientReference[] };

/** Changes as a client gives them; frames and clips go through `supply`. */
export type ClientChanges = Omit<Changes, 'supply' | 'settings'> & {
  readonly settings?: Omit<SettingsChange, 'references'> & { readonly references?: readonly ClientReference[] };
};

/** One model with its full id. */
export type Model = ModelEntry & { readonly id: ModelId };

/** Some events of a project; `next` is the `after` of the following page, `null` at the end. */
export interface EventPage {
  readonly items: readonly ClientEvent[];
  readonly next: number | null;
}

/** What `change` and its like hold on to. */
export interface IfSeq {
  /** The `seq` of the project that is changed: with another one nothing is done (412). @default whatever has happened */
  readonly seq?: number;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** Settings with pictures as text, as JSON needs them. */
export function sendable<T extends { readonly references?: readonly ClientReference[] }>(settings: T): object {
  const { references, ...rest } = settings;
  if (references === undefined) return rest;
  const told = references.map(({ image, ...more }) => ({
    ...more,
    image: typeof image === 'string' ? image : base64(image),
  }));
  return { ...rest, references: told };
}

/** Changes with pictures as text. */
export function sendableChanges({ settings, ...rest }: ClientChanges): object {
  return settings === undefined ? rest : { ...rest, settings: sendable(settings) };
}
