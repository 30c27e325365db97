// Who may import whom, as the table in docs/house.md says: one line a room, and everything not listed is forbidden.
// test/rooms.test.ts proves, against that table, that each rule fires.
const may = {
  core: [],
  window: ["core"],
  sync: ["core"],
  order: ["core"],
  stores: ["core"],
  formats: ["core"],
  run: ["core"],
  detect: ["core", "window"],
  record: ["core", "window", "detect"],
  adapters: ["core", "sync"],
  domains: ["core", "window", "detect", "sync"],
  load: ["core", "order", "sync"],
  materialize: ["core", "window", "sync", "order", "formats", "run"],
  convert: ["core", "formats", "run"],
  inspect: ["core", "window", "order", "formats"],
  testkit: ["core", "run", "sync"],
  node: ["core", "run", "record", "stores", "formats"],
  cli: ["core", "verbs"],
};
may.verbs = Object.keys(may).filter((room) => room !== "cli");

const tests = "\\.test\\.ts$";
const rooms = Object.entries(may).map(([room, others]) => ({
  name: `room-${room}`,
  comment: `src/${room} may import only: ${others.join(", ") || "nothing"}`,
  severity: "error",
  from: { path: `^src/${room}/`, pathNot: tests },
  to: { path: "^src/", pathNot: `^src/(${[room, ...others].join("|")})/` },
}));

module.exports = {
  forbidden: [
    ...rooms,
    {
      name: "library-without-the-command",
      comment: "What `windrow` exports is the verbs and the shapes, never the command",
      severity: "error",
      from: { path: "^src/[^/]+\\.ts$", pathNot: tests },
      to: { path: "^src/cli/" },
    },
    {
      name: "viewer-stays-in-the-browser",
      severity: "error",
      from: { path: "^viewer/" },
      to: { path: "^src/(node|verbs|cli)/" },
    },
    {
      name: "package-stands-alone",
      comment: "What is published imports nothing that is not",
      severity: "error",
      from: { path: "^src/", pathNot: tests },
      to: { path: ["^(test|bench|scripts|examples|viewer)/", tests] },
    },
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "format-islands",
      comment: "A format never imports another format",
      severity: "error",
      from: { path: "^src/formats/([^/]+)/" },
      to: { path: "^src/formats/([^/]+)/", pathNot: "^src/formats/$1/" },
    },
    {
      name: "domain-islands",
      comment: "A domain never imports another domain",
      severity: "error",
      from: { path: "^src/domains/([^/]+)/" },
      to: { path: "^src/domains/([^/]+)/", pathNot: "^src/domains/$1/" },
    },
    {
      name: "node-only-in-the-shell",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(node|verbs|cli)/", tests] },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "core-has-no-dependencies",
      severity: "error",
      from: {
        path: "^src/(core|window|detect|record|sync|order|load|materialize|convert|inspect|run|domains)/",
        pathNot: tests,
      },
      to: {
        dependencyTypes: ["npm", "npm-dev", "npm-peer", "npm-optional", "npm-bundled", "npm-no-pkg", "npm-unknown"],
      },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: tests },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
