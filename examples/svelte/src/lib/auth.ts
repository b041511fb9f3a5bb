import { createClient } from "wicketgate/all";
import { createAuth } from "wicketgate/svelte";
import { goto } from "$app/navigation";
import { config, login } from "./config";

const navigate = (path: string) => goto(path, { replaceState: true });
export const auth = createAuth(() => createClient(config()), { navigate, login });
