import { drive, driveWithBackend } from "./drive.mjs";

// Angular's router reads the app's base path from a `<base>` in the page.
const options = { page: { bases: "'self'" }, output: "dist/wicketgate-example-angular/browser" };
await drive("angular", options);
await driveWithBackend("angular", options);
