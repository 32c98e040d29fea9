import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import { shown } from '@tapedeck/market/wire/codec/codec';
import { changeSimulationSchema, simulationSchema } from '@tapedeck/market/wire/simulation';

import type { Access } from '../access/access.ts';
import { ApiError } from '../answer/api-error.ts';
import type { Simulation } from '../desk/simulation.ts';
import { isScenario, SCENARIO_NAMES } from '../source/simulator/scenario.ts';
import {
  createRouter,
  ERROR_RESPONSES,
  json,
  operatorOnly,
  OPERATOR_RESPONSES,
  tokenParam,
} from './api.ts';

/** `/v1/simulation`: the simulated market's scenario; an operator can change it (P24a). */
export function simulationRoutes(access: Access, simulation: Simulation | undefined): OpenAPIHono {
  const router = createRouter();
  const read = createRoute({
    method: 'get',
    path: '/v1/simulation',
    summary: 'The scenario of the simulated market, and all scenarios',
    request: { query: z.strictObject({ token: tokenParam }) },
    responses: { 200: json(simulationSchema, 'The simulation'), ...ERROR_RESPONSES },
  });
  const change = createRoute({
    method: 'post',
    path: '/v1/simulation',
    summary: 'Switch to another scenario, from its beginning',
    middleware: operatorOnly(access),
    request: {
      query: z.strictObject({}),
      body: { required: true, content: { 'application/json': { schema: changeSimulationSchema } } },
    },
    responses: { 200: json(simulationSchema, 'The simulation'), ...OPERATOR_RESPONSES },
  });
  const simulated = (): Simulation => {
    if (simulation !== undefined) return simulation;
    throw new ApiError('badRequest', 'source: this feed is not simulated (TAPEDECK_SOURCE=sim)');
  };

  router.openapi(read, (c) => c.json(simulated().report(), 200));
  router.openapi(change, (c) => {
    const { scenario } = c.req.valid('json');
    if (!isScenario(scenario))
      throw new ApiError(
        'badRequest',
        `scenario: ${shown(scenario)} is not one of ${SCENARIO_NAMES.join(', ')}`,
      );
    const refused = simulated().change(scenario);
    if (refused !== undefined) throw new ApiError('tooManyRequests', refused);
    return c.json(simulated().report(), 200);
  });
  return router;
}
