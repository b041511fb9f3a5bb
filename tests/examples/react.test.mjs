import { drive, driveWithBackend } from "./drive.mjs";

await drive("react", { countdown: true });
await driveWithBackend("react");
