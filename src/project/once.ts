/** A value that is made when it is first asked for: building schemas at import would cost every user about 10 ms. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
