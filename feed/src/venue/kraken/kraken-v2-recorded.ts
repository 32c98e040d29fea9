/* Kraken WebSocket v2 in recordings: the same frames as live, with the depth of each book. */
import type { DumpConnection, DumpFinding } from '../dump-venue.ts';
import { isFields } from '../dump-venue.ts';
import { jsonOf } from '../json-fields.ts';
import { recordedFindings } from '../recorded-findings.ts';
import { krakenV2Frame } from './kraken-v2-frame.ts';

/** What can be subscribed. */
const DEPTHS = [10, 25, 100, 500, 1_000];

export class KrakenV2Recorded implements DumpConnection {
  /** As acknowledged. */
  readonly #depths = new Map<unknown, number>();

  frame(text: string): readonly DumpFinding[] {
    if (text.includes('"method"')) this.#acknowledge(text);
    return recordedFindings(krakenV2Frame(text)).map((finding) => {
      if (finding.kind !== 'event' || finding.event.type !== 'snapshot') return finding;
      const { bids, asks } = finding.event;
      const longest = Math.max(bids.length, asks.length);
      const depth =
        this.#depths.get(finding.market) ?? DEPTHS.find((each) => each >= longest) ?? longest;
      return { ...finding, event: { ...finding.event, depth } };
    });
  }

  #acknowledge(text: string): void {
    const json = jsonOf(text);
    const result = isFields(json) ? json['result'] : undefined;
    if (!isFields(result) || result['channel'] !== 'book') return;
    const { symbol, depth } = result;
    if (typeof depth === 'number') this.#depths.set(symbol, depth);
  }
}
