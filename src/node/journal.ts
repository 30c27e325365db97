/** The journal of a run: a small file for each finished task. */

import type { Json, Store } from "../core/index.ts";
import type { Journal } from "../run/index.ts";

/** A journal in a store, under `prefix`. */
export function storeJournal(store: Store, prefix: string): Journal {
  const key = (id: string) => `${prefix}/${id}.json`;
  return {
    async result(id) {
      const bytes = await store.get(key(id));
      return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as Json);
    },
    finish: (id, result) => store.put(key(id), new TextEncoder().encode(JSON.stringify(result))),
  };
}
