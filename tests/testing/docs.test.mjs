// docs/guide/testing.md is correct: its code is that of the example, and its table that of the provider.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { failures, fakeProvider } from "wicketgate/testing";

const text = readFileSync("docs/guide/testing.md", "utf8");
const example = readdirSync("examples/testing").filter((file) => file.endsWith(".ts")).map((file) => readFileSync(`examples/testing/${file}`, "utf8"));

test("the code of the page is in the example, word for word", () => {
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block);
  assert(blocks.length >= 5);
  for (const block of blocks) assert(example.some((file) => file.includes(block)), `nowhere in the example:\n${block}`);
});

test("the hooks of the page make a provider", async () => {
  const [, block] = /^```js\n(.*?)^```$/ms.exec(text);
  const AsyncFunction = (async () => {}).constructor;
  const provider = await new AsyncFunction("fakeProvider", block.replace("fakeProvider({", 'fakeProvider({ redirectUri: "https://app.example/callback",') + "return provider;")(fakeProvider);
  const url = `${provider.config.issuer}/.well-known/openid-configuration`;
  const { body } = await provider.respond({ method: "GET", url, headers: {}, body: "" });
  assert.equal(JSON.parse(body).issuer, provider.config.issuer);
});

test("the table has every failure, where it can be, and its code", () => {
  const rows = [...text.matchAll(/^\| `([^`]+)` \| [^|]+ \| ((?:`\w+`(?:, |: |; )?)+) \|$/gm)].map(([, name, where]) => [name, where]);
  const expected = Object.entries(failures).map(([name, places]) => [name, describe(places)]);
  assert.deepEqual(rows, expected);
});

function describe(places) {
  const codes = [...new Set(Object.values(places))];
  const placesOf = (code) => Object.keys(places).filter((place) => places[place] === code).map((place) => `\`${place}\``);
  return codes.map((code) => `${placesOf(code).join(", ")}: \`${code}\``).join("; ");
}
