/*
 * Types of `blocking-proxy.mjs` for the tests of feed and web, whose TypeScript projects do not include JavaScript.
 */
export class BlockingProxy {
  blocksUpgrades: boolean;
  buffersStreams: boolean;
  refuses: boolean;
  told: Readonly<Record<string, string>>;
  readonly seen: string[];
  static open(url: string): Promise<BlockingProxy>;
  get port(): number;
  get url(): string;
  cut(): void;
  close(): void;
}
