/* The clients of the fan-out bench, in a process of their own, so that their cost is not the server's. */
import { type Dialect, isProtocol, Reading, updateTimesOf, isSampled } from './fanout-reading.ts';
import { readStream } from './fanout-stream.ts';
import { RawClient } from './raw-client.ts';

/** The first message of the bench to this process. */
export type ClientsOrder = {
  readonly port: number;
  readonly dialect: Dialect;
  readonly subprotocol?: string | undefined;
  /** Channels of each client. */
  readonly channels: readonly (readonly string[])[];
  readonly streamFile: string;
  /** How many clients read nothing after they have subscribed. */
  readonly deaf: number;
};

/** Since the mark. */
export type ClientsReport = {
  readonly carried: number;
  readonly frames: number;
  readonly bytes: number;
  /** Ages of source events on arrival, ms, from a sample of the clients. */
  readonly lags: readonly number[];
  readonly cpuSeconds: number;
};

const ACK_MS = 1_000;
/** Concurrent handshakes. */
const CONNECTING = 50;
const PATHS: Readonly<Record<Dialect, string>> = {
  plain: '/',
  'socket.io': '/socket.io/?EIO=4&transport=websocket',
  tapedeck: '/v1/stream',
  'tapedeck-binary': '/v1/stream',
};

const readings: Reading[] = [];
let cpu = process.cpuUsage();

function subscription(dialect: Dialect, channels: readonly string[]): string {
  return dialect === 'socket.io'
    ? `42${JSON.stringify(['subscribe', channels])}`
    : JSON.stringify({ type: 'subscribe', channels });
}

async function open(order: ClientsOrder): Promise<void> {
  const { port, dialect, subprotocol, channels, deaf } = order;
  const times = updateTimesOf(readStream(order.streamFile));
  const connectOne = async (index: number): Promise<void> => {
    const isDeaf = index < deaf;
    const reading = new Reading(
      dialect,
      !isDeaf && isSampled(index, channels.length) ? times : undefined,
    );
    reading.client = await RawClient.open({
      port,
      subprotocol,
      path: PATHS[dialect],
      wants: (beginning) => reading.wants(beginning),
      onMessage: (payload) => reading.take(payload),
    });
    readings.push(reading);
    // socket.io drops what arrives before it has admitted the client.
    const wait = dialect === 'socket.io' ? 200 : 0;
    setTimeout(() => reading.client?.send(subscription(dialect, channels[index] ?? [])), wait);
    if (isDeaf) setTimeout(() => reading.client?.deafen(), wait + 100);
    else if (isProtocol(dialect))
      setTimeout(
        () => setInterval(() => (reading.ackDue = true), ACK_MS),
        (ACK_MS * index) / channels.length,
      );
  };
  let next = 0;
  const connectAll = async (): Promise<void> => {
    while (next < channels.length) await connectOne(next++);
  };
  await Promise.all(Array.from({ length: CONNECTING }, connectAll));
}

function report(): ClientsReport {
  const total = (of: (reading: Reading) => number): number =>
    readings.reduce((sum, reading) => sum + of(reading), 0);
  const { user, system } = process.cpuUsage(cpu);
  return {
    carried: total((reading) => reading.carried),
    frames: total((reading) => reading.frames),
    bytes: total((reading) => reading.bytes),
    lags: readings.flatMap((reading) => reading.lags),
    cpuSeconds: (user + system) / 1e6,
  };
}

process.on('message', (order: ClientsOrder | 'mark' | 'report') => {
  if (order === 'mark') {
    for (const reading of readings) reading.mark();
    cpu = process.cpuUsage();
    process.send?.('marked');
  } else if (order === 'report') process.send?.(report());
  else void open(order).then(() => process.send?.('ready'));
});
process.on('disconnect', () => process.exit());
