/* Text from outside as one line of plain text: no tags, no control characters, no more than a limit. */
import { decodeHTML } from 'entities';

/** Longer text is cut before it is worked on. */
const MAX_RAW = 5_000;
const HIDDEN = /<(script|style)\b[^>]*>[\s\S]*?<\/\1\s*>|<!--[\s\S]*?-->/gi;
/** Only what looks like a tag: `a < b` stays. */
const TAG = /<\/?[a-z][^<>]*>/gi;
/** Marks that change the direction of the text after them, and would do so beyond the headline. */
const DIRECTION = /[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
const SPACE = /[\p{Cc}\p{Z}]+/gu;

/** HTML as plain text. */
export function plainText(html: string, max: number): string {
  const bare = html.slice(0, MAX_RAW).replace(HIDDEN, ' ').replace(TAG, ' ');
  return oneLine(decodeHTML(bare), max);
}

/** Plain text as one line. */
export function oneLine(text: string, max: number): string {
  const line = text
    .slice(0, MAX_RAW)
    .toWellFormed()
    .normalize('NFC')
    .replace(DIRECTION, '')
    .replace(SPACE, ' ')
    .trim();
  if (line.length <= max) return line;
  // Never half a character.
  return `${line
    .slice(0, max - 1)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd()}…`;
}
