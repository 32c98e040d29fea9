import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { publicFeedOrigin } from '../../feed-environment.ts';

/** Read at run time: one build works at any address. */
export const dynamic = 'force-dynamic';

export async function GET(request: Request): Promise<Response> {
  const host = request.headers.get('host');
  const protocol = request.headers.get('x-forwarded-proto')?.split(',')[0]?.trim() ?? 'http';
  return Response.json(
    { feedUrl: publicFeedOrigin(host, protocol), build: await buildId() },
    { headers: { 'Cache-Control': 'no-store' } },
  );
}

let cachedBuildId: string | undefined;

/** The id that `next build` assigned; a development server has none. */
async function buildId(): Promise<string> {
  if (cachedBuildId === undefined) {
    try {
      cachedBuildId = (
        await readFile(path.join(process.cwd(), '.next', 'BUILD_ID'), 'utf8')
      ).trim();
    } catch {
      cachedBuildId = 'development';
    }
  }
  return cachedBuildId;
}
