/**
 * What went wrong, named by the boundary it crossed and classified once:
 * - `user`: the person's to mend (a config, a path, a missing program, a sequence that outgrows the policy, too little memory). Told in one message, never retried.
 * - `policy`: the model did something impossible. An observation for it and a count in the metrics.
 * - `data`: this video or record is bad. Quarantined; the run goes on until there are too many.
 * - `infrastructure`: a network, disk or process. Retried.
 * - `bug`: ours. Stops at once. Numbers that are not finite belong here.
 */
export type FailureKind = 'user' | 'policy' | 'data' | 'infrastructure' | 'bug';

/** A mistake that the person can mend: what was expected, what was found and where; `hint` says what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/**
 * A sequence that does not fit the policy's context: more looks, frames, words or actions than it has room for. It is
 * refused whole, because text without its pictures, or pictures without their text, would teach what is not so.
 */
export class BudgetFailure extends Error {
  override readonly name = 'BudgetFailure';

  /** @param remedy which option raises the limit, or what to do where none does */
  constructor(got: string, limit: string, remedy: string) {
    super(`${got} does not fit: ${limit}; ${remedy}. Nothing was cut off.`);
  }
}

/**
 * Memory ran out, of a device or of the machine: what there was no room for; `hint` says what to lower. A run waits with it
 * until a person has made room. A process that the system killed for want of memory says nothing: that is infrastructure.
 */
export class MemoryFailure extends Error {
  override readonly name = 'MemoryFailure';
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** A model's action that no tool or protocol admits, where it could not be turned into an observation. */
export class PolicyFailure extends Error {
  override readonly name = 'PolicyFailure';
}

/** A record or a file's content that is not what it claims to be. */
export class DataFailure extends Error {
  override readonly name = 'DataFailure';
}

/** A service, disk, network or process that failed and may work on the next attempt. */
export class InfrastructureFailure extends Error {
  override readonly name = 'InfrastructureFailure';
}

/** A broken promise of our own code. */
export class BugFailure extends Error {
  override readonly name = 'BugFailure';
}

const KIND_OF_NAME: Readonly<Record<string, FailureKind>> = {
  UserError: 'user',
  BudgetFailure: 'user',
  MemoryFailure: 'user',
  PolicyFailure: 'policy',
  DataFailure: 'data',
  InfrastructureFailure: 'infrastructure',
  BugFailure: 'bug',
};

/** Error types that another attempt cannot mend: Temporal's `nonRetryableErrorTypes`. */
export const NON_RETRYABLE: readonly string[] = [
  'UserError',
  'BudgetFailure',
  'MemoryFailure',
  'DataFailure',
  'BugFailure',
];

/** What the language itself throws at a programming mistake. */
const PROGRAMMING_ERRORS: readonly string[] = ['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'];

/**
 * The kind of a thrown value, by the names along its chain of causes. Reads `type` as well as `name`,
 * because an error that came through Temporal is an ApplicationFailure whose `type` is the original name.
 * A system error (`ECONNREFUSED` behind fetch's TypeError) is infrastructure; a bare programming error is a
 * bug; whatever else a library throws is infrastructure, so that it is tried again before a person is asked.
 */
export function classify(error: unknown): FailureKind {
  const chain = causes(error);
  for (const link of chain) {
    const kind = named(link.type) ?? named(link.name);
    if (kind !== undefined) return kind;
  }
  if (chain.some((link) => typeof link.code === 'string')) return 'infrastructure';
  if (chain.some((link) => isProgramming(link.type) || isProgramming(link.name))) return 'bug';
  return 'infrastructure';
}

interface Link {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** The error and its causes, outermost first. A cycle ends the list. */
function causes(error: unknown): readonly Link[] {
  const chain: Link[] = [];
  for (let at: unknown = error; typeof at === 'object' && at !== null;) {
    const link: Link = at;
    if (chain.includes(link)) break;
    chain.push(link);
    at = link.cause;
  }
  return chain;
}

function named(name: unknown): FailureKind | undefined {
  return typeof name === 'string' && Object.hasOwn(KIND_OF_NAME, name) ? KIND_OF_NAME[name] : undefined;
}

function isProgramming(name: unknown): boolean {
  return typeof name === 'string' && PROGRAMMING_ERRORS.includes(name);
}
