import { initSync } from "./generated/wicketgate.js";
import { wicketgateError } from "./errors.js";

/** Fetches and instantiates the module from the file beside this script. */
export async function streamed(): Promise<void> {
  let module: Promise<WebAssembly.Module>;
  try {
    // The page's URL may carry a code.
    const response = await fetch(new URL("wicketgate_bg.wasm", import.meta.url), { referrerPolicy: "no-referrer" });
    if (!response.ok) throw response;
    // A server that does not know the type of the file costs only the streaming; one that answers every path with
    // the app's page has not got the file.
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
      "Check that wicketgate_bg.wasm is served beside the script and that connect-src allows it.",
      true,
    );
  }
  initSync({ module: await module });
}
