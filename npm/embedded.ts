/**
 * The script that `wicketgate` imports when it needs the module. The script contains the module, so that one request loads
 * both, and bundlers need not handle another file. The module is packed as text; the unpacker is a module of 500 bytes.
 */
import { packed, unpacker } from "./generated/packed.js";
import { initSync } from "./generated/wicketgate.js";

export { expect } from "./generated/page.js";
export { ask, connect, handleCallback, onFault, run } from "./generated/wicketgate.js";

/** Unpacks and instantiates the module. `npm/unpack.wat` says where the text and the module lie in its memory. */
export async function instantiate(): Promise<void> {
  const unpacking = new WebAssembly.Module(Uint8Array.from(atob(unpacker), (character) => character.charCodeAt(0)));
  const { memory, unpack } = new WebAssembly.Instance(unpacking).exports as { memory: WebAssembly.Memory; unpack(end: number): number };
  new TextEncoder().encodeInto(packed, new Uint8Array(memory.buffer, 1024));
  initSync({ module: await WebAssembly.compile(memory.buffer.slice(524288, unpack(1024 + packed.length))) });
}
