// Breaks the source on purpose, one small change at a time, and checks that the test which guards the rule fails.
//
// The changes are the patches in tests/mutants/ (scripts/mutation.mjs describes their form). A patch names the test that
// notices it: `Test` (target::module::name), or `Lies` of tests/provider/, or both. For a lie that must be refused, the test
// has to report that the client accepted it: another error is not enough. For a lie that must be accepted, it has to report
// that the client refused it.
//
// It also checks that every test and lie named there exists, that each test of a rule fails under some change (a test that
// cannot fail is a defect), and that each lie is named by some change. If nothing could make the client accept a lie,
// tests/provider/unacceptable.json names that lie with the reason. Arguments select changes by a part of their path, or of
// their test's or a lie's name.
//
// `--wide` runs cargo-mutants over src/protocol/ instead: it knows no rule, and makes changes that nobody thought of.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { copyTree, environment, placeOf, readPatches, root, run, withPatch } from "./mutation.mjs";
import { readRules } from "./rules.mjs";

const work = join(root, "target", "mutants");
// The number of changes that are tried at a time, each in a copy of its own. A build keeps at most one processor busy.
const copies = Array.from({ length: Math.min(availableParallelism(), 4) }, (_, number) => join(work, String(number)));
const PROVIDER = "provider";
const targets = ["client", "redaction", PROVIDER];
// A change may make a loop endless.
const PATIENCE = 60;
// Up to this number, running the lies one by one is faster than running all of them.
const FEW = 8;

const lieTest = (lie) => `${PROVIDER}::${lie}`;
/** The tests that must notice a change. */
const guardsOf = ({ test, lies }) => [...(test ? [test] : []), ...lies.map(lieTest)];
const wasAccepted = (message) => message.startsWith("was accepted, ");
const wasRefused = (message) => message.endsWith(", where None is due");

const wanted = process.argv.slice(2);
await (wanted[0] === "--wide" ? wide(wanted.slice(1)) : patches(wanted));

async function patches(wanted) {
  const all = readPatches("tests/mutants");
  const unacceptable = JSON.parse(readFileSync(join(root, "tests/provider/unacceptable.json"), "utf8"));
  mkdirSync(work, { recursive: true });
  const [first] = await Promise.all(copies.map(makeCopy));
  if (!first) fail(`the tests do not compile as they are: ${join(work, "build.log")}`);
  const tests = Object.entries(first).flatMap(([target, executable]) => namesIn(executable).map((name) => `${target}::${name}`));
  const problems = problemsOf(all, Object.keys(unacceptable), tests);
  for (const [target, executable] of Object.entries(first)) {
    for (const name of Object.keys(await failuresOf(executable))) problems.push(`${target}::${name} fails as it is`);
  }
  if (problems.length) fail(...problems);

  const isWanted = (patch) => [patch.path, ...guardsOf(patch)].some((name) => wanted.some((word) => name.includes(word)));
  const selected = wanted.length ? all.filter(isWanted) : all;
  if (!selected.length) fail("nothing selected");

  const start = Date.now();
  const seen = new Map(); // test -> its output for each change
  let survivors = 0;
  console.log(`${"".padEnd(8)} ${"changed".padEnd(38)} seen by`);
  await inCopies(selected, async (patch, copy) => {
    const { verdict, failed } = await judge(patch, copy);
    for (const [name, message] of Object.entries(failed)) seen.set(name, [...(seen.get(name) ?? []), message]);
    const [guard, ...others] = guardsOf(patch).map((name) => name.split("::").at(-1));
    console.log(`${verdict.padEnd(8)} ${placeOf(patch).padEnd(38)} ${guard}${others.length ? ` and ${others.length} more` : ""}`);
    if (verdict === "caught") return;
    survivors += 1;
    console.log(`      ${patch.path}: ${patch.what}`);
    for (const name of unnoticedBy(patch, failed)) console.log(`      ${name}: ${failed[name] ?? "passes"}`);
  });

  const saw = (is) => new Set([...seen].filter(([, messages]) => messages.some(is)).map(([name]) => name));
  const [accepted, refused] = [saw(wasAccepted), saw(wasRefused)];
  console.log(`\n${selected.length - survivors} of ${selected.length} changes caught, ${Math.round((Date.now() - start) / 1000)} s`);
  console.log(`${accepted.size} lies were seen to be accepted; ${refused.size} that are put up with, to be refused`);
  const faults = Object.keys(unacceptable).filter((lie) => accepted.has(lieTest(lie)))
    .map((lie) => `${lie} was accepted, which unacceptable.json says cannot be`);
  if (!wanted.length) faults.push(...guards().filter((name) => !seen.has(name)).map((name) => `${name} was not seen to fail`));
  for (const fault of faults) console.log(fault);
  process.exitCode = survivors || faults.length ? 1 : 0;
}

/** Every test of a rule. */
function guards() {
  return readRules().flatMap(({ tests }) => tests);
}

/** Calls `work` with each item and a free copy, for as many items at a time as there are copies. */
async function inCopies(items, work) {
  const waiting = [...items];
  await Promise.all(copies.map(async (copy) => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item, copy);
  }));
}

/** Renews a copy, and builds its tests. */
async function makeCopy(copy) {
  copyTree(join(copy, "tree"));
  // The tests need only the library that they link. Building the other one takes as long as building a change's tests.
  const manifest = join(copy, "tree", "Cargo.toml");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace('["cdylib", "rlib"]', '["rlib"]'));
  return build(copy, targets);
}

