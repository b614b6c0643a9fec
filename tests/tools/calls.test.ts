import { describe, expect, it } from 'vitest';
import type { CropCall } from '../../domain/tools/contract.js';
import { parseArguments, refusalOf } from '../../domain/tools/validate.js';

const FRAMES = 8;

function crop(bbox01: CropCall['bbox01'], targetFrame = 3): CropCall {
  return { tool: 'crop', targetFrame, bbox01 };
}

describe('refusalOf', () => {
  it('lets good calls pass', () => {
    expect(refusalOf({ tool: 'clip', targetFrames: [1, 8, 3] }, FRAMES)).toBeNull();
    expect(refusalOf({ tool: 'clip', targetFrames: [1, 2, 3, 4, 5, 6, 7, 8] }, FRAMES)).toBeNull();
    expect(refusalOf(crop([0.1, 0.2, 0.3, 0.4]), FRAMES)).toBeNull();
  });

  it('takes a coordinate of exactly 1 as the edge, not as a pixel', () => {
    expect(refusalOf(crop([0, 0, 1, 1]), FRAMES)).toBeNull();
  });

  it.each([0, -1, 9, 2.5, NaN, Infinity])('refuses frame %s, which never wraps around', (frame) => {
    expect(refusalOf({ tool: 'clip', targetFrames: [1, frame] }, FRAMES)).toMatch(
      /^clip: .*frames (are )?1 to 8/,
    );
    expect(refusalOf(crop([0, 0, 1, 1], frame), FRAMES)).toMatch(/^crop: .*frames (are )?1 to 8/);
  });

  it('refuses a clip of no frames, and of more than eight', () => {
    expect(refusalOf({ tool: 'clip', targetFrames: [] }, FRAMES)).toContain('empty');
    expect(refusalOf({ tool: 'clip', targetFrames: Array<number>(9).fill(1) }, FRAMES)).toContain(
      'at most 8',
    );
  });

  it.each([
    [[0.5, 0.1, 0.4, 0.2], 'left edge 0.5 is not left of the right edge 0.4'],
    [[0.4, 0.1, 0.4, 0.2], 'left edge 0.4 is not left of the right edge 0.4'],
    [[0.1, 0.6, 0.4, 0.2], 'upper edge 0.6 is not above the lower edge 0.2'],
    [[-0.1, 0, 1, 1], '-0.1 in bbox_2d is outside 0 to 1'],
    [[0, 0, 120, 80], '120 in bbox_2d is outside 0 to 1; coordinates are fractions of the frame, not pixels'],
    [[0, 0, NaN, 1], 'NaN in bbox_2d is outside 0 to 1'],
  ] as const)('refuses the box %j', (box, reason) => {
    expect(refusalOf(crop(box), FRAMES)).toContain(reason);
  });
});

describe('parseArguments', () => {
  it('reads the arguments as a model writes them', () => {
    expect(parseArguments('clip', { target_frames: [2, 3] })).toEqual({
      kind: 'call',
      call: { tool: 'clip', targetFrames: [2, 3] },
    });
    expect(parseArguments('crop', { target_frame: 2, bbox_2d: [0, 0.5, 1, 1] })).toEqual({
      kind: 'call',
      call: { tool: 'crop', targetFrame: 2, bbox01: [0, 0.5, 1, 1] },
    });
  });

  it.each([
    ['zoom', {}, 'no tool "zoom"'],
    ['clip', null, 'must be an object, got null'],
    ['clip', [1], 'must be an object, got [1]'],
    ['clip', undefined, 'got nothing'],
    ['clip', {}, 'target_frames must be a list of frame numbers, got nothing'],
    ['clip', { target_frames: 3 }, 'got 3'],
    ['clip', { target_frames: ['3'] }, 'got ["3"]'],
    ['clip', { target_frames: [1], fast: true }, '"fast" is not an argument; expected target_frames'],
    ['crop', { bbox_2d: [0, 0, 1, 1] }, 'target_frame must be a frame number, got nothing'],
    ['crop', { target_frame: '1', bbox_2d: [0, 0, 1, 1] }, 'got "1"'],
    ['crop', { target_frame: 1, bbox_2d: [0, 0, 1] }, 'must be four numbers [x1, y1, x2, y2]'],
    ['crop', { target_frame: 1, bbox_2d: [0, 0, 1, '1'] }, 'must be four numbers'],
    ['crop', { target_frame: 1, bbox_2d: 'x'.repeat(500) }, '…'],
  ])('refuses %s with %j in one sentence', (tool, args, reason) => {
    const parsed = parseArguments(tool, args);
    if (parsed.kind !== 'refused') throw new Error('was accepted');
    expect(parsed.reason).toContain(reason);
    expect(parsed.reason.length).toBeLessThan(200);
  });
});
