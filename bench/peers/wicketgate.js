import { createClient } from "wicketgate";
import { adapt } from "./wicketgate-adapter.js";

export default adapt(createClient);
