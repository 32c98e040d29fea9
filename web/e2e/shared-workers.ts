/* Shared workers, which Playwright does not know, through the browser's own protocol. */
import type { BrowserContext, CDPSession } from '@playwright/test';

type Answer = {
  readonly id?: number;
  readonly error?: { readonly message: string };
};

const SHARED = 'shared_worker';

/** The shared workers of a context. */
export class SharedWorkers {
  readonly #browser: CDPSession;
  readonly #contextId: string | undefined;
  #lastId = 0;

  private constructor(browser: CDPSession, contextId: string | undefined) {
    this.#browser = browser;
    this.#contextId = contextId;
  }

  /** @param context with at least one page. */
  static async of(context: BrowserContext): Promise<SharedWorkers> {
    const [page] = context.pages();
    const browser = context.browser();
    if (page === undefined || browser === null) throw new Error('a page is needed');
    const own = await context.newCDPSession(page);
    const { targetInfo } = await own.send('Target.getTargetInfo');
    await own.detach();
    return new SharedWorkers(await browser.newBrowserCDPSession(), targetInfo.browserContextId);
  }

  /** Ends all of them, as a browser without memory does. Resolves with their number. */
  async kill(): Promise<number> {
    const ids = await this.#ids();
    for (const targetId of ids) await this.#browser.send('Target.closeTarget', { targetId });
    return ids.length;
  }

  /** Runs an expression in each of them. Resolves with their number. */
  async evaluate(expression: string): Promise<number> {
    const ids = await this.#ids();
    for (const targetId of ids) {
      const { sessionId } = await this.#browser.send('Target.attachToTarget', {
        targetId,
        flatten: false,
      });
      await this.#ask(sessionId, 'Runtime.evaluate', { expression });
      await this.#browser.send('Target.detachFromTarget', { sessionId });
    }
    return ids.length;
  }

  async #ids(): Promise<readonly string[]> {
    const { targetInfos } = await this.#browser.send('Target.getTargets', {
      filter: [{ type: SHARED }],
    });
    return targetInfos
      .filter(({ browserContextId }) => browserContextId === this.#contextId)
      .map(({ targetId }) => targetId);
  }

  #ask(sessionId: string, method: string, params: object): Promise<void> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const listen = (event: { readonly sessionId: string; readonly message: string }): void => {
        const answer = JSON.parse(event.message) as Answer;
        if (event.sessionId !== sessionId || answer.id !== id) return;
        this.#browser.off('Target.receivedMessageFromTarget', listen);
        if (answer.error === undefined) resolve();
        else reject(new Error(answer.error.message));
      };
      this.#browser.on('Target.receivedMessageFromTarget', listen);
      const message = JSON.stringify({ id, method, params });
      this.#browser.send('Target.sendMessageToTarget', { sessionId, message }).catch(reject);
    });
  }
}
