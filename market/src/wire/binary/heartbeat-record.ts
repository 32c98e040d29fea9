import type { HeartbeatMessage } from '../down.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { readFlags } from './record-flags.ts';
import { EXTENDED, HEARTBEAT_FLAG } from './record-kind.ts';

/** A channel id as a field name of a heartbeat. */
const CHANNEL_ID = /^(0|[1-9]\d*)$/;

/**
 * Field names that are not channel ids, and digests or times of channels not in `last`, do not fit. `heard` is an
 * extension that older clients skip (P4d): for each channel of `last`, in order, 0 if absent, else its value plus
 * one.
 */
export function writeHeartbeat(writer: ByteWriter, message: HeartbeatMessage): void {
  const { now, last, digests, heard } = message;
  const entries = Object.entries(last);
  let digestsLeft = Object.keys(digests ?? {}).length;
  writer.byte(
    (digests === undefined ? 0 : HEARTBEAT_FLAG.digests) | (heard === undefined ? 0 : EXTENDED),
  );
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
  if (heard !== undefined) writeHeard(writer, Object.keys(last), heard);
}

function writeHeard(
  writer: ByteWriter,
  names: readonly string[],
  heard: Readonly<Record<string, number>>,
): void {
  let left = Object.keys(heard).length;
  for (const name of names) {
    const ms = heard[name];
    writer.varint(ms === undefined ? 0 : ms + 1);
    if (ms !== undefined) left--;
  }
  if (left !== 0) writer.fits = false;
}

export function readHeartbeat(reader: ByteReader): HeartbeatMessage {
  const flags = readFlags(reader, HEARTBEAT_FLAG.digests);
  const now = reader.varint();
  const last: Record<string, number> = {};
  const digests: Record<string, number> = {};
  const names: string[] = [];
  for (let left = reader.size(); left > 0; left--) {
    const channel = reader.varint();
    const name = String(Math.floor(channel / 2));
    names.push(name);
    last[name] = reader.varint();
    if (channel % 2 === 1) digests[name] = reader.uint32();
  }
  return {
    type: 'heartbeat',
    now,
    last,
    ...((flags & HEARTBEAT_FLAG.digests) === 0 ? {} : { digests }),
    ...((flags & EXTENDED) === 0 ? {} : { heard: readHeard(reader, names) }),
  };
}

function readHeard(reader: ByteReader, names: readonly string[]): Record<string, number> {
  const heard: Record<string, number> = {};
  for (const name of names) {
    const more = reader.varint();
    if (more > 0) heard[name] = more - 1;
  }
  return heard;
}