/** Builds tests of a copy. Returns the executable of each target; `undefined` if the build fails. */
async function build(copy, targets) {
  const command = ["cargo", "test", "--package", "wicketgate", "--no-run", "--quiet", "--message-format=json", "--features", "serde,testing"];
  for (const target of targets) command.push("--test", target);
  const env = environment({ CARGO_TARGET_DIR: join(copy, "build") });
  const { code, output, stdout } = await run(command, { cwd: join(copy, "tree"), env });
  if (code !== 0) {
    writeFileSync(join(work, "build.log"), output);
    return undefined;
  }
  const built = stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const tests = built.filter(({ executable, target }) => executable && target.kind.includes("test"));
  return Object.fromEntries(tests.map(({ executable, target }) => [target.name, executable]));
}

function namesIn(executable) {
  const listed = execFileSync(executable, ["--list"], { cwd: root, encoding: "utf8" });
  return [...listed.matchAll(/^(\S+): test$/gm)].map(([, name]) => name);
}

/** The failing tests, with the output of each if it is a lie's: of all tests, or of those of a few `lies`. */
async function failuresOf(executable, lies = []) {
  const commands = lies.length && lies.length <= FEW ? lies.map((lie) => [executable, "--exact", lie]) : [[executable]];
  const failed = {};
  for (const command of commands) {
    // A change may remove the limit of nesting. The parser must then read the text, and not overflow the stack.
    const env = environment({ RUST_MIN_STACK: String(256 << 20) });
    const { stdout } = await run([...command, "--color", "never"], { seconds: PATIENCE, env });
    for (const [, name] of stdout.matchAll(/^test (\S+) +\.\.\. FAILED$/gm)) failed[name] ??= "";
    for (const [, name, message] of stdout.matchAll(/^---- (\S+) ----\n(.*)$/gm)) failed[name] = message;
  }
  return failed;
}

/** Makes one change, runs the tests that it names, and takes the change back. */
function judge(patch, copy) {
  return withPatch(patch, join(copy, "tree"), async () => {
    const executables = await build(copy, [...new Set(guardsOf(patch).map((name) => name.split("::")[0]))]);
    // A change that does not compile proves nothing.
    if (!executables) return { verdict: "INVALID", failed: {} };
    const failed = {};
    for (const [target, executable] of Object.entries(executables)) {
      const found = await failuresOf(executable, target === PROVIDER ? patch.lies : []);
      for (const [name, message] of Object.entries(found)) failed[`${target}::${name}`] = message;
    }
    return { verdict: unnoticedBy(patch, failed).length ? "SURVIVED" : "caught", failed };
  });
}

/**
 * The tests that the change names and that did not notice it. For a lie, the outcome must be the opposite one: another error
 * proves nothing.
 */
function unnoticedBy(patch, failed) {
  const hasTurned = (name) => !patch.lies.map(lieTest).includes(name) || wasAccepted(failed[name]) || wasRefused(failed[name]);
  return guardsOf(patch).filter((name) => !(name in failed) || !hasTurned(name));
}

/** The problems of the patches. */
function problemsOf(patches, unacceptable, tests) {
  const lies = tests.filter((name) => name.startsWith(`${PROVIDER}::`)).map((name) => name.split("::")[1]);
  const named = new Set(patches.flatMap((patch) => patch.lies));
  const guarded = new Set(patches.map(({ test }) => test));
  return [
    ...patches.map(placeOf).filter((place) => place.includes(".patch: ")),
    ...patches.filter((patch) => !guardsOf(patch).length).map(({ path }) => `${path} names nothing that notices it`),
    ...patches.flatMap((patch) => guardsOf(patch).filter((name) => !tests.includes(name)).map((name) => `${patch.path}: there is no test ${name}`)),
    ...lies.filter((lie) => !named.has(lie) && !unacceptable.includes(lie)).map((lie) => `no change turns the lie ${lie}`),
    ...unacceptable.filter((lie) => !lies.includes(lie)).map((lie) => `${lie} is called unacceptable, and is no lie`),
    ...unacceptable.filter((lie) => named.has(lie)).map((lie) => `${lie} is called unacceptable, and a change is to prove the contrary`),
    ...readRules().filter(({ tests, lies }) => tests.length && !lies.length && !tests.some((name) => guarded.has(name)))
      .map(({ place }) => `${place}: no change breaks this rule`),
  ];
}

/**
 * Tries every small change that cargo-mutants makes in the pure part, including changes that nobody thought of. Writes its
 * report to target/mutants.out.
 */
function wide(more) {
  const command = ["mutants", "--package", "wicketgate", "--features", "serde,testing", "--file", "src/protocol/**", "--output", "target", ...more];
  for (const target of [...targets, "vectors", "properties"]) command.push(...(target === targets[0] ? ["--", "--test"] : ["--test"]), target);
  // Below the checkout, where a test that starts Node finds its packages.
  const env = environment({ TMPDIR: work });
  mkdirSync(work, { recursive: true });
  const { status, error } = spawnSync("cargo", command, { cwd: root, env, stdio: "inherit" });
  if (error || status === 101) console.error("mutants: --wide needs cargo-mutants: cargo install --locked cargo-mutants");
  process.exitCode = status ?? 1;
}

function fail(...problems) {
  for (const problem of problems) console.error(`mutants: ${problem}`);
  process.exit(1);
}
