/** One answer to a request of a fallback transport; `body` is its text, empty for a 304. */
export type HttpAnswer = {
  readonly status: number;
  readonly body: string;
  header(name: string): string | null;
};

export type HttpRequest = {
  readonly method?: 'GET' | 'POST';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** What a stream of server-sent events tells, never before `stream` has returned. After the last two nothing comes. */
export interface StreamEvents {
  /** One event; `name` is empty where it has none. */
  event(name: string, data: string): void;
  /** The answer was no stream. */
  refused(answer: HttpAnswer): void;
  ended(reason: string): void;
}

/** HTTP as the fallback transports need it, whatever makes the requests. */
export interface HttpPort {
  stream(url: string, events: StreamEvents): { drop(): void };
  /** Rejects where nothing answers within a time of its own. */
  request(url: string, request?: HttpRequest): Promise<HttpAnswer>;
}

/** A path below an address, which may have a query of its own. */
export function below(
  url: string,
  path: string,
  query: Readonly<Record<string, string>> = {},
): string {
  const [address = '', own] = url.split('?');
  const asked = Object.entries(query).map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  );
  const all = [...asked, ...(own === undefined || own === '' ? [] : [own])].join('&');
  return `${address}${path}${all === '' ? '' : `?${all}`}`;
}
