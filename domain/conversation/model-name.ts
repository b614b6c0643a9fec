import type { AnswerSpec } from './spec.js';

/** What people call the model that is asked. */
export function modelName(engine: AnswerSpec['engine']): string {
  if (engine.type === 'torch') return engine.name;
  return [...new Set(engine.endpoints.map(({ model }) => model))].join(', ');
}
