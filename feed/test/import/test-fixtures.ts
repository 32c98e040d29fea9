/* Where recordings for tests are. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Whole recordings; tests of them are skipped, visibly, where there are none. */
export const FIXTURES = process.env['TAPEDECK_FIXTURES'] ?? join(ROOT, '../shared/data');
/** Short excerpts of one night, which are always there. */
export const EXCERPTS = join(ROOT, 'feed/fixtures/binance-20240808');
