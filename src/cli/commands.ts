/** Every command, in the order that help lists them. */

import type { Command } from "./command.ts";
import { baselineAisCommand } from "./commands/baseline-ais.ts";
import { convertCommand } from "./commands/convert.ts";
import { demoCommand } from "./commands/demo.ts";
import { diffCommand } from "./commands/diff.ts";
import { headCommand } from "./commands/head.ts";
import { infoCommand } from "./commands/info.ts";
import { leakCommand } from "./commands/leak.ts";
import { materializeAisCommand } from "./commands/materialize-ais.ts";
import { materializeL5kitCommand } from "./commands/materialize-l5kit.ts";
import { materializeTracesCommand } from "./commands/materialize-traces.ts";
import { mergeCommand } from "./commands/merge.ts";
import { planAisCommand } from "./commands/plan-ais.ts";
import { planL5kitCommand } from "./commands/plan-l5kit.ts";
import { planTracesCommand } from "./commands/plan-traces.ts";
import { simulateAisCommand } from "./commands/simulate-ais.ts";
import { simulateL5kitCommand } from "./commands/simulate-l5kit.ts";
import { statsCommand } from "./commands/stats.ts";
import { syncCommand } from "./commands/sync.ts";
import { taskCommand } from "./commands/task.ts";
import { verifyCommand } from "./commands/verify.ts";

/** The registry: one line a command. */
export const COMMANDS: readonly Command[] = [
  demoCommand,
  materializeAisCommand,
  materializeL5kitCommand,
  materializeTracesCommand,
  simulateAisCommand,
  simulateL5kitCommand,
  planAisCommand,
  planL5kitCommand,
  planTracesCommand,
  taskCommand,
  infoCommand,
  headCommand,
  statsCommand,
  syncCommand,
  verifyCommand,
  leakCommand,
  diffCommand,
  mergeCommand,
  baselineAisCommand,
  convertCommand,
];
