import { initSync } from "./generated/wicketgate.js";
import { wicketgateError } from "./errors.js";

/** Fetches and instantiates the module from the file beside this script. */
export async function streamed(): Promise<void> {
  let response: Response;
  try {
    // The page's URL may carry a code.
    response = await fetch(new URL("wicketgate_bg.wasm", import.meta.url), { referrerPolicy: "no-referrer" });
    if (!response.ok) throw response;
  } catch {
    throw wicketgateError(
      "network_failed",
      "The WebAssembly module could not be fetched.",
      "Check that wicketgate_bg.wasm is served beside the script and that connect-src allows it.",
      true,
    );
  }
  // A server that does not know the type of the file costs only the streaming.
  const isTyped = response.headers.get("content-type")?.startsWith("application/wasm");
  initSync({ module: await (isTyped ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer())) });
}
