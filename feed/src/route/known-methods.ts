import type { OpenAPIHono } from '@hono/zod-openapi';

type Pattern = { readonly method: string; readonly parts: readonly string[] };

/** The methods that each path of an app supports, for a 405 that names them. */
export class KnownMethods {
  readonly #patterns: readonly Pattern[];

  /** For an app with all its routes. Middleware accepts any method and is not a route. */
  constructor(app: OpenAPIHono) {
    this.#patterns = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => ({ method, parts: path.split('/') }));
  }

  /** Methods of a path, in order; empty for an unknown path. */
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
