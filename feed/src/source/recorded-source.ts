import type { Config } from '../config/config.ts';
import type { RecorderOptions } from '../recorder/recorder-options.ts';
import { MODEL_VERSION } from './simulator/model-version.ts';

/** What a feed's recording says about its source. One that only gets pushes waits for the first. */
export function recordedSource({
  source,
  seed,
  scenario,
}: Config): Pick<RecorderOptions, 'source' | 'label' | 'origin' | 'waits'> {
  const venues = source.venues.map(({ venue }) => venue);
  if (!source.hasSimulator)
    return venues.length === 0
      ? { source: 'live', label: 'Pushed', origin: { pushed: true }, waits: true }
      : { source: 'live', label: `Live, ${venues.join(' and ')}`, origin: { venues }, waits: true };
  const beside = venues.length === 0 ? '' : `, beside ${venues.join(' and ')}`;
  return {
    // What is simulated in part is labelled as simulated (H5).
    source: 'sim',
    label: `Simulated, ${scenario}${beside}`,
    origin: {
      ...{ seed, scenario, modelVersion: MODEL_VERSION },
      ...(venues.length === 0 ? {} : { venues }),
    },
  };
}
