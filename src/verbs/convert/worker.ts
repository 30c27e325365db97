/** The worker's entry: carries out the tasks of a conversion that it is told to. */

import { workerData } from "node:worker_threads";
import { runConvertTask } from "../../convert/index.ts";
import { taskOf } from "../../run/index.ts";
import { planFile } from "../dataset/run.ts";
import { serveTasks } from "../serve-tasks.ts";
import { openConversion } from "./run.ts";

const plan = planFile((workerData as { plan: string }).plan);
const context = openConversion(plan);
// Each task that waits for it tells of a failure; none may be asked for before it fails.
context.catch(() => {});

serveTasks(async (id) => runConvertTask(taskOf(plan, id), await context));
