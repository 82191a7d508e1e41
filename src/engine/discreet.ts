import { causedBy, hideSecrets } from '../provider-kit/index.ts';
import type { Blocked, CancelOutcome, Found, Model, OperationStatus } from '../spec/index.ts';

/** All that a model answers. */
type Answer = OperationStatus | Found | CancelOutcome | undefined;

function discreetBlock<T extends Pick<Blocked, 'reasons' | 'codes'>>(blocked: T): T {
  const { reasons, codes } = blocked;
  const hidden = (texts: readonly string[]): readonly string[] => texts.map((text) => hideSecrets(text));
  return { ...blocked, reasons: hidden(reasons), ...(codes === undefined ? {} : { codes: hidden(codes) }) };
}

function discreetAnswer(answer: Answer): Answer {
  if (answer === undefined || 'handle' in answer || 'outcome' in answer) return answer;
  if ('finished' in answer) return { finished: discreetAnswer(answer.finished) as typeof answer.finished };
  if (answer.state === 'failed') return { ...answer, message: hideSecrets(answer.message) };
  if (answer.state === 'blocked') return discreetBlock(answer);
  if (answer.state === 'running' || answer.blocked === undefined) return answer;
  return { ...answer, blocked: discreetBlock(answer.blocked) };
}

/** The same error, so that its class and fields stay, without secrets in what a log shows of it. */
function discreetError(error: unknown): unknown {
  if (typeof error === 'string') return hideSecrets(error);
  if (!(error instanceof Error)) return error;
  const { message, stack } = error;
  if (hideSecrets(message) !== message) error.message = hideSecrets(message);
  if (stack !== undefined) error.stack = hideSecrets(stack);
  if (error.cause !== undefined && causedBy(error.cause).cause === undefined) delete error.cause;
  return error;
}

/** A model whose words, in answers and errors, hold no secrets: everything that the engine logs, stores and throws of a provider comes through here. */
export function discreet(model: Model): Model {
  return new Proxy(model, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...asked: readonly unknown[]): Promise<Answer> => {
        try {
          return discreetAnswer((await Reflect.apply(member, target, asked)) as Answer);
        } catch (error) {
          throw discreetError(error);
        }
      };
    },
  });
}
