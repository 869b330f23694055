// A promise of the bus that did not hold: how every checker says so.

/** Its message is the rule in words, with the nodes that it concerns. */
export class Violation extends Error {}

export function fail(rule: string): never {
  throw new Violation(rule)
}
