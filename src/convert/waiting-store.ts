/** A store on the way to another, in which arrays of Zarr are made. */

import type { Key, Store } from "../core/index.ts";

const ARRAY_DOCUMENT = /(^|\/)\.zarray$/;

/** A store whose documents of arrays wait: a zip takes each file once, and a length is known when its rows are there. */
export interface WaitingStore extends Store {
  /** Writes the documents. */
  flush(): Promise<void>;
  readonly documents: ReadonlyMap<Key, Uint8Array>;
}

/** Holds back the documents of arrays that are put, and gives them to whoever reads them meanwhile. */
export function waitingStore(target: Store): WaitingStore {
  const documents = new Map<Key, Uint8Array>();
  return {
    name: target.name,
    documents,
    get: async (key, range) => (documents.has(key) ? documents.get(key) : target.get(key, range)),
    size: async (key) => documents.get(key)?.length ?? target.size(key),
    list: (prefix) => target.list(prefix),
    draft: (key) => target.draft(key),
    delete: (key) => target.delete(key),
    async put(key, bytes) {
      if (ARRAY_DOCUMENT.test(key)) documents.set(key, bytes);
      else await target.put(key, bytes);
    },
    async flush() {
      for (const [key, bytes] of documents) await target.put(key, bytes);
    },
  };
}
