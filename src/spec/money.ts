/** An amount of money: a whole number of millionths of a US dollar. Made by `usd()`, never by a bare number. */
export type MicroUsd = number & { readonly __unit: 'micro-usd' };
