import { defineConfig } from "@playwright/test";

// The machine's own Chromium in CHROMIUM; without it, the one of `npx playwright install chromium`.
const { CHROMIUM: executablePath } = process.env;

export default defineConfig({
  testMatch: "*.spec.ts",
  reporter: "list",
  use: { launchOptions: { ...(executablePath && { executablePath }), args: ["--no-sandbox"] } },
  webServer: {
    command: "vite build --logLevel warn && vite preview",
    // The port where it listens: another one if the usual port is taken.
    wait: { stdout: /localhost:(?<APP_PORT>\d+)/ },
  },
});
