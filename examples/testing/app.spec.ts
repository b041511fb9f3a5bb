// The app in a browser: it navigates to the provider and comes back. The app's own server is the only server.
import { test as base, expect } from "@playwright/test";
import { type FakeProvider, fakeProvider } from "wicketgate/testing";

const origin = `http://localhost:${process.env["APP_PORT"]}`;

const test = base.extend<{ provider: FakeProvider }>({
  provider: async ({ page }, use) => {
    const provider = await fakeProvider({ redirectUri: `${origin}/callback` });
    await use(await provider.route(page));
  },
});

test("who logs in is greeted, also after a reload", async ({ page, provider }) => {
  await page.goto(origin);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByText("Hello, Ada Lovelace.")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Hello, Ada Lovelace.")).toBeVisible();
  expect(provider.requests.filter(({ place }) => place === "token")).toHaveLength(1);
});

test("who says no is told so", async ({ page, provider }) => {
  provider.fail("denied");
  await page.goto(origin);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByText("You said no.")).toBeVisible();
});

test("while the provider is slow, nobody is greeted yet", async ({ page, provider }) => {
  const recover = provider.fail("slow", { at: "token" });
  await page.goto(origin);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL("**/callback");
  await expect(page.getByText("Hello")).toBeHidden();
  recover();
  await expect(page.getByText("Hello, Ada Lovelace.")).toBeVisible();
});
