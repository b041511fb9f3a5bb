// Runs many schedules of tests/simulation.rs: SEEDS of them (default: a million), beginning with FROM.
//
// With --broken, it tests the simulation itself: it breaks the client on purpose, one small change at a time, and checks that
// the number of schedules in `cargo test` is enough to notice; for the few changes that need more, the patch says how many. The
// changes are the patches in tests/simulation/broken/ (scripts/mutation.mjs describes their form). Further arguments select changes by a part of their name.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { copyTree, environment, readPatches, root, run, withPatch } from "./mutation.mjs";

const work = join(root, "target", "soak");
const tree = join(work, "tree");
const test = ["--package", "wicketgate", "--test", "simulation", "--", "--nocapture"];
// A change may make a loop endless.
const PATIENCE = 300;

const [first, ...wanted] = process.argv.slice(2);
if (first === "--broken") await broken(wanted);
else soak();

function soak() {
  // The package's own release profile optimizes for size.
  const profile = { OPT_LEVEL: "3", LTO: "off", CODEGEN_UNITS: "16" };
  const env = Object.fromEntries(Object.entries(profile).map(([name, value]) => [`CARGO_PROFILE_RELEASE_${name}`, value]));
  const all = { SEEDS: "1000000", ...process.env, ...env, CARGO_TARGET_DIR: join(work, "build") };
  const { status } = spawnSync("cargo", ["test", "--quiet", "--release", ...test], { cwd: root, env: all, stdio: "inherit" });
  process.exitCode = status ?? 1;
}

async function broken(wanted) {
  const all = readPatches("tests/simulation/broken");
  const changes = all.filter(({ path, what }) => !wanted.length || wanted.some((word) => path.includes(word) || what.includes(word)));
  copyTree(tree);
  const asItIs = await schedule();
  if (asItIs !== undefined) {
    console.error(`soak: the simulation fails as it is: ${asItIs}`);
    process.exit(1);
  }
  const start = Date.now();
  let missed = 0;
  for (const change of changes) {
    const outcome = await withPatch(change, tree, () => schedule(change.schedules));
    const isCaught = outcome?.startsWith("seed ") ?? false;
    if (!isCaught) missed += 1;
    console.log(`${(isCaught ? "caught" : "MISSED").padEnd(8)}${change.what}\n        ${outcome ?? "no schedule failed"}`);
  }
  console.log(`${changes.length - missed} of ${changes.length} broken clients noticed, ${Math.round((Date.now() - start) / 1000)} s`);
  process.exitCode = missed ? 1 : 0;
}

/** The output of the first schedule that failed, of so `many` or the usual number. */
async function schedule(many) {
  const env = environment({ CARGO_TARGET_DIR: join(work, "build") }, ["SEEDS", "FROM", "SEED"]);
  if (many) env.SEEDS = many;
  const { code, output } = await run(["cargo", "test", "--quiet", ...test], { cwd: tree, env, seconds: PATIENCE });
  if (code === undefined) return "it does not end";
  if (code === 0) return undefined;
  return output.match(/^seed \d+: .*$/gm)?.at(-1) ?? `it does not compile, which proves nothing:\n${output.slice(-2000)}`;
}
