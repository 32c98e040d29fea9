/*
 * Answers that are costly to make and stay true as long as their subject does not change: made once per revision,
 * shared by all clients (each tab has a scrubber), and tagged, so that a client that has one gets 304.
 */
import { createHash } from 'node:crypto';

import type { Context, TypedResponse } from 'hono';
import type { JSONParsed } from 'hono/utils/types';

/** Some megabytes in total: a silhouette of 2,000 points and eight markets is 200 kB. */
const MAX_KEPT = 64;

/** The text of an answer and its hash; `body` carries only the type. */
export type KeptAnswer<T = unknown> = {
  readonly text: string;
  readonly tag: string;
  readonly body?: T;
};

type Kept = { readonly revision: string; readonly answer: Promise<KeptAnswer> };

export class KeptAnswers {
  readonly #kept = new Map<string, Kept>();

  /** The answer with this name and revision: kept, being made, or made now. One that fails is not kept. */
  of<T>(name: string, revision: string, make: () => Promise<T>): Promise<KeptAnswer<T>> {
    const kept = this.#kept.get(name);
    this.#kept.delete(name);
    // A name always has the same kind of answer.
    const answer =
      kept?.revision === revision
        ? (kept.answer as Promise<KeptAnswer<T>>)
        : make().then((body) => keptAnswer(body));
    // The most recently requested one is last.
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

/** Sends it, or 304 if the client has it already. */
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
