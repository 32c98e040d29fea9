import type { NewsDocument } from './news-document.ts';

/** A document to read, and what became of it. */
export type ToReader = { readonly text: string; readonly address: string };
export type FromReader = { readonly document: NewsDocument } | { readonly problem: string };
