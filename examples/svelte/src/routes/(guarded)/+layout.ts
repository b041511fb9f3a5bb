import { auth } from "$lib/auth";
export const load = auth.guard;
