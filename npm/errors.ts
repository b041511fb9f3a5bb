import type { ErrorCode, WicketgateError } from "./types.js";

/** Whether `value` is an error of this package; its `code` says which one. */
export function isWicketgateError(value: unknown): value is WicketgateError {
  return value instanceof Error && value.name === "WicketgateError" && "code" in value;
}

/** A real `Error`: it has a stack, and is an `instanceof Error`. A console shows only its message. */
export function errorOf(members: Omit<WicketgateError, "message">): WicketgateError {
  const { summary, hint, code } = members;
  return Object.assign(new Error(`${summary} ${hint} [${code}]`), members);
}

/** An error that occurs before, around or after the module. The module itself makes all other errors. */
export function wicketgateError(code: ErrorCode, summary: string, hint: string, retryable = false): WicketgateError {
  return errorOf({ name: "WicketgateError", code, summary, hint, retryable });
}
