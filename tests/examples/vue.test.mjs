import { drive } from "./drive.mjs";

await drive("vue");
