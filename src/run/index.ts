/** Work as data: plans, tasks, and what runs them. */

export { inWaitingOrder, type Journal, type Plan, type Runner, type Task, type TaskEvent, taskOf } from "./plan.ts";
