import { describe, expect, it } from 'vitest';
import { categoryOf, readRefusal, supportCodes } from '../../../providers/google/safety.ts';

/** Copied row by row from the page of Google's usage guidelines, apart from the table under test. */
const PUBLISHED = `
58061214, 17301594 | Child
29310472, 15236754 | Celebrity
64151117, 42237218 | Video safety violation
62263041 | Dangerous content
57734940, 22137204 | Hate
74803281, 29578790, 42876398 | Other
89371032, 49114662, 63429089, 72817394, 60599140 | Prohibited content
35561574, 35561575 | Third-party content
90789179, 43188360 | Sexual
78610348 | Toxic
61493863, 56562880 | Violence
32635315 | Vulgar`;

const rows = PUBLISHED.trim()
  .split('\n')
  .flatMap((row) => {
    const [codes = '', category = ''] = row.split(' | ');
    return codes.split(', ').map((code) => [code, category] as const);
  });

describe('support codes', () => {
  it.each(rows)('%s is %s', (code, category) => {
    const text = `Sorry. Support codes: ${code}`;
    expect(categoryOf(code)).toBe(category);
    expect(readRefusal([text], { otherwise: 'output' })).toMatchObject({ codes: [code], category, input: 'output' });
  });

  it('are read in every list, each once', () => {
    expect(supportCodes(['Support codes: 58061214, 42876398', 'support code: 42876398.', 'codes 1'])).toEqual([
      '58061214',
      '42876398',
    ]);
  });

  it('that nobody has published have no category', () => {
    const found = readRefusal(['Support codes: 99999999'], { otherwise: 'output' });
    expect(found).toEqual({
      state: 'blocked',
      reasons: ['Support codes: 99999999'],
      codes: ['99999999'],
      input: 'output',
    });
  });
});

describe('words of a refusal', () => {
  it.each([
    ['Veo could not generate videos because the input image violates Vertex AI’s usage guidelines.', 'start-frame'],
    ["The prompt couldn't be submitted.", 'prompt'],
    ['The prompt couldn’t be submitted.', 'prompt'],
    ['This request has a reference image that violates our policies.', 'reference'],
    ['The last frame violates our usage guidelines.', 'end-frame'],
    ["Sorry, we can't create videos with real people's names or likenesses.", 'prompt'],
    ['Sorry, we can’t create videos with real people’s names or likenesses.', 'prompt'],
    ['It might violate our policies.', 'output'],
    ['The response was blocked due to safety.', 'output'],
  ])('%s', (text, input) => {
    expect(readRefusal([text], { otherwise: 'output' })).toMatchObject({ state: 'blocked', reasons: [text], input });
  });

  it('of the sound are told apart: the same words often pass the next time', () => {
    const text =
      'We encountered an issue with the audio for your prompt, which means we could not create your video. This can sometimes happen due to our safety filters or other processing issues.';
    expect(readRefusal([text], { otherwise: 'prompt' })).toMatchObject({
      category: 'Audio',
      codes: [],
      input: 'output',
    });
  });

  it.each([
    'Unsupported output resolution.',
    'The service is currently experiencing high load',
    'Image is too large.',
    'The request violates organization policies of the project.',
    '',
  ])('are not seen in: %s', (text) => {
    expect(readRefusal([text], { otherwise: 'prompt' })).toBeNull();
  });
});
