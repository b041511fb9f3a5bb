import { drive, driveWithBackend } from "./drive.mjs";

await drive("vue");
await driveWithBackend("vue");
