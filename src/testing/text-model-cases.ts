import assert from 'node:assert/strict';
import type { TextRequest } from 'vidpipe/provider';
import type { ConformanceCase, Harness } from './conformance.ts';
import { type Kind, modelCases, type ModelTest } from './model-cases.ts';
import { callTo, type ModelCapability, type ModelSubject, outputsOf, tested } from './model-subject.ts';

const scene = { type: 'object', properties: { description: { type: 'string' } }, required: ['description'] };

const REQUEST: TextRequest = {
  system: 'You write short films. Answer with one JSON value that fits the schema, and nothing else.',
  prompt: 'Script: A lighthouse keeper finds a bottle.\nScenes: 2\nSeconds: 4, 4',
  schema: { type: 'object', properties: { scenes: { type: 'array', items: scene } }, required: ['scenes'] },
  temperature: 0.7,
};

const writer: Kind<ModelSubject> = {
  kind: 'text',
  submit: async (source, call) => ({ finished: await tested(source, 'text').model.generate(REQUEST, call) }),
  refused: (source) => {
    const { model } = tested(source, 'text');
    return { 'an empty prompt': (call) => model.generate({ ...REQUEST, prompt: ' ' }, call) };
  },
  final: async (_, found) => ('finished' in found ? found.finished : assert.fail('a text model has no operations')),
  priced: (source) => ({
    inputTokens: JSON.stringify(REQUEST).length,
    maxOutputTokens: tested(source, 'text').entry.can.maxOutputTokens,
  }),
};

const WRITES: readonly ModelTest<ModelSubject>[] = [
  [
    'answers one text: JSON that fits the schema',
    async (subject) => {
      const outputs = await outputsOf(
        subject,
        await writer.final(subject, await writer.submit(subject, callTo(subject))),
      );
      assert.equal(outputs.length, 1);
      const reply = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(outputs[0])) as Record<string, unknown>;
      const scenes = reply['scenes'] as readonly { readonly description?: unknown }[];
      assert.ok(Array.isArray(scenes), 'the schema requires `scenes`');
      for (const { description } of scenes) assert.equal(typeof description, 'string');
      assert.ok(subject.requests() > 0, 'the harness counted no request');
    },
  ],
];

/**
 * What every text model must do. `lacks` names what the model or the harness leaves out: the cases that need it say `skip`, and a case fails
 * when that list is not right.
 */
export function textModelCases<S extends ModelSubject>(
  harness: Harness<S>,
  lacks: readonly ModelCapability[] = [],
): readonly ConformanceCase[] {
  return modelCases(harness, writer, WRITES, lacks);
}
