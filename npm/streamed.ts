/** The function that `wicketgate/streaming` calls when it needs the module, which is a file beside the script. */
import { file } from "./generated/file.js";
import { initSync } from "./generated/wicketgate.js";
import { wicketgateError } from "./errors.js";

export { expect } from "./generated/page.js";
export { ask, connect, handleCallback, onFault, run } from "./generated/wicketgate.js";

/** Fetches and instantiates the module. */
export async function instantiate(): Promise<void> {
  let module: Promise<WebAssembly.Module>;
  try {
    // The page's URL may carry a code.
    const response = await fetch(file(), { referrerPolicy: "no-referrer" });
    if (!response.ok) throw response;
    // If a server does not know the type of the file, only the streaming is lost. A server that answers every path with the
    // app's page does not have the file.
    if (response.headers.get("content-type")?.startsWith("application/wasm")) {
      module = WebAssembly.compileStreaming(response);
    } else {
      const bytes = await response.arrayBuffer();
      if (new DataView(bytes).getUint32(0) !== 0x0061736d) throw response;
      module = WebAssembly.compile(bytes);
    }
  } catch {
    throw wicketgateError(
      "network_failed",
      "The WebAssembly module could not be fetched.",
      "Check that the package's .wasm file is served beside the script and that connect-src allows it.",
      true,
    );
  }
  initSync({ module: await module });
}
