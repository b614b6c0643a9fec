import type { Rollout, Turn } from '../domain/trajectory.js';

/** A rollout in words: each look, then the answer. */
export function describeTurns({ turns, answer }: Rollout): readonly string[] {
  const looks = turns.filter(({ action }) => action?.tool !== 'answer');
  return [
    ...looks.map((turn, i) => `${i + 1}. ${describe(turn)}`),
    answer === null ? 'no answer' : `answer: ${answer}`,
  ];
}

function describe({ action, observation, failure }: Turn): string {
  if (action === null) return `a message that says nothing (${failure ?? 'it could not be read'})`;
  const refused = observation?.kind === 'refused' ? ` (refused: ${observation.reason})` : '';
  switch (action.tool) {
    case 'answer':
      return `answer ${action.text}`;
    case 'clip':
      return `clip of frame${action.targetFrames.length === 1 ? '' : 's'} ${action.targetFrames.join(', ')}${refused}`;
    case 'crop': {
      const box = action.bbox01.map((edge) => edge.toFixed(2)).join(', ');
      return `crop of frame ${action.targetFrame} at [${box}]${refused}`;
    }
    default:
      return action satisfies never;
  }
}
