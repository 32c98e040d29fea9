/*
 * Reported inputs, each with its right result: a folder of `fixtures/reports` and its `expected.json`, whose form is
 * described in the README there. Run as a user would: the real command line into a history of its own, then a real
 * feed without another source. Decimal texts are compared as numbers: 41 is 41.0.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { TestFeed } from './test-feed.ts';
import {
  bookFault,
  candlesFault,
  holdsName,
  type ReportedCheck,
  sessionFault,
  sessionsOf,
  symbolOf,
  symbolsOf,
  tradesFault,
} from './test-reported-checks.ts';

const REPORTS = fileURLToPath(new URL('../fixtures/reports', import.meta.url));
const COMMAND = fileURLToPath(new URL('../src/tapedeck.ts', import.meta.url));
const COMPILED = join(tmpdir(), 'tapedeck-compiled');
const NO_SOURCE = { TAPEDECK_SOURCE: 'none' };

type Answer = {
  readonly name?: string;
  readonly rc?: readonly number[];
  readonly status?: readonly number[];
  readonly words?: readonly string[];
  readonly not?: readonly string[];
  readonly reply?: Readonly<Record<string, unknown>>;
  readonly market?: { readonly state: readonly string[] };
  readonly checks?: readonly ReportedCheck[];
};

type Expected = {
  readonly about: string;
  readonly imports?: readonly (readonly string[])[];
  readonly answers?: readonly Answer[];
  readonly push?: readonly {
    readonly post: readonly object[];
    readonly answers: readonly Answer[];
  }[];
};

type Body = Readonly<Record<string, unknown>>;
/** The folders, in order. */
export function reportedInputs(): readonly string[] {
  const entries = readdirSync(REPORTS, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** What is wrong with the result of an input; undefined if one of the right results matches completely. */
export async function faultOfReported(name: string): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-reported-'));
  try {
    return await new ReportedInput(name, join(folder, 'history.db')).fault();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class ReportedInput {
  readonly #folder: string;
  readonly #history: string;
  readonly #expected: Expected;

  constructor(name: string, history: string) {
    this.#folder = join(REPORTS, name);
    this.#history = history;
    this.#expected = JSON.parse(
      atTime(readFileSync(join(this.#folder, 'expected.json'), 'utf8'), Date.now()),
    ) as Expected;
  }

  async fault(): Promise<string | undefined> {
    const { imports = [], answers = [], push = [] } = this.#expected;
    let printed = '';
    let status = 0;
    for (const args of imports) {
      const outcome = await this.#command('import', ...args);
      printed += outcome.printed;
      status = Math.max(status, outcome.status);
    }
    const feed = await TestFeed.start({ ...NO_SOURCE, TAPEDECK_DB: this.#history });
    try {
      for (const { post, answers: right } of push) {
        const { status: code, body } = await feed.post('/v1/ingest', { events: post });
        const said = { status: code, body: body as Body, text: JSON.stringify(body) };
        const fault = await this.#firstHeld(right, async (answer) => {
          const replied = replyFault(answer, said);
          return replied ?? (await this.#checksFault(answer, feed));
        });
        if (fault !== undefined) return fault;
      }
      if (imports.length === 0) return undefined;
      return await this.#firstHeld(answers, async (answer) => {
        if (!(answer.rc ?? [0]).includes(status)) return `exit status ${status}: ${printed}`;
        const fault = wordsFault(answer, printed);
        if (fault !== undefined) return fault;
        if (status !== 0 && (await sessionsOf(feed)).length > 0) return 'refused, yet a session';
        return this.#checksFault(answer, feed);
      });
    } finally {
      await feed.close();
    }
  }

  async #firstHeld(
    answers: readonly Answer[],
    faultOf: (answer: Answer) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const faults: string[] = [];
    for (const answer of answers) {
      const fault = await faultOf(answer);
      if (fault === undefined) return undefined;
      faults.push(`not ${answer.name ?? 'right'}: ${fault}`);
    }
    return faults.join('\n');
  }

  async #checksFault({ checks = [] }: Answer, feed: TestFeed): Promise<string | undefined> {
    for (const check of checks) {
      const fault = await this.#checkFault(check, feed);
      if (fault !== undefined) return `${JSON.stringify(check).slice(0, 300)}: ${fault}`;
    }
    return undefined;
  }

  async #checkFault(check: ReportedCheck, feed: TestFeed): Promise<string | undefined> {
    if (check.any !== undefined) {
      const faults: string[] = [];
      for (const each of check.any) {
        const fault = await this.#checkFault(each, feed);
        if (fault === undefined) return undefined;
        faults.push(fault);
      }
      return faults.join(' and ');
    }
    if (check.book !== undefined) return bookFault(check, await symbolOf(feed, check.book), feed);
    if (check.trades !== undefined)
      return tradesFault(check, await symbolOf(feed, check.trades), feed);
    if (check.candles !== undefined)
      return candlesFault(check, await symbolOf(feed, check.candles), feed);
    if (check.session !== undefined) return sessionFault(check, check.session, feed);
    if (check.verify !== undefined) return this.#verifyFault(check, check.verify, feed);
    const known = await symbolsOf(feed);
    const missing = (check.instruments ?? []).filter((symbol) => !known.includes(symbol));
    const wrong = (check.absent ?? []).filter((symbol) => known.includes(symbol));
    return missing.length + wrong.length === 0 ? undefined : `there are ${known.join(', ')}`;
  }

  async #verifyFault(
    check: ReportedCheck,
    name: string,
    feed: TestFeed,
  ): Promise<string | undefined> {
    const session = (await sessionsOf(feed)).find((each) => holdsName(each.symbols, name));
    if (session === undefined) return 'no session';
    const { printed } = await this.#command('verify', session.id, '--json');
    const { crossed, gaps } = JSON.parse(printed) as { crossed: number; gaps: number };
    const held = (check.crossed ?? crossed) === crossed && (check.gaps ?? gaps) === gaps;
    return held ? undefined : `crossed ${crossed}, gaps ${gaps}`;
  }

  #command(...args: readonly string[]): Promise<{ status: number; printed: string }> {
    // Node's compile cache of the command line is shared by all inputs.
    const env = { ...process.env, TAPEDECK_DB: this.#history, NODE_COMPILE_CACHE: COMPILED };
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [COMMAND, ...args],
        { env, cwd: this.#folder },
        (error, out, err) => {
          const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 128;
          resolve({ status, printed: out + err });
        },
      );
    });
  }
}

