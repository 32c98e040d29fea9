import { type DownMessage, downSchema } from '../down.ts';
import { type UpInput, type UpMessage, UP_SCHEMAS } from '../up.ts';
import { shortJson } from './short-json.ts';

/** What a frame's text was not; the message names the field and the value (rule 7 of the house). */
export class WireError extends Error {
  override readonly name = 'WireError';
  /** The `id` of the request that was wrong, where it could be read. */
  readonly id: number | undefined;
  readonly requestType: string | undefined;

  constructor(message: string, id?: number, requestType?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.id = id;
    this.requestType = requestType;
  }
}

/** The text of one message. A frame is such texts joined by `\n` (P4). */
export function encode(message: DownMessage | UpInput): string {
  return JSON.stringify(message);
}

/** Parses one client message. @throws WireError naming what was wrong. */
export function decodeUp(text: string): UpMessage {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new WireError(`a message must be a JSON object, got ${shown(value)}`);
  const { type, id } = value as { type?: unknown; id?: unknown };
  const requestId = Number.isSafeInteger(id) ? (id as number) : undefined;
  if (typeof type !== 'string' || !Object.hasOwn(UP_SCHEMAS, type))
    throw new WireError(
      `type: ${shown(type)} is not one of ${Object.keys(UP_SCHEMAS).join(', ')}`,
      requestId,
    );
  const result = UP_SCHEMAS[type as keyof typeof UP_SCHEMAS].safeParse(value);
  if (result.success) return result.data;
  throw new WireError(issueText(result.error.issues, value), requestId, type, result.error);
}

/**
 * Parses a frame of the feed and checks every message of a known type; unknown types are left out (P4).
 * @throws WireError when any part is not what the protocol says: the whole frame is then to be treated as lost.
 */
export function decodeDown(frame: string): DownMessage[] {
  const messages: DownMessage[] = [];
  for (const line of frame.split('\n')) {
    if (line === '') continue;
    const value = parseJson(line);
    const type = (value as { type?: unknown } | null)?.type;
    if (typeof type !== 'string') throw new WireError(`type: ${shown(type)} is not a string`);
    if (!DOWN_TYPES.has(type)) continue;
    const result = downSchema.safeParse(value);
    if (!result.success)
      throw new WireError(issueText(result.error.issues, value), undefined, type, result.error);
    messages.push(result.data);
  }
  return messages;
}

const DOWN_TYPES: ReadonlySet<string> = new Set(
  downSchema.options.map((option) => option.shape.type.value),
);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WireError(`not JSON: ${shown(text)}`, undefined, undefined, error);
  }
}

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string };

/** The first issue as `field: what, got value`. */
export function issueText(issues: readonly Issue[], value: unknown): string {
  const issue = issues[0];
  if (issue === undefined) return 'invalid';
  let at: unknown = value;
  for (const key of issue.path) at = (at as Record<PropertyKey, unknown> | undefined)?.[key];
  const field = shownName(issue.path.map(String).join('.')) || 'message';
  return `${field}: ${issue.message}, got ${shown(at)}`;
}

const MAX_SHOWN = 80;

/** A value as an error message shows it: JSON, cut at 80 characters. */
export function shown(value: unknown): string {
  return value === undefined ? 'nothing' : shortJson(value, MAX_SHOWN);
}

const MAX_WORD = 120;
const MAX_MESSAGE = 1_000;

/**
 * An error message as it is sent: whatever values of its sender are in it, it echoes no more than the beginning of each,
 * and of all of them together no more than a screen.
 */
export function boundedMessage(message: string): string {
  const words = message.replaceAll(/\S+/g, (word) =>
    word.length <= MAX_WORD ? word : `${word.slice(0, MAX_SHOWN)}…`,
  );
  const text = words.length <= MAX_MESSAGE ? words : `${words.slice(0, MAX_MESSAGE)}…`;
  return text.toWellFormed();
}

/** The name of a field as an error message shows it, for it may be its sender's: cut like a value. */
export function shownName(name: string): string {
  return name.length <= MAX_SHOWN ? name : `${name.slice(0, MAX_SHOWN).toWellFormed()}…`;
}
