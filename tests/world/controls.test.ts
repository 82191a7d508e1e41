import { expect, it } from 'vitest';
import { caught, type Control, CONTROLS } from '../soak/controls.ts';

it.each(Object.keys(CONTROLS) as Control[])('the harness catches a build where %s', (control) => {
  expect(caught(control)).toMatch(/^I\d+: /);
});

it('finds nothing in the build as it is', () => {
  expect(caught(null)).toBeNull();
});