/** `"now-100"` is a time, as a number. */
function atTime(text: string, now: number): string {
  return text.replaceAll(/"now([+-]\d+)?"/g, (_, shift = '0') => String(now + Number(shift)));
}

function wordsFault({ words = [], not = [] }: Answer, text: string): string | undefined {
  const missing = words.filter((word) => !new RegExp(word, 'i').test(text));
  const wrong = not.filter((word) => new RegExp(word, 'i').test(text));
  if (missing.length + wrong.length === 0) return undefined;
  return `without ${missing.join(', ')} or with ${wrong.join(', ')}: ${text}`;
}

function replyFault(
  answer: Answer,
  said: { readonly status: number; readonly body: Body; readonly text: string },
): string | undefined {
  if (!(answer.status ?? [200]).includes(said.status)) return `${said.status}: ${said.text}`;
  const fault = wordsFault(answer, said.text);
  if (fault !== undefined) return fault;
  for (const [field, value] of Object.entries(answer.reply ?? {}))
    if (said.body[field] !== value) return `${field} is ${String(said.body[field])}`;
  const wanted = answer.market?.state;
  const states = ((said.body['markets'] ?? []) as { state: string }[]).map(({ state }) => state);
  if (
    wanted === undefined ||
    (states.length > 0 && states.every((state) => wanted.includes(state)))
  )
    return undefined;
  return `the market is ${states.join()}`;
}
