import { readConfig } from '../config/config.ts';
import { UsageError } from './cli-error.ts';

/** Where a running feed is, and the token it requires. */
export type FeedEndpoint = {
  /** Address of its stream, token included. */
  readonly stream: string;
  /** The address for messages, without the token. */
  readonly shown: string;
  readonly token: string | undefined;
};

/** The feed at `url`, or the one in the settings. @throws UsageError for an invalid address. */
export function feedEndpoint(url: string | undefined): FeedEndpoint {
  const { host, port, token } = readConfig(process.env);
  const given = url ?? `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  if (!URL.canParse(given) || !/^(http|ws)s?:$/.test(new URL(given).protocol))
    throw new UsageError(`--url: "${given}" is not an address like http://127.0.0.1:8080`);
  const stream = new URL('/v1/stream', given);
  stream.protocol = stream.protocol.replace('http', 'ws');
  if (token !== undefined) stream.searchParams.set('token', token);
  return { stream: stream.href, shown: new URL(given).origin, token };
}
