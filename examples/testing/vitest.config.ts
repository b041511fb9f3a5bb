import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

// The machine's own Chromium in CHROMIUM; without it, the one of `npx playwright install chromium`.
const { CHROMIUM: executablePath } = process.env;

export default defineConfig({
  test: {
    projects: [
      { test: { name: "jsdom", environment: "jsdom", include: ["*.test.ts"] } },
      { test: { name: "happy-dom", environment: "happy-dom", include: ["*.test.ts"] } },
      {
        test: {
          name: "chromium",
          include: ["client.test.ts"],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { ...(executablePath && { executablePath }), args: ["--no-sandbox"] } }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
