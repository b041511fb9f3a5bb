import { defineConfig } from "@playwright/test";

// A Chromium that is on the machine already; without it, that of `npx playwright install chromium`.
const { CHROMIUM: executablePath } = process.env;

export default defineConfig({
  testMatch: "*.spec.ts",
  reporter: "list",
  use: { launchOptions: { ...(executablePath && { executablePath }), args: ["--no-sandbox"] } },
  webServer: {
    command: "vite build --logLevel warn && vite preview",
    // Where it listens: another port where the usual one is taken.
    wait: { stdout: /localhost:(?<APP_PORT>\d+)/ },
  },
});
