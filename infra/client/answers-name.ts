import { createHash } from 'node:crypto';
import { modelName } from '../../domain/conversation/model-name.js';
import type { AnswerSpec } from '../../domain/conversation/spec.js';
import type { QuestionFile } from './question-files.js';

/** Of a run's name, at most 64 characters. */
const [MOST_OF_STEM, MOST_OF_MODEL, DIGEST] = [30, 24, 8];

/**
 * A name for a run of questions, from the questions and the model that is asked: the same command goes on with it, another
 * file or model begins another run. Other options of the same model give the same name, and are refused by it: an answer
 * that has been paid for is not thrown away because a time-out was raised.
 */
export function answersName(
  { stem, digest }: Pick<QuestionFile, 'stem' | 'digest'>,
  engine: AnswerSpec['engine'],
): string {
  const model = modelName(engine)
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .slice(-MOST_OF_MODEL);
  const own = createHash('sha256').update(JSON.stringify([digest, identityOf(engine)]));
  return `${stem.slice(0, MOST_OF_STEM)}-${model}-${own.digest('hex').slice(0, DIGEST)}`;
}

function identityOf(engine: AnswerSpec['engine']): unknown {
  if (engine.type === 'openai') return [...new Set(engine.endpoints.map(({ model }) => model))].sort();
  return [engine.model, engine.adapter, engine.weights?.sha256 ?? null];
}
