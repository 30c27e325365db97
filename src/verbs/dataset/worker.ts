/** The worker's entry: carries out the tasks of a dataset's plan that it is told to, one after the other. */

import { workerData } from "node:worker_threads";
import { runDatasetTask } from "../../materialize/index.ts";
import { taskOf } from "../../run/index.ts";
import { serveTasks } from "../serve-tasks.ts";
import { openContext, planFile } from "./run.ts";

const plan = planFile((workerData as { plan: string }).plan);
const context = openContext(plan);
// Each task that waits for it tells of a failure; none may be asked for before it fails.
context.catch(() => {});

serveTasks(async (id) => runDatasetTask(taskOf(plan, id), await context));
