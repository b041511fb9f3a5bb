import type { ErrorCode, WicketgateError } from "./types.js";

/** Whether `value` is an error of this package; its `code` says which. */
export function isWicketgateError(value: unknown): value is WicketgateError {
  return value instanceof Error && value.name === "WicketgateError" && "code" in value;
}

/** For what fails before, around or after the module; everything else it says itself. */
export function wicketgateError(code: ErrorCode, message: string, hint: string, retryable = false): WicketgateError {
  return Object.assign(new Error(message), { name: "WicketgateError", code, hint, retryable }) as WicketgateError;
}
