import type { HeartbeatMessage } from '../down.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { readFlags } from './record-flags.ts';
import { HEARTBEAT_FLAG } from './record-kind.ts';

/** A channel id as the field names of a heartbeat have it. */
const CHANNEL_ID = /^(0|[1-9]\d*)$/;

/** Fields that are no channel ids, and digests of channels that are not in `last`, do not fit. */
export function writeHeartbeat(writer: ByteWriter, { now, last, digests }: HeartbeatMessage): void {
  const entries = Object.entries(last);
  let digestsLeft = Object.keys(digests ?? {}).length;
  writer.byte(digests === undefined ? 0 : HEARTBEAT_FLAG.digests);
  writer.varint(now);
  writer.varint(entries.length);
  for (const [name, sequence] of entries) {
    if (!CHANNEL_ID.test(name)) writer.fits = false;
    const digest = digests?.[name];
    writer.varint(Number(name) * 2 + (digest === undefined ? 0 : 1));
    writer.varint(sequence);
    if (digest === undefined) continue;
    writer.uint32(digest);
    digestsLeft--;
  }
  if (digestsLeft !== 0) writer.fits = false;
}

export function readHeartbeat(reader: ByteReader): HeartbeatMessage {
  const flags = readFlags(reader, HEARTBEAT_FLAG.digests);
  const now = reader.varint();
  const last: Record<string, number> = {};
  const digests: Record<string, number> = {};
  for (let left = reader.size(); left > 0; left--) {
    const channel = reader.varint();
    const name = String(Math.floor(channel / 2));
    last[name] = reader.varint();
    if (channel % 2 === 1) digests[name] = reader.uint32();
  }
  return {
    type: 'heartbeat',
    now,
    last,
    ...((flags & HEARTBEAT_FLAG.digests) === 0 ? {} : { digests }),
  };
}
