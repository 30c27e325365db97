/** Where the module of a worker lies. */

/** The module of that name beside the one that asks (its `import.meta.url`): TypeScript in a checkout, JavaScript in the package. */
export function workerEntry(beside: string, name: string): URL {
  return new URL(`./${name}.${beside.endsWith(".ts") ? "ts" : "js"}`, beside);
}
