// A WebAssembly module as tokens, for scripts/pack.mjs. A token stands for up to two fixed bytes (an opcode, an alignment, a
// block's type) and for at most one number, from a stream of such numbers. In place of a number, it can begin or end a region,
// whose length is not part of the token.

/** Tokens with equal names differ only in their numbers. */
export const nameOf = ({ stream, bytes }) => [stream, ...bytes].join(" ");

/**
 * The tokens of `wasm`, in order. If `isSorted` is not set, the functions are in another order, in which a compressor finds
 * more: those of one type lie together, and of these each follows the one that it resembles most.
 */
export function tokensOf(wasm, isSorted = true) {
  const { parts, imported } = read(wasm);
  if (!isSorted) sort(parts, imported);
  return parts.flatMap(({ tokens }) => tokens);
}

function sort(parts, imported) {
  const types = parts.filter(({ what }) => what === "type");
  const bodies = parts.filter(({ what }) => what === "body");
  const order = orderOf(types.map(({ tokens: [{ value }] }) => Number(value)), bodies.map(({ tokens }) => tokens));
  const places = new Map(order.map((before, after) => [BigInt(imported + before), BigInt(imported + after)]));
  for (const { tokens } of parts) {
    for (const token of tokens) if (token.stream === "calls") token.value = places.get(token.value) ?? token.value;
  }
  for (const list of [types, bodies]) {
    const before = list.map(({ tokens }) => tokens);
    list.forEach((part, after) => (part.tokens = before[order[after]]));
  }
}

/** The order of the functions: for each place, the number of the function that comes there. */
function orderOf(types, bodies) {
  // Two functions are alike if they have the same sequences of three tokens.
  const sequences = bodies.map((tokens) => {
    const names = tokens.map(nameOf);
    return new Set(names.slice(3).map((_, index) => names.slice(index, index + 3).join()));
  });
  const likeness = (one, other) => {
    let common = 0;
    for (const sequence of sequences[one]) common += Number(sequences[other].has(sequence));
    return common / Math.sqrt((sequences[one].size + 1) * (sequences[other].size + 1));
  };
  const order = [];
  for (const type of [...new Set(types)].sort((one, other) => one - other)) {
    const left = new Set([...types.keys()].filter((index) => types[index] === type));
    let next = [...left].reduce((one, other) => (bodies[one].length <= bodies[other].length ? one : other));
    while (left.delete(next)) {
      order.push(next);
      let most = -1;
      for (const index of left) {
        const found = likeness(order.at(-1), index);
        if (found > most) [most, next] = [found, index];
      }
    }
  }
  return order;
}

