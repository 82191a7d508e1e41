import type { MicroUsd, Rate } from '../spec/index.ts';

/** A rate per second of video. */
export function perSecond(price: MicroUsd, when?: Rate['when']): Rate {
  return { unit: 'second', price, ...(when === undefined ? {} : { when }) };
}

/** A rate per picture. */
export function perImage(price: MicroUsd): Rate {
  return { unit: 'image', price };
}

/** A rate per call. */
export function perCall(price: MicroUsd): Rate {
  return { unit: 'call', price };
}

/** Rates per million tokens. */
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
