import type { OpenAPIHono } from '@hono/zod-openapi';

type Pattern = { readonly method: string; readonly parts: readonly string[] };

/** Which methods the paths of an app answer to, for a 405 that names them. */
export class KnownMethods {
  readonly #patterns: readonly Pattern[];

  /** Of an app whose routes are all there. Middleware answers to any method and is no route. */
  constructor(app: OpenAPIHono) {
    this.#patterns = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => ({ method, parts: path.split('/') }));
  }

  /** Methods of a path, in order; none where the path is unknown. */
  of(path: string): readonly string[] {
    const parts = path.split('/');
    const found = this.#patterns.filter(
      (pattern) =>
        pattern.parts.length === parts.length &&
        pattern.parts.every((part, i) =>
          part.startsWith(':') ? parts[i] !== '' : part === parts[i],
        ),
    );
    const methods = new Set(found.map(({ method }) => method));
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods].toSorted();
  }
}
