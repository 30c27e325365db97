/** Makes the next values while the last is used. */

/**
 * The values of a generator, with up to `count` made ahead. An error comes where its value would have come; leaving the loop ends the
 * generator.
 */
export async function* prefetch<T>(source: AsyncGenerator<T>, count: number): AsyncGenerator<T> {
  const asked: Promise<IteratorResult<T>>[] = [];
  const ask = () => {
    const next = source.next();
    // Awaited below, in its turn; until then it is no unhandled rejection.
    next.catch(() => {});
    asked.push(next);
  };
  try {
    ask();
    for (;;) {
      while (asked.length <= count) ask();
      const { value, done } = await asked.shift()!;
      if (done) return;
      yield value;
      if (asked.length === 0) ask();
    }
  } finally {
    await source.return(undefined);
  }
}
