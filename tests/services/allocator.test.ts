import { describe, expect, it } from 'vitest';

import { allocatorEnvironment } from '../../infra/services/allocator.js';

describe('the allocator of processes that compute', () => {
  it('keeps big tensors on one warm heap on Linux', () => {
    expect(allocatorEnvironment({}, 'linux')).toEqual({
      GLIBC_TUNABLES:
        'glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=68719476736:glibc.malloc.arena_max=1',
    });
  });

  it('is left alone where a person has tuned it, and where there is no glibc', () => {
    expect(allocatorEnvironment({ GLIBC_TUNABLES: 'glibc.malloc.check=1' }, 'linux')).toEqual({});
    expect(allocatorEnvironment({}, 'darwin')).toEqual({});
  });
});
