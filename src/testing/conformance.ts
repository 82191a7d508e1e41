/** One case of a conformance suite, for any test runner: `for (const { name, run } of cases) it(name, run)`. `skip` says which capability is missing. */
export interface ConformanceCase {
  readonly name: string;
  readonly skip?: string;
  /** Rejects where the subject fails the case. */
  readonly run: () => Promise<void>;
}

/** How a suite gets what it tests: fresh for each case. */
export interface Harness<T> {
  /** A fresh subject, asked for before each case. */
  create(): Promise<T> | T;
  /** Called after each case, also a failed one. @default nothing */
  destroy?(subject: T): Promise<void> | void;
}

/** Builds a case that gets a fresh subject. */
export function conformanceCase<T>(
  harness: Harness<T>,
  name: string,
  test: (subject: T) => Promise<void>,
): ConformanceCase {
  return {
    name,
    run: async () => {
      const subject = await harness.create();
      try {
        await test(subject);
      } finally {
        await harness.destroy?.(subject);
      }
    },
  };
}
