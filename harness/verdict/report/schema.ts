import { checker, sentenceOf } from '../../common/schema.ts';
import { CONFORMANCE_REPORT } from './model.ts';

const errorsOf = checker(CONFORMANCE_REPORT);

/**
 * Holds a parsed report against its schema. Returns one sentence per violation, such as
 * `/claims/0/status must be equal to one of the allowed values: passed, failed`; none if it is valid.
 */
export const validateReport = (value: unknown): string[] =>
  // «if» only says that what follows from it is not there, which is told as well.
  errorsOf(value)
    .filter(({ keyword }) => keyword !== 'if')
    .map(sentenceOf);
