/** A response to a request of a fallback transport; `body` is text, empty for a 304. */
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

/** Events of an SSE stream, never before `stream` returns. Nothing follows the last two. */
export interface StreamEvents {
  /** One SSE event; `name` is empty if it has none. */
  event(name: string, data: string): void;
  /** The response was not a stream. */
  refused(answer: HttpAnswer): void;
  ended(reason: string): void;
}

/** The HTTP client that the fallback transports need. */
export interface HttpPort {
  stream(url: string, events: StreamEvents): { drop(): void };
  /** Rejects if there is no response within the implementation's timeout. */
  request(url: string, request?: HttpRequest): Promise<HttpAnswer>;
}

/** Appends a path and query to an address, which may already have a query. */
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
