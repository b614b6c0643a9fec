import type { PolicyEngine } from '../../../activities/policy-engine.js';
import type { EngineUnderTest } from '../../contracts/policy-engine.js';
import { imageOf } from './images.js';
import { picture, request } from './talk.js';

/** An engine that really looks: conversations whose pictures are PNG files, and looks that bring what was asked for. */
export function withPictures(
  engine: PolicyEngine,
  {
    frames,
    maxTokens,
    close,
  }: { readonly frames: number; readonly maxTokens: number; readonly close: () => Promise<void> },
): EngineUnderTest {
  const overview = Array.from({ length: frames }, (_, i) => picture(i + 1));
  return {
    engine,
    request: (turns, { key = 'test', ...options }) => {
      const asked = request({ turns, key, ...options, question: 'What can you read on the sign?' });
      const opening = { ...asked.conversation.opening, overview };
      return {
        ...asked,
        conversation: { ...asked.conversation, opening },
        sampling: { ...asked.sampling, maxTokens },
        picture: imageOf,
      };
    },
    look: ({ action }) => {
      if (action === null || action.tool === 'answer')
        return { kind: 'refused', reason: 'nothing was asked for.' };
      const [frame, box01] =
        action.tool === 'clip' ? [action.targetFrames[0]!, null] : [action.targetFrame, action.bbox01];
      return { kind: 'looks', call: action, pictures: [picture(frame, { box01 })] };
    },
    close,
  };
}
