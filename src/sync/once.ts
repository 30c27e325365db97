/** Work that is done when its answer is first wanted, and once. */

/** The answer of `work`, shared by all who ask. A failure is told to those who waited for it and then forgotten, so that a later call may try again. */
export function once<V>(work: () => Promise<V>): () => Promise<V> {
  let answer: Promise<V> | undefined;
  return () => {
    if (answer === undefined) {
      const tried = work();
      answer = tried;
      tried.catch(() => {
        if (answer === tried) answer = undefined;
      });
    }
    return answer;
  };
}
