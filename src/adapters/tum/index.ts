/** TUM RGB-D recordings: trajectories, lists of images, associations. */

export { isTumFile, isTumFolder, openTum, openTumFolder } from "./open.ts";
