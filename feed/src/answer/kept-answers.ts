/*
 * Answers that are costly to make and stay true for as long as what they show: made once for a revision of it, asked for
 * by many (a scrubber a tab), and tagged, so that who has one is told so.
 */
import { createHash } from 'node:crypto';

import type { Context, TypedResponse } from 'hono';
import type { JSONParsed } from 'hono/utils/types';

/** Together they are some megabytes: of a silhouette of 2,000 points and eight markets it is 200 kB. */
const MAX_KEPT = 64;

/** The text of an answer, and the hash of it; `body` is only its type. */
export type KeptAnswer<T = unknown> = {
  readonly text: string;
  readonly tag: string;
  readonly body?: T;
};

type Kept = { readonly revision: string; readonly answer: Promise<KeptAnswer> };

export class KeptAnswers {
  readonly #kept = new Map<string, Kept>();

  /** The answer of this name and revision: kept, being made, or made now. One that fails is not kept. */
  of<T>(name: string, revision: string, make: () => Promise<T>): Promise<KeptAnswer<T>> {
    const kept = this.#kept.get(name);
    this.#kept.delete(name);
    // A name is of one kind of answer.
    const answer =
      kept?.revision === revision
        ? (kept.answer as Promise<KeptAnswer<T>>)
        : make().then((body) => keptAnswer(body));
    // The one that was asked for last is at the end.
    this.#kept.set(name, { revision, answer });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    answer.catch(() => {
      if (this.#kept.get(name)?.answer === answer) this.#kept.delete(name);
    });
    return answer;
  }

  get size(): number {
    return this.#kept.size;
  }
}

export function keptAnswer<T>(body: T): KeptAnswer<T> {
  const text = JSON.stringify(body);
  const hash = createHash('sha256').update(text).digest('base64url');
  return { text, tag: `"${hash.slice(0, 22)}"` };
}

/** Answers with it, or 304 to who has it. */
export function answerKept<T>(
  c: Context,
  { text, tag }: KeptAnswer<T>,
): Response & TypedResponse<JSONParsed<T>, 200, 'json'> {
  return answer(c, text, tag) as Response & TypedResponse<JSONParsed<T>, 200, 'json'>;
}

function answer(c: Context, text: string, tag: string): Response {
  const headers = {
    ETag: tag,
    'Cache-Control': 'no-cache',
    'Access-Control-Expose-Headers': 'ETag',
  };
  const known = c.req.header('if-none-match')?.split(',') ?? [];
  if (known.some((each) => [tag, `W/${tag}`, '*'].includes(each.trim())))
    return c.body(null, 304, headers);
  return c.body(text, 200, { ...headers, 'Content-Type': 'application/json' });
}
