/**
 * Identifies the simulated market, together with seed and scenario: any change that alters a single event needs a new
 * version, because sessions and bug reports cite it. `simulator.test.ts` pins a hash to it.
 */
export const MODEL_VERSION = 'sim-2';
