/** Every command, in the order that help lists them. */

import type { Command } from "./command.ts";
import { materializeAisCommand } from "./commands/materialize-ais.ts";
import { planAisCommand } from "./commands/plan-ais.ts";
import { simulateAisCommand } from "./commands/simulate-ais.ts";
import { taskCommand } from "./commands/task.ts";

/** The registry: one line a command. */
export const COMMANDS: readonly Command[] = [materializeAisCommand, simulateAisCommand, planAisCommand, taskCommand];
