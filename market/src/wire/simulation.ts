import { z } from 'zod';

import { countSchema } from './primitive.ts';

/** Body of `POST /v1/simulation`. `GET` lists the available scenarios. */
export const changeSimulationSchema = z.strictObject({ scenario: z.string().max(40) });

/** The scenario of the simulated market, and its changes since the feed started, in market time, oldest first. */
export const simulationSchema = z.object({
  scenario: z.string(),
  since: countSchema,
  seed: countSchema,
  modelVersion: z.string(),
  changes: z.array(z.object({ at: countSchema, scenario: z.string() })),
  scenarios: z.array(z.object({ name: z.string(), description: z.string() })),
});
export type SimulationReport = z.infer<typeof simulationSchema>;
