// The module as a file of its own, compiled while it arrives.
import { createClient } from "wicketgate/streaming";
import { adapt } from "./wicketgate-adapter.js";

export default adapt(createClient);
