import { createClient } from "wicketgate/all";
import { adapt } from "./wicketgate-adapter.js";

export default adapt(createClient);
