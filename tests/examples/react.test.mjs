import { drive, driveWithBackend } from "./drive.mjs";

await drive("react");
await driveWithBackend("react");
