type Given<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> };

/** The fields that are not `undefined`. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
