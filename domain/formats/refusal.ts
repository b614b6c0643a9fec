import { DataFailure } from '../failures.js';

/** Why a row, a word or a file is refused: what reports group by. Sentences say the rest. */
export type Reason =
  | 'broken-json'
  | 'broken-csv'
  | 'broken-parquet'
  | 'invalid-utf8'
  | 'not-an-object'
  | 'missing-field'
  | 'wrong-type'
  | 'bad-value'
  | 'answers-empty'
  | 'duplicate-id'
  | 'path-outside'
  | 'video-missing'
  | 'video-ambiguous'
  | 'video-unreadable'
  | 'video-as-frames'
  | 'several-pictures'
  | 'not-permitted'
  | 'file-missing'
  | 'box-outside'
  | 'time-outside'
  | 'bad-message'
  | 'bad-call'
  | 'pixel-box'
  | 'no-question'
  | 'cannot-be-written';

/** A row that is not what its form says. `message` says what was expected and what came; where is the reader's to add. */
export class RowRefusal extends DataFailure {
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}
