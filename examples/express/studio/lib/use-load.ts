import { useCallback, useEffect, useState } from 'react';

/** What is being loaded: the last of it that came, and why nothing newer did. */
export interface Loaded<T> {
  readonly data: T | null;
  readonly error: unknown;
  readonly reload: () => void;
}

/** Loads now, again whenever `load` is another function, and after `reload`; only the last answer counts. `waitMs` lets typing come to its end. */
export function useLoad<T>(load: (() => Promise<T>) | null, waitMs = 0): Loaded<T> {
  const [data, setData] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let isLast = true;
    const begin = async (): Promise<void> => {
      try {
        const found = load === null ? null : await load();
        if (!isLast) return;
        setData(() => found);
        setError(null);
      } catch (failure) {
        if (isLast) setError(failure);
      }
    };
    const timer = setTimeout(() => void begin(), waitMs);
    return () => {
      isLast = false;
      clearTimeout(timer);
    };
  }, [load, waitMs, tries]);
  return { data, error, reload: useCallback(() => setTries((before) => before + 1), []) };
}
