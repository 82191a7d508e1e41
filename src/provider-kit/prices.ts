import type { MicroUsd, Rate } from '../spec/index.ts';

/** A rate per second of video; `when` narrows it to clips with or without sound, or of one resolution. Made with `usd()`, in micro-dollars. */
export function perSecond(price: MicroUsd, when?: Rate['when']): Rate {
  return { unit: 'second', price, ...(when === undefined ? {} : { when }) };
}

/** A rate per picture; `when` narrows it to pictures of one resolution (`1024x1024`). */
export function perImage(price: MicroUsd, when?: Rate['when']): Rate {
  return { unit: 'image', price, ...(when === undefined ? {} : { when }) };
}

/** A rate per call, whatever it brings. */
export function perCall(price: MicroUsd): Rate {
  return { unit: 'call', price };
}

/** Rates per million tokens that go in and come out. */
export function perMillionTokens({
  input,
  output,
}: {
  readonly input: MicroUsd;
  readonly output: MicroUsd;
}): readonly Rate[] {
  return [
    { unit: 'input-token', price: input },
    { unit: 'output-token', price: output },
  ];
}
