const LONGEST = 400;

/** `text` in one line of bounded length, without the characters that steer a terminal or reverse a text. */
function harmless(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, "�");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

/** One line of the doctor's report. */
export interface Finding {
  /** The checked thing. */
  readonly checked: string;
  /** `"unknown"`: it cannot be checked from here, or depends on a value that was not given. */
  readonly result: "good" | "bad" | "unknown";
  readonly found: string;
  readonly expected: string;
  /** What to change. Empty if `result` is `"good"`. */
  readonly change: string;
}

/** Collects findings, in the order of the checks. A finding may repeat what a server said, and a terminal may show it. */
export class Findings {
  readonly all: Finding[] = [];

  good(checked: string, found: string, expected = found): void {
    this.#add(checked, "good", found, expected, "");
  }

  bad(checked: string, found: string, expected: string, change: string): void {
    this.#add(checked, "bad", found, expected, change);
  }

  unknown(checked: string, found: string, expected: string, change: string): void {
    this.#add(checked, "unknown", found, expected, change);
  }

  #add(checked: string, result: Finding["result"], ...texts: [string, string, string]): void {
    const [found, expected, change] = texts.map(harmless) as typeof texts;
    this.all.push({ checked, result, found, expected, change });
  }

  /** Good if `isGood`; otherwise bad. */
  judge(isGood: boolean, checked: string, found: string, expected: string, change: string): void {
    if (isGood) this.good(checked, found, expected);
    else this.bad(checked, found, expected, change);
  }
}
