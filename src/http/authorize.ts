import type { Settings } from '../project/settings.ts';
import { Refusal } from './refusal.ts';

/** What a request wants to do. */
export type Action =
  | 'health'
  | 'describe'
  | 'models'
  | 'limits'
  | 'metrics'
  | 'estimate'
  | 'create'
  | 'list'
  | 'read'
  | 'delete'
  | 'plan'
  | 'approve'
  | 'run'
  | 'stop'
  | 'change'
  | 'fork'
  | 'resolve'
  | 'block'
  | 'ledger'
  | 'events'
  | 'assets'
  | 'link';

/**
 * What is to be allowed. `account` and `labels` are those of the project; of the body for `create` and `estimate`, of the query for `list` and
 * `metrics` (`null`: those of everybody); a change or a fork that gives a project others is asked for a second time, with those.
 */
export interface Subject {
  readonly action: Action;
  /** `null` where the request names no project. */
  readonly projectId: string | null;
  /** `null` as well for a project that is not there. */
  readonly account: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Says whether a request may be done: `false` is answered with 403, a `Response` as it is (401 with its challenge, say). It is called before
 * anything of a project is told; what it throws is a 500. A body that the handler had to read is used up.
 */
export type Authorize = (request: Request, subject: Subject) => boolean | Response | Promise<boolean | Response>;

/** Whom something belongs to. */
export type Owner = Pick<Settings, 'account' | 'labels'>;

/** Belongs to nobody, or to somebody unknown. */
export const NOBODY: Owner = { account: null, labels: {} };

/** What `authorize` answers with in place of the reply. */
export class Turned extends Error {
  readonly reply: Response;

  constructor(reply: Response) {
    super('turned away by authorize');
    this.reply = reply;
  }
}

/** Throws `Refusal` (403) or `Turned` unless the request may be done. */
export async function permit(authorize: Authorize, request: Request, subject: Subject): Promise<void> {
  const answer = await authorize(request, subject);
  if (answer instanceof Response) throw new Turned(answer);
  if (answer !== true) throw new Refusal(403, 'forbidden', 'This is not allowed.');
}
