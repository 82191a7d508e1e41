import { authenticate, shownHeaders, shownPath } from './auth.ts';
import { Clips } from './clips.ts';
import type { Cloud } from './cloud.ts';
import { earlyAnswer, FaultScript, type GoogleRequest, lateAnswer, type ScriptedFault } from './faults.ts';
import { generateImage } from './image.ts';
import { predictImages } from './imagen.ts';
import { type ServedModel, servedModel } from './models.ts';
import { Omni } from './omni.ts';
import { GoogleRefusal } from './refusal.ts';
import { type Asked, askedOf } from './routes.ts';
import type { FakeStorage } from './storage.ts';
import { json } from './storage-replies.ts';
import { generateText } from './text.ts';
import { checkVeo, startVeo } from './veo.ts';

/** A request that the loopback Google got. */
export interface LoggedRequest {
  readonly method: string;
  /** With its query; keys and signatures are hidden. */
  readonly path: string;
  /** Values of secrets are hidden. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; `null` without a body and for uploads. */
  readonly body: unknown;
}

/** The value of a JSON body, `null` without one; the text itself where it is not JSON. */
function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The model services in front of their storage. */
export class GoogleService {
  readonly requests: LoggedRequest[] = [];
  readonly script = new FaultScript();
  readonly #cloud: Cloud;
  readonly #clips: Clips;
  readonly #omni: Omni;
  readonly #storage: FakeStorage;

  constructor(cloud: Cloud, storage: FakeStorage, folder: string) {
    this.#cloud = cloud;
    this.#storage = storage;
    this.#clips = new Clips(cloud, storage, folder);
    this.#omni = new Omni(cloud, this.#clips);
  }

  /** Reads what an earlier process left. */
  load(): Promise<void> {
    return this.#clips.load();
  }

  /** Answers every request to the services. */
  readonly handle = async (request: Request): Promise<Response | undefined> => {
    const asked = askedOf(request);
    if (asked === undefined) return this.#stored(request);
    const body = parsed(await request.text());
    this.#log(request, body);
    if (asked.action === 'token') return json({ access_token: 'loopback', expires_in: 3600, token_type: 'Bearer' });
    try {
      authenticate(asked, request);
      if (typeof body === 'string') throw new GoogleRefusal(400, 'Invalid JSON payload received. Unexpected token.');
      return await this.#answer(asked, body, new URL(request.url).origin);
    } catch (error) {
      if (error instanceof GoogleRefusal) return error.response;
      throw error;
    }
  };

  #log({ method, url, headers }: Request, body: unknown): void {
    this.requests.push({ method, path: shownPath(url), headers: shownHeaders(headers), body });
  }

  /** A request to the storage, where every clip that is due lies before it is answered. */
  async #stored(request: Request): Promise<Response | undefined> {
    this.#log(request, null);
    await this.#clips.store();
    const media = request.method === 'GET' && new URL(request.url).searchParams.get('alt') === 'media';
    return this.#faulty(media ? this.script.take('download') : undefined, '', () => this.#storage.handle(request));
  }

  async #faulty(
    scripted: ScriptedFault | undefined,
    model: string,
    answer: () => Promise<Response | undefined>,
  ): Promise<Response | undefined> {
    const early = earlyAnswer(scripted, model);
    if (early !== undefined) return early;
    const response = await answer();
    return response === undefined ? undefined : lateAnswer(scripted, response);
  }

  #answer(asked: Asked, body: unknown, origin: string): Promise<Response | undefined> {
    const { action, id = '', verb } = asked;
    const other = (request: GoogleRequest, answer: () => Promise<Response>): Promise<Response | undefined> =>
      this.#faulty(this.script.take(request), '', answer);
    if (action === 'files')
      return other(verb === undefined ? 'check' : 'download', () => this.#omni.file(id, verb !== undefined, origin));
    if (action === 'interactions' && id !== '')
      return verb === undefined
        ? other('check', () => this.#omni.get(id, origin))
        : other('cancel', () => this.#omni.cancel(id, origin));
    return this.#ofModel(asked, body, origin);
  }

  #ofModel(asked: Asked, body: unknown, origin: string): Promise<Response | undefined> {
    const named = asked.model ?? (Object(body) as { readonly model?: unknown }).model;
    if (typeof named !== 'string') throw new GoogleRefusal(400, 'model is required.');
    const served = servedModel(asked, named, this.#cloud.clock.now());
    const request = asked.action === 'fetchPredictOperation' ? 'check' : served.model.product;
    const scripted = this.script.take(request, served.id);
    return this.#faulty(scripted, served.id, () => this.#ask(asked, served, body, scripted, origin));
  }

  #ask(
    asked: Asked,
    served: ServedModel,
    body: unknown,
    scripted: ScriptedFault | undefined,
    origin: string,
  ): Promise<Response> {
    switch (served.model.product) {
      case 'text':
        return generateText(this.#cloud, asked, served.id, body, scripted);
      case 'image':
        return generateImage(this.#cloud, asked, served, body, scripted);
      case 'imagen':
        return predictImages(this.#cloud, served.id, body, scripted);
      case 'omni':
        return this.#omni.create(asked, served, body, scripted, origin);
      case 'veo':
        return asked.action === 'fetchPredictOperation'
          ? checkVeo(this.#clips, served.id, body)
          : startVeo(this.#cloud, this.#clips, asked, served, body, scripted);
    }
  }
}
