import type { Config } from '../config/config.ts';
import type { RecorderOptions } from '../recorder/recorder-options.ts';
import { MODEL_VERSION } from './simulator/model-version.ts';

/** What a feed's recording says about its source. One that only gets pushes waits for the first. */
export function recordedSource({
  source,
  seed,
  scenario,
}: Config): Pick<RecorderOptions, 'source' | 'label' | 'origin' | 'waits'> {
  if (source === 'none')
    return { source: 'live', label: 'Pushed', origin: { pushed: true }, waits: true };
  return {
    source: 'sim',
    label: `Simulated, ${scenario}`,
    origin: { seed, scenario, modelVersion: MODEL_VERSION },
  };
}
