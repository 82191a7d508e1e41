import { describe, expect, it } from 'vitest';
import { acceptWriting, replySchema } from '../../src/stages/writing.ts';

const scene = { description: 'd', startPrompt: 's', endPrompt: 'e', motionPrompt: 'm' };
const board = (scenes: unknown): string =>
  JSON.stringify({ styleGuide: { visualStyle: 'v', colorPalette: 'c', cameraStyle: 'k' }, characters: [], scenes });

describe('acceptWriting', () => {
  it('takes a whole storyboard, also in a fence', () => {
    expect(acceptWriting('storyboard', 1, board([scene]))).toMatchObject({
      ok: true,
      scenes: [{ enters: 'continue', cast: [] }],
    });
    expect(acceptWriting('storyboard', 1, `\`\`\`json\n${board([scene])}\n\`\`\``)).toMatchObject({ ok: true });
  });
  it.each([
    ['', 'empty'],
    ['no json', 'not-json'],
    [board([scene]).slice(0, -20), 'cut-off'],
    [board('x'), 'schema'],
    [board([scene, scene]), 'count'],
    [board([]), 'count'],
    [JSON.stringify({ scenes: [scene] }), 'schema'],
    [`"${'x'.repeat(5_000_000)}"`, 'schema'],
    [board([{ ...scene, motionPrompt: 'x'.repeat(9000) }]), 'schema'],
  ])('tells what is wrong (%#)', (reply, fault) =>
    expect(acceptWriting('storyboard', 1, reply)).toMatchObject({ ok: false, fault }),
  );
  it('reads nothing but the fields of the schema', () => {
    const reply = board([scene]).replace('{', '{"__proto__":{"polluted":true},"budget":0,');
    expect(acceptWriting('storyboard', 1, reply)).toMatchObject({ ok: true });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
  it('gives the model a JSON Schema', () => {
    expect(replySchema('storyboard')).toMatchObject({
      type: 'object',
      required: ['styleGuide', 'characters', 'scenes'],
    });
    expect(replySchema('scenes')).not.toHaveProperty('$schema');
  });
});