/** The tokens in parts: the type and the body of each function are parts of their own. */
function read(wasm) {
  const parts = [];
  let imported = 0;
  let lastAddress = 0;
  let place = 0;
  const part = (what) => parts.push({ what, tokens: [] });
  const put = (bytes, stream = "none", value = 0n) => parts.at(-1).tokens.push({ bytes, stream, value });
  const byte = () => wasm[place++];
  const copyByte = () => {
    const copied = byte();
    put([], "bytes", BigInt(copied));
    return copied;
  };
  const copy = (count) => {
    for (let index = 0; index < count; index++) copyByte();
  };
  const leb = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const group = BigInt(byte());
      value |= (group & 127n) << shift;
      if (group < 128n) return { value, sign: (group >> 6n) << (shift + 7n) };
    }
  };
  const unsigned = () => leb().value;
  /** 0, -1, 1, -2 … */
  const zigzag = (number) => (number < 0n ? -2n * number - 1n : 2n * number);
  const signed = () => {
    const { value, sign } = leb();
    return zigzag(value - sign);
  };
  /** A number that belongs to no opcode. */
  const plain = (stream, read = unsigned) => {
    const value = read();
    put([], stream, value);
    return value;
  };
  const times = (count, work) => {
    for (let index = 0n; index < count; index++) work();
  };

  function instruction(opcode) {
    const number = (stream, value = unsigned()) => put([opcode], stream, value);
    const others = (count) => times(BigInt(count), () => plain("others"));
    switch (opcode) {
      case 0x02: case 0x03: case 0x04: // block, loop, if
        return wasm[place] >= 0x40 && wasm[place] < 0x80 ? put([opcode, byte()]) : number("constants", signed());
      case 0x0c: case 0x0d: // br, br_if
        return number("branches");
      case 0x0e: { // br_table
        const count = unsigned();
        number("others", count);
        return times(count + 1n, () => plain("branches"));
      }
      case 0x10: case 0xd2: // call, ref.func
        return number("calls");
      case 0x11: // call_indirect: a type, and the module's table
        number("others");
        return wasm[place] < 0x80 ? put([byte()]) : others(1);
      case 0x1c: { // select, with types
        const count = unsigned();
        number("others", count);
        return copy(Number(count));
      }
      case 0x20: return number("gets");
      case 0x21: return number("sets");
      case 0x22: return number("tees");
      case 0x23: case 0x24: // global.get, global.set: nearly always the stack pointer
        return wasm[place] < 0x80 ? put([opcode, byte()]) : number("others");
      case 0x25: case 0x26: // table.get, table.set
        return number("others");
      case 0x3f: case 0x40: case 0xd0: // memory.size, memory.grow, ref.null
        return put([opcode, byte()]);
      case 0x41: { // i32.const: 0 and 1 are the most frequent
        const value = signed();
        return value === 0n || value === 2n ? put([opcode, Number(value / 2n)]) : number("constants", value);
      }
      case 0x42: return number("long constants", signed());
      case 0x43: put([opcode]); return copy(4);
      case 0x44: put([opcode]); return copy(8);
      case 0xfc: {
        const second = byte();
        put([opcode, second]);
        // memory.init, data.drop, memory.copy, memory.fill, table.init, elem.drop, table.copy, table.grow, table.size, table.fill
        return others([0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1][second]);
      }
    }
    if (opcode >= 0x28 && opcode < 0x3f) return put([opcode, byte()], opcode < 0x36 ? "loads" : "stores", unsigned());
    if ((opcode >= 0x45 && opcode < 0xc5) || [0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b].includes(opcode)) return put([opcode]);
    throw new Error(`tokens: the opcode ${opcode} is unknown to scripts/tokens.mjs`);
  }

  function body() {
    part("body");
    put([], "begins");
    const length = Number(unsigned());
    const end = place + length;
    // The locals: the number of groups, and for each group its size and its type.
    const groups = Number(unsigned());
    let bytes = [groups];
    for (let group = 0; group < groups; group++) {
      put(bytes, "others", unsigned());
      bytes = [byte()];
    }
    put(bytes);
    while (place < end - 1) instruction(byte());
    put([byte()], "ends");
  }

  /** The data that begin at `address`: texts, and tables of small numbers and of addresses that often rise. */
  function words(length, address) {
    const shift = address - place;
    const end = place + length;
    while (place < end) {
      const word = (place + shift) % 4 === 0 && place + 4 <= end ? wasm.readUInt32LE(place) : Infinity;
      if (word < 2 ** 12) {
        put([], "words", BigInt(word));
      } else if (word < 2 ** 20) {
        put([], "addresses", zigzag(BigInt(word - lastAddress)));
        lastAddress = word;
      } else {
        copyByte();
        continue;
      }
      place += 4;
    }
  }

  /** What contains the number of a function is read; of the other sections, the bytes are copied. */
  const sections = {
    2(end) {
      const start = place;
      times(unsigned(), () => {
        for (let name = 0; name < 2; name++) {
          const length = Number(unsigned());
          place += length;
        }
        if (byte() !== 0) throw new Error("tokens: an import is not a function");
        unsigned();
        imported++;
      });
      place = start;
      copy(end - start);
    },
    3() {
      times(plain("others"), () => {
        part("type");
        plain("bytes");
      });
      part();
    },
    7() {
      times(plain("others"), () => {
        copy(copyByte());
        plain(copyByte() === 0 ? "calls" : "others");
      });
    },
    8() {
      plain("calls");
    },
    9() {
      times(plain("others"), () => {
        if (copyByte() !== 0) throw new Error("tokens: a list of functions has a form that is unknown to scripts/tokens.mjs");
        while (copyByte() !== 0x0b);
        times(plain("others"), () => plain("calls"));
      });
    },
    10() {
      times(plain("others"), body);
      part();
    },
    11() {
      times(plain("others"), () => {
        if (copyByte() !== 0 || copyByte() !== 0x41) throw new Error("tokens: data have a form that is unknown to scripts/tokens.mjs");
        const address = Number(plain("constants", signed) / 2n);
        copy(1);
        words(Number(plain("others")), address);
      });
    },
  };

  part();
  copy(8);
  while (place < wasm.length) {
    const id = byte();
    put([id], "begins");
    const end = Number(unsigned()) + place;
    (sections[id] ?? (() => copy(end - place)))(end);
    put([], "ends");
  }
  put([], "ends");
  return { parts, imported };
}
