export function ChangesPage(_: { readonly id: string }) { return null; }
