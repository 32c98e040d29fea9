import { type DownMessage, downSchema } from '../down.ts';
import { type UpInput, type UpMessage, UP_SCHEMAS } from '../up.ts';
import { shortJson } from './short-json.ts';

/** A message is invalid. The error message names the field and the value. */
export class WireError extends Error {
  override readonly name = 'WireError';
  /** The `id` of the invalid request, if it could be read. */
  readonly id: number | undefined;
  readonly requestType: string | undefined;

  constructor(message: string, id?: number, requestType?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.id = id;
    this.requestType = requestType;
  }
}

/** Encodes one message. A frame is such texts joined by `\n` (P4). */
export function encode(message: DownMessage | UpInput): string {
  return JSON.stringify(message);
}

/** Parses one client message. @throws WireError that names the field and the value. */
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
 * Parses a frame of the feed and checks every message of a known type; unknown types are skipped (P4).
 * @throws WireError when any message is invalid. Treat the whole frame as lost.
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

/** Formats a value for an error message: JSON, truncated to 80 characters. */
export function shown(value: unknown): string {
  return value === undefined ? 'nothing' : shortJson(value, MAX_SHOWN);
}

const MAX_WORD = 120;
const MAX_MESSAGE = 1_000;

/**
 * Bounds the length of an error message before it is sent, because it may contain many values from the client.
 */
export function boundedMessage(message: string): string {
  const words = message.replaceAll(/\S+/g, (word) =>
    word.length <= MAX_WORD ? word : `${word.slice(0, MAX_SHOWN)}…`,
  );
  const text = words.length <= MAX_MESSAGE ? words : `${words.slice(0, MAX_MESSAGE)}…`;
  return text.toWellFormed();
}

/** Formats a field name for an error message. The client may have chosen it, so it is truncated like a value. */
export function shownName(name: string): string {
  return name.length <= MAX_SHOWN ? name : `${name.slice(0, MAX_SHOWN).toWellFormed()}…`;
}
