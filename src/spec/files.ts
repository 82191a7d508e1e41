/** A file that is being written. */
export interface WorkFile {
  /** All of the chunk, after those before it. */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends it, whole or not. */
  close(): Promise<void>;
}

/** The work folder's file system: where bytes lie on their way into the store. A `MediaTool` reads and writes the same paths. */
export interface WorkFiles {
  /** With all folders above it, for this user only; one that is there is fine. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder. */
  list(folder: string): Promise<readonly string[]>;
  /** A new file, for this user only. Rejects where there is one. */
  create(path: string): Promise<WorkFile>;
  /** All of a file. */
  read(path: string): ReadableStream<Uint8Array>;
  /** Bytes of all files in a folder; 0 where there is none. */
  size(folder: string): Promise<number>;
  /** Bytes that can still be written to a folder, `null` where nobody can say. */
  free(folder: string): Promise<number | null>;
  /** A file, or a folder with all that is in it; none is fine. */
  remove(path: string): Promise<void>;
}
