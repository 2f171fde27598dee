/** One part of a view's content, opaque to whoever stores it; order matters. Nothing secret is in it. */
export type StateChunk = { readonly name: string; readonly bytes: Buffer };
