import { useState } from 'react';

function read<T>(key: string, initial: T): T {
  const text = sessionStorage.getItem(key);
  return text === null ? initial : { ...initial, ...(JSON.parse(text) as T) };
}

/** Fields that outlive a reload of this tab, until they are cleared. */
export function useStored<T extends object>(
  key: string,
  initial: T,
): readonly [T, (change: Partial<T>) => void, () => void] {
  const [value, setValue] = useState<T>(() => read(key, initial));
  const change = (changes: Partial<T>): void =>
    setValue((before) => {
      const after = { ...before, ...changes };
      sessionStorage.setItem(key, JSON.stringify(after));
      return after;
    });
  const clear = (): void => {
    sessionStorage.removeItem(key);
    setValue(initial);
  };
  return [value, change, clear];
}
