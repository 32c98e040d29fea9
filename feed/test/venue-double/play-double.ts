import { SystemClock } from '../../src/machine/system-clock.ts';
import { DoubleServer } from './double-server.ts';
import type { DoubleVenue } from './double-venue.ts';
import { type DoubleName, doubleOf } from './test-venue-rig.ts';

/** A double that plays in real time, at a port of its own. */
export async function playDouble(name: DoubleName): Promise<{
  readonly double: DoubleVenue;
  readonly server: DoubleServer;
  readonly stop: () => Promise<void>;
}> {
  const double = doubleOf(name, new SystemClock());
  const server = await DoubleServer.start(double);
  double.start();
  const stop = async (): Promise<void> => {
    double.stop();
    await server.close();
  };
  return { double, server, stop };
}
