/* Reading answers of venues: JSON of unknown content, with a number's own text where it matters. */
import { type Fields, isFields } from './dump-venue.ts';

/** Parsed JSON; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A field of text; undefined where it is none. */
export function fieldText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

/** The objects of a list; undefined where it is none. */
export function objectsOf(value: unknown): readonly Fields[] | undefined {
  return Array.isArray(value) ? (value as unknown[]).filter(isFields) : undefined;
}

/** 8 places are a step of 0.00000001. */
export function stepOfPlaces(places: number): string {
  return places <= 0 ? '1' : `0.${'0'.repeat(places - 1)}1`;
}

/** What an answer that cannot be used begins with, for messages. */
export function beginningOf(text: string): string {
  return text.slice(0, 80).replaceAll(/\s+/g, ' ');
}
