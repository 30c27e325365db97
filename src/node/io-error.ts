/** Turns what the system says into one clear line. */

import { type ErrorCode, WindrowError } from "../core/index.ts";

// What the codes of Linux, macOS and Windows mean to a person.
const REASONS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: ["io", "the disk is full"],
  EDQUOT: ["io", "the disk quota is used up"],
  EFBIG: ["io", "the file is larger than the system allows"],
  EACCES: ["io", "permission denied"],
  EPERM: ["io", "the system does not permit it"],
  EROFS: ["io", "the file system is read-only"],
  EMFILE: ["io", "too many files are open"],
  ENFILE: ["io", "too many files are open"],
  ENAMETOOLONG: ["io", "the name is too long"],
  EIO: ["io", "the device failed"],
  EISDIR: ["io", "it is a folder"],
  ENOTDIR: ["io", "a part of the path is not a folder"],
  ENOENT: ["missing", "no such file or folder"],
  ELOOP: ["io", "too many symbolic links"],
};

/** The code of a system error, such as `ENOENT`; `undefined` for any other value. */
export function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}

/** "Cannot `verb` `path`: why", of a system error. A WindrowError stays as it is. */
export function ioError(verb: string, path: string, cause: unknown): WindrowError {
  if (cause instanceof WindrowError) return cause;
  const system = systemCode(cause);
  const [code, why] = (system === undefined ? undefined : REASONS[system]) ?? [
    "io" as const,
    cause instanceof Error ? cause.message : String(cause),
  ];
  return new WindrowError(code, `Cannot ${verb} ${path}: ${why}`, { details: { path, system }, cause });
}
