/* Types of `browser-test-servers.mjs` for `web/e2e`, whose TypeScript project does not include JavaScript. */
type ChildGroup = {
  readonly pid: number | undefined;
  readonly exited: Promise<unknown>;
  readonly log: { lastLines(): string[] };
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
};

export type Server = { readonly group: ChildGroup; readonly port: number; readonly url: string };

export type ServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile?: string;
};

export function newWebKey(): string;
export function freePort(host: string): Promise<number>;
export function startFeed(options: ServerOptions): Promise<Server>;
export function startWeb(options: ServerOptions): Promise<Server>;
export function untilHealthy(server: Server, path: string): Promise<void>;
