/**
 * A value as JSON, cut at so many characters with an ellipsis. Nothing beyond the cut is looked at: a value as deep or
 * as long as its sender likes costs no more than what is shown, where `JSON.stringify` would run out of stack.
 */
export function shortJson(value: unknown, maxCharacters: number): string {
  const text = written(value, maxCharacters);
  if (text.length <= maxCharacters) return text;
  // Never half of a character.
  return `${text.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The beginning of its JSON: all of it, or more than `room` characters. Each level takes a character of the room. */
function written(value: unknown, room: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, Math.max(0, room) + 1));
  if (typeof value !== 'object' || value === null) return String(value);
  const isList = Array.isArray(value);
  let text = isList ? '[' : '{';
  for (const [index, key] of Object.keys(value).entries()) {
    if (text.length > room) return text;
    if (index > 0) text += ',';
    if (!isList) text += `${written(key, room - text.length)}:`;
    text += written((value as Readonly<Record<string, unknown>>)[key], room - text.length);
  }
  return text + (isList ? ']' : '}');
}
