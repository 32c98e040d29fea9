/* Helpers for reading venues' answers, which are JSON of unknown content. */
import { type Fields, isFields } from './dump-venue.ts';

/** Parsed JSON; undefined if the text is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Parsed JSON whose numbers are the text that was sent; undefined if the text is not JSON. */
export function jsonWithNumberText(text: string): unknown {
  try {
    return JSON.parse(text, withNumberText) as unknown;
  } catch {
    return undefined;
  }
}

function withNumberText(
  _: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}

/** A text field; undefined if it is not text. */
export function fieldText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

/** The objects in a list; undefined if it is not a list. */
export function objectsOf(value: unknown): readonly Fields[] | undefined {
  return Array.isArray(value) ? (value as unknown[]).filter(isFields) : undefined;
}

/** 8 places give a step of 0.00000001. */
export function stepOfPlaces(places: number): string {
  return places <= 0 ? '1' : `0.${'0'.repeat(places - 1)}1`;
}

/** The beginning of an unusable answer, for messages. */
export function beginningOf(text: string): string {
  return text.slice(0, 80).replaceAll(/\s+/g, ' ');
}
