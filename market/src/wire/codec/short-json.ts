/**
 * Formats a value as JSON, truncated to a number of characters with an ellipsis. It stops reading at that point, so a
 * huge or deeply nested value from a client costs no more than the output; `JSON.stringify` could overflow the stack.
 */
export function shortJson(value: unknown, maxCharacters: number): string {
  const text = written(value, maxCharacters);
  if (text.length <= maxCharacters) return text;
  // Do not split a surrogate pair.
  return `${text.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/**
 * The whole JSON, or a prefix longer than `room`. Each level uses one character of `room`, which bounds the depth.
 */
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
