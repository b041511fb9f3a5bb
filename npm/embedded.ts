import bytes from "./generated/bytes.js";
import { initSync } from "./generated/wicketgate.js";

/** Instantiates the module that `generated/bytes.js` holds: one character for each byte. */
export async function embedded(): Promise<void> {
  const binary = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) binary[index] = bytes.charCodeAt(index);
  initSync({ module: await WebAssembly.compile(binary) });
}
