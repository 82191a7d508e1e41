/** A request to one of Google's model services, read from its path. */
export interface Asked {
  readonly surface: 'vertex' | 'developer';
  readonly version: string;
  readonly project?: string;
  readonly location?: string;
  /** The method of a model, `interactions`, `files` or `token`. */
  readonly action: string;
  readonly model?: string;
  /** Of an interaction or a file. */
  readonly id?: string;
  /** What is asked of it: `cancel`, `download`. */
  readonly verb?: string;
}

const VERTEX = String.raw`^/(?<version>v1|v1beta1)/(?:projects/(?<project>[^/]+)/locations/(?<location>[^/]+)/)?`;
const DEVELOPER = '^/(?<version>v1|v1beta)/';
const INTERACTIONS = String.raw`(?<action>interactions)(?:/(?<id>[^/]+)(?:/(?<verb>cancel))?)?$`;

const ROUTES = [
  ['vertex', 'POST', `${VERTEX}publishers/google/models/(?<model>[^/:]+):(?<action>\\w+)$`],
  ['vertex', 'POST|GET', VERTEX.replace(/\?$/, '') + INTERACTIONS],
  ['developer', 'POST', `${DEVELOPER}models/(?<model>[^/:]+):(?<action>\\w+)$`],
  ['developer', 'POST|GET', DEVELOPER + INTERACTIONS],
  ['developer', 'GET', `${DEVELOPER}(?<action>files)/(?<id>[^/:]+)(?::(?<verb>download))?$`],
  ['vertex', 'POST', '^/(?<action>token)$'],
] as const;

/** What a request asks for; `undefined` where it is for none of the model services. */
export function askedOf({ method, url }: Request): Asked | undefined {
  const { pathname } = new URL(url);
  for (const [surface, methods, pattern] of ROUTES) {
    const found = methods.split('|').includes(method) ? new RegExp(pattern).exec(pathname)?.groups : undefined;
    if (found === undefined) continue;
    const given = Object.entries(found).filter(([, value]) => value !== undefined);
    return { version: '', action: '', ...Object.fromEntries(given), surface };
  }
  return undefined;
}
