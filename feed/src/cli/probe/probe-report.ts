/* What `tapedeck probe` says of a venue's market. */
import type { MarketState } from '@tapedeck/market/instrument/instrument';

import type { Capability } from '../../venue/live-venue.ts';

/** Price and size, as the venue writes them. */
type Best = { readonly price: string; readonly size: string };

export type ProbeReport = {
  readonly symbol: string;
  readonly hosts: { readonly socket: string; readonly http: string };
  readonly seconds: number;
  /** Whether the book was `ok` at any time. */
  readonly ok: boolean;
  /** Why it was not. */
  readonly reason: string | null;
  readonly frames: number;
  readonly bytes: number;
  /** Since the first frame. */
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly trades: { readonly seen: number; readonly missing: number };
  readonly book: {
    /** `none`: the market was not announced. */
    readonly state: MarketState | 'none';
    readonly okAfterMs: number | null;
    readonly bids: number;
    readonly asks: number;
    readonly bestBid: Best | null;
    readonly bestAsk: Best | null;
    readonly deltas: number;
    readonly gaps: number;
  };
  readonly proof: {
    /** What reveals a lost delta (V6). */
    readonly loss: Capability['loss'];
    readonly checksums: { readonly made: number; readonly failed: number };
    /** Comparisons with something else that the venue states. */
    readonly audits: { readonly made: number; readonly failed: number };
  };
  /** The venue's clock minus ours, less the time of the fastest message; null if unknown. */
  readonly clockOffsetMs: number | null;
  readonly links: readonly { readonly path: string; readonly state: string }[];
  /** What the status log of a feed would say. */
  readonly told: readonly string[];
};

const LOSS: Readonly<Record<Capability['loss'], string>> = {
  chain: 'numbers of deltas',
  checksum: 'checksum',
  none: 'none: a lost delta does not show',
};

export function probeLines(report: ProbeReport): readonly string[] {
  const { symbol, hosts, seconds, book, trades, proof, clockOffsetMs } = report;
  const missing = trades.missing === 0 ? 'none missing' : `${trades.missing} missing`;
  const since = book.okAfterMs === null ? '' : `, ok after ${tenths(book.okAfterMs)} s`;
  const rows: readonly (readonly [string, string])[] = [
    [
      'came',
      `${report.frames} frames, ${report.framesPerSecond} and ${sized(report.bytesPerSecond)} a second`,
    ],
    ['trades', `${trades.seen}, ${missing}`],
    ['book', `${book.state}${since}, ${book.bids} bids, ${book.asks} asks`],
    ['best', `bid ${bestText(book.bestBid)}, ask ${bestText(book.bestAsk)}`],
    [
      'proof',
      [`${LOSS[proof.loss]}, ${book.deltas} deltas, ${book.gaps} gaps`, ...proofs(proof)].join(
        '; ',
      ),
    ],
    ['clock', clockText(clockOffsetMs)],
    ['links', report.links.map(({ path, state }) => `${path} ${state}`).join(', ') || 'none'],
    ...report.told.map((message) => ['told', message] as const),
  ];
  return [
    `${symbol} at ${hosts.socket} and ${hosts.http}, for ${seconds} s`,
    ...rows.map(([name, text]) => `${name.padEnd(7)} ${text}`),
    ...(report.reason === null ? [] : [`no book: ${report.reason}`]),
  ];
}

function proofs({ checksums, audits }: ProbeReport['proof']): readonly string[] {
  const right = (name: string, { made, failed }: typeof audits): readonly string[] =>
    made === 0 ? [] : [`${made - failed} of ${made} ${name} right`];
  return [...right('checksums', checksums), ...right('comparisons', audits)];
}

function bestText(best: Best | null): string {
  return best === null ? 'none' : `${best.price} x ${best.size}`;
}

function clockText(offsetMs: number | null): string {
  if (offsetMs === null) return 'unknown';
  const ms = Math.round(offsetMs);
  return ms > 0
    ? `the venue's is ${ms} ms ahead`
    : `the venue's is ${-ms} ms behind, travel time included`;
}

function sized(bytes: number): string {
  return bytes < 1_000 ? `${bytes} B` : `${tenths(bytes)} kB`;
}

function tenths(thousandths: number): string {
  return (thousandths / 1_000).toFixed(1);
}
