import { bytesText, millisecondsText, rateText } from '../../format/rate-text.ts';

/** Label and format of a series of the status report; unknown ones are shown under their own names. */
type SeriesWords = { readonly label: string; readonly text: (value: number | undefined) => string };

const KNOWN: Readonly<Record<string, SeriesWords>> = {
  deltasPerSecond: { label: 'Book changes /s', text: rateText },
  tradesPerSecond: { label: 'Trades /s', text: rateText },
  messagesPerSecond: { label: 'Messages sent /s', text: rateText },
  bytesPerSecond: { label: 'Bytes sent /s', text: bytesText },
  connections: { label: 'Connections', text: rateText },
  lagMs: { label: 'Lag p95', text: millisecondsText },
  lagP95Ms: { label: 'Lag p95', text: millisecondsText },
  eventLoopMs: { label: 'Event loop delay', text: millisecondsText },
  eventLoopP99Ms: { label: 'Event loop p99', text: millisecondsText },
  recorderQueue: { label: 'Recorder queue', text: rateText },
  framesPerSecond: { label: 'Frames sent /s', text: rateText },
  kilobytesPerSecond: {
    label: 'Sent /s',
    text: (value) => bytesText(value === undefined ? undefined : value * 1_000),
  },
  memoryMb: {
    label: 'Memory',
    text: (value) => bytesText(value === undefined ? undefined : value * 1e6),
  },
  memoryBytes: { label: 'Memory', text: bytesText },
};

export function seriesWords(name: string): SeriesWords {
  const known = KNOWN[name];
  if (known !== undefined) return known;
  const label = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  if (/bytes/i.test(name)) return { label, text: bytesText };
  if (/ms$/i.test(name)) return { label, text: millisecondsText };
  return { label, text: rateText };
}
