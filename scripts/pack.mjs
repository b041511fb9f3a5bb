// Packs a WebAssembly module into printable ASCII. A page with the packed module is 13 % smaller (brotli) than a page with
// the module's bytes in a string: operands of one kind lie beside each other, where a compressor finds more repetitions, and a
// bundler need not escape anything. npm/unpack.wat makes the same bytes from the text.
//
// The text has the lengths of the streams, the size of a table, and the streams: the tokens first (scripts/tokens.mjs), then, in
// the order of STREAMS, the numbers that belong to them. The table is at the beginning of the bytes, and says in three bytes
// what each token stands for.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { nameOf, tokensOf } from "./tokens.mjs";

/**
 * The first stream is that of the tokens. `bytes` are plain bytes. The numbers of `words` have four bytes, as have those of `addresses`, which are differences. The
 * numbers from `addresses` to `summands` are signed.
 */
const STREAMS = [
  "none", "bytes", "words", "addresses", "constants", "long constants", "summands", "gets", "loaded", "augends", "stored", "places",
  "sets", "tees", "calls", "loads", "stores", "branches", "others", "locals",
];
/** In the table, these stand in the place of a stream. */
const REGION = { begins: 62, ends: 63 };
/** In the table, this stands in the place of the number of bytes: the token stands for two others. */
const PAIR = 3;
const TEXT = 1024;

/**
 * Tokens that become one: these pairs save most (docs/design/size.md). If a stream is named, the first part's number belongs
 * there.
 */
const PAIRS = [
  ["constants 65", "none 106", "summands"], // i32.const, i32.add
  ["constants 65", "none 107", "summands"], // i32.const, i32.sub
  ["gets 32", "loads 40 2", "loaded"], // local.get, i32.load
  ["gets 32", "(summands 65, none 106)", "augends"], // local.get, i32.const, i32.add
  ["gets 32", "stores 54 2", "stored"], // local.get, i32.store
  ["gets 32", "(stored 32, stores 54 2)", "places"], // local.get, local.get, i32.store
  ["others 1", "none 127", "locals"], // one group of locals: i32
  ["branches 12", "none 11"], // br, end
];

/** The text of `wasm`. Throws if `unpacker` makes other bytes from it. */
export function pack(wasm, unpacker) {
  const text = textOf(tokensOf(wasm));
  if (!wasm.equals(unpack(text, unpacker))) throw new Error("pack: the packed module is another one");
  return text;
}

/** The same module, with its functions in the order in which they compress best. Throws if the module is not read as it is. */
export function sorted(wasm, unpacker) {
  pack(wasm, unpacker);
  const module = unpack(textOf(tokensOf(wasm, false)), unpacker);
  if (!WebAssembly.validate(module)) throw new Error("pack: the sorted module is not valid");
  return module;
}

/** Does the same as npm/embedded.ts. */
function unpack(text, unpacker) {
  const { memory, unpack } = new WebAssembly.Instance(new WebAssembly.Module(unpacker)).exports;
  new TextEncoder().encodeInto(text, new Uint8Array(memory.buffer, TEXT));
  return Buffer.from(memory.buffer.slice(524288, unpack(text.length + TEXT)));
}

function textOf(tokens) {
  const joined = PAIRS.reduce(joinPair, tokens);
  const { numberOf, different } = numbersOf(joined);
  const streams = STREAMS.map(() => "");
  const streamOf = (name) => REGION[name] ?? STREAMS.indexOf(name);
  for (const { parts, stream, bytes } of different) {
    const [flags, first = 0, second = 0] = parts ? [PAIR, ...parts.map(numberOf)] : [bytes.length | (streamOf(stream) << 2), ...bytes];
    for (const byte of [flags, first, second]) streams[1] += byteText(byte);
  }
  const putNumbers = ({ parts, stream, value }) => {
    if (parts) parts.forEach(putNumbers);
    else if (stream === "bytes") streams[1] += byteText(Number(value));
    else if (STREAMS.indexOf(stream) > 0) streams[STREAMS.indexOf(stream)] += numberText(value);
  };
  for (const token of joined) {
    streams[0] += numberText(numberOf(token));
    putNumbers(token);
  }
  const lengths = streams.slice(1).map(({ length }) => numberText(length));
  return lengths.reverse().join("") + numberText(3 * different.length) + streams.join("");
}

/** `tokens` with one token for each two that the pair names. */
function joinPair(tokens, [one, other, stream]) {
  const joined = [];
  for (const token of tokens) {
    const before = joined.at(-1);
    if (before && name(before) === one && name(token) === other) {
      joined[joined.length - 1] = { parts: [stream ? { ...before, stream } : before, token] };
    } else {
      joined.push(token);
    }
  }
  return joined;
}

const name = (token) => (token.parts ? `(${token.parts.map(name).join(", ")})` : nameOf(token));

/** The different tokens, and the number of each: the most frequent come first, because the first 80 are one character. */
function numbersOf(tokens) {
  const counts = new Map();
  const kinds = new Map();
  const count = (token, times) => {
    counts.set(name(token), (counts.get(name(token)) ?? 0) + times);
    kinds.set(name(token), token);
    token.parts?.forEach((part) => count(part, 0));
  };
  for (const token of tokens) count(token, 1);
  const sorted = [...kinds].sort(([one], [other]) => counts.get(other) - counts.get(one));
  const numbers = new Map(sorted.map(([name], number) => [name, number]));
  return { different: sorted.map(([, token]) => token), numberOf: (token) => numbers.get(name(token)) };
}

/** The digits are the characters from 35 on: 80 digits end a number, 12 further digits come before the end. */
function numberText(value) {
  let rest = BigInt(value);
  let text = String.fromCharCode(35 + Number(rest % 80n));
  for (rest /= 80n; rest > 0n; rest = (rest - 1n) / 12n) text = String.fromCharCode(115 + Number((rest - 1n) % 12n)) + text;
  return text;
}

/** A byte from the space to `z` is itself. Any other byte is two characters; the first, `{` to `~`, has its two highest bits. */
function byteText(byte) {
  if (byte >= 32 && byte < 123) return String.fromCharCode(byte);
  const second = (byte - 35) % 64 + 35;
  const low = second < 35 ? second + 64 : second;
  const first = [123, 124, 125, 126].find((first) => (((first << 6) + low) & 255) === byte);
  return String.fromCharCode(first, low);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , unpacker, wasm] = process.argv;
  process.stdout.write(pack(readFileSync(wasm), readFileSync(unpacker)));
}
