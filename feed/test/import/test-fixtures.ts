/* Where test recordings are. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Whole recordings; tests that need them are visibly skipped if there are none. */
export const FIXTURES = process.env['TAPEDECK_FIXTURES'] ?? join(ROOT, '../shared/data');
/** Short excerpts of one night, always present. */
export const EXCERPTS = join(ROOT, 'feed/fixtures/binance-20240808');
