import { drive, driveWithBackend } from "./drive.mjs";

// SvelteKit hides what it says to screen readers by a style attribute.
const options = { output: "build", page: { styles: "'self' 'unsafe-inline'" } };
await drive("svelte", options);
await driveWithBackend("svelte", options);
