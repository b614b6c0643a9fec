import { describe, expect, it } from 'vitest';
import {
  BudgetFailure,
  BugFailure,
  classify,
  DataFailure,
  InfrastructureFailure,
  MemoryFailure,
  NON_RETRYABLE,
  PolicyFailure,
  UserError,
} from '../../domain/failures.js';

describe('classify', () => {
  it('names each class of ours', () => {
    expect(classify(new UserError('m', 'h'))).toBe('user');
    expect(classify(new BudgetFailure('a', 'b', 'c'))).toBe('user');
    expect(classify(new MemoryFailure('m', 'h'))).toBe('user');
    expect(classify(new PolicyFailure('m'))).toBe('policy');
    expect(classify(new DataFailure('m'))).toBe('data');
    expect(classify(new InfrastructureFailure('m'))).toBe('infrastructure');
    expect(classify(new BugFailure('m'))).toBe('bug');
  });

  it('reads the type of a failure that came through Temporal, under any number of wrappers', () => {
    const application = Object.assign(new Error('video 17'), {
      name: 'ApplicationFailure',
      type: 'DataFailure',
    });
    const activity = Object.assign(new Error('Activity task failed'), {
      name: 'ActivityFailure',
      cause: application,
    });
    expect(classify(new Error('stage failed', { cause: activity }))).toBe('data');
    expect(classify({ name: 'ApplicationFailure', type: 'TypeError' })).toBe('bug');
  });

  it('takes the outermost of our classes: whoever wrapped it knew more', () => {
    expect(classify(new UserError('no such file', undefined, { cause: new DataFailure('x') }))).toBe('user');
  });

  it('calls a system error infrastructure even behind a TypeError, and a bare TypeError a bug', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(classify(new TypeError('fetch failed', { cause: refused }))).toBe('infrastructure');
    expect(classify(new TypeError('x is not a function'))).toBe('bug');
    expect(classify(new Error('InternalError from the store'))).toBe('infrastructure');
    expect(classify('a thrown string')).toBe('infrastructure');
  });

  it('ends on a chain of causes that runs in a circle', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    expect(classify(a)).toBe('infrastructure');
  });

  it('is not fooled by names that every object has', () => {
    expect(classify({ name: 'constructor' })).toBe('infrastructure');
  });
});

describe('the classes', () => {
  it('retries infrastructure alone', () => {
    const budget = new BudgetFailure('a', 'b', 'c').name;
    const memory = new MemoryFailure('m', 'h').name;
    const others = [UserError, DataFailure, BugFailure].map((c) => new c('m').name);
    expect([...NON_RETRYABLE].sort()).toEqual([budget, memory, ...others].sort());
  });
  it('keep hint and cause', () => {
    const cause = new Error('inner');
    const error = new UserError('outer', 'do this', { cause });
    expect([error.hint, error.cause, error.message]).toEqual(['do this', cause, 'outer']);
    expect(error).toBeInstanceOf(Error);
  });
});
