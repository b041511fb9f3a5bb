import { drive, driveWithBackend } from "./drive.mjs";

await drive("solid");
await driveWithBackend("solid");
