/** windrow: the verbs, and the shapes that they take and give. */

export * from "./core/index.ts";
export * from "./verbs/index.ts";
