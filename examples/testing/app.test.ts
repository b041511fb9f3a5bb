// Unit tests of the app, in jsdom and in happy-dom.
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeProvider, fakeProvider } from "wicketgate/testing";
import { show } from "./app.js";

let provider: FakeProvider;

beforeEach(async () => {
  provider = (await fakeProvider()).install();
});

afterEach(() => {
  provider.restore();
  sessionStorage.clear();
  history.replaceState(null, "", "/");
});

/** Loads the page, and returns the text that it shows. */
async function load() {
  await show(document.body, provider.config);
  return document.querySelector("p")?.textContent;
}

/** Presses the button. The page leaves for the provider, and the browser comes back. */
async function press() {
  document.querySelector("button")?.click();
  history.replaceState(null, "", await provider.comeBack());
}

test("who logs in is greeted, on the page where they were", async () => {
  history.replaceState(null, "", "/orders?page=2");
  await load();
  await press();
  expect(await load()).toBe("Hello, Ada Lovelace.");
  expect(location.pathname + location.search).toBe("/orders?page=2");
});

test("who says no is told so", async () => {
  provider.fail("denied");
  await load();
  await press();
  expect(await load()).toBe("You said no.");
});

test("after a failure one may try again", async () => {
  provider.fail("network loss", { at: "token", times: 1 });
  await load();
  await press();
  expect(await load()).toBe("That did not work. Please try again.");
  await press();
  expect(await load()).toBe("Hello, Ada Lovelace.");
});

test("who logs out is not greeted any more", async () => {
  await load();
  await press();
  await load();
  await press();
  expect(await load()).toBe("");
  expect(provider.requests.map(({ place }) => place)).toContain("logout");
});
