import type { z } from 'zod';

import type { Random } from '../number/random.ts';

type Shape = z.core.JSONSchema.JSONSchema;

const TEXT = 'k3f9a01x';
const MOST = Number.MAX_SAFE_INTEGER;

/** A random value that the schema accepts, with every optional field; for tests. */
export function sampleOf(shape: Shape | boolean, random: Random): unknown {
  if (typeof shape === 'boolean') throw new Error('a schema that says nothing of its values');
  if (shape.const !== undefined) return shape.const;
  if (shape.enum !== undefined) return random.pick(shape.enum);
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices !== undefined) return sampleOf(random.pick(choices), random);
  switch (shape.type) {
    case 'null':
      return null;
    case 'boolean':
      return random.chance(0.5);
    case 'string':
      return TEXT.slice(0, shape.maxLength ?? TEXT.length).padEnd(shape.minLength ?? 0, 'x');
    case 'integer':
    case 'number':
      return numberOf(shape.minimum ?? -MOST, shape.maximum ?? MOST, random);
    case 'array':
      return shape.prefixItems === undefined
        ? [1, 2].map(() => sampleOf(itemsOf(shape.items), random))
        : shape.prefixItems.map((each) => sampleOf(each, random));
    case 'object':
      return shape.properties === undefined
        ? { [random.integer(1, 9)]: sampleOf(shape.additionalProperties ?? false, random) }
        : Object.fromEntries(
            Object.entries(shape.properties).map(([name, each]) => [name, sampleOf(each, random)]),
          );
    default:
      throw new Error(`no sample of ${JSON.stringify(shape)}`);
  }
}

/** Small, or at a limit. */
function numberOf(least: number, most: number, random: Random): number {
  return random.chance(0.2)
    ? random.pick([least, most])
    : random.integer(Math.max(-99, least), Math.min(99, most));
}

function itemsOf(items: Shape['items']): Shape | boolean {
  if (items === undefined || Array.isArray(items)) throw new Error('a list of anything');
  return items;
}
