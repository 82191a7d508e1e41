type Anything = (...args: readonly unknown[]) => unknown;

/** Lets `tap` see each call of a method; returns what undoes it. */
export function tapped<T extends object>(
  prototype: T,
  method: string,
  tap: (self: T, args: readonly unknown[]) => void,
): () => void {
  const original = Reflect.get(prototype, method) as Anything;
  const replacement = function (this: T, ...args: readonly unknown[]): unknown {
    tap(this, args);
    return original.apply(this, [...args]);
  };
  Reflect.set(prototype, method, replacement);
  return () => void Reflect.set(prototype, method, original);
}
