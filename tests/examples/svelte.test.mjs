import { drive, driveWithBackend } from "./drive.mjs";

// SvelteKit hides its text for screen readers by a style attribute.
const options = { output: "build", page: { styles: "'self' 'unsafe-inline'" } };
await drive("svelte", options);
await driveWithBackend("svelte", options);
