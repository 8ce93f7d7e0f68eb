import Type, { type Static } from 'typebox';
import { object, text } from '../common/schema.ts';

/** One thing that is wrong. */
export const FAULT = object({
  about: Type.Optional(text('Whom it is about, NAMESPACE/NAME of a pod or a Deployment; left out where it is nobody.')),
  sentence: text('What is wrong, as a person says it.'),
});
export type Fault = Static<typeof FAULT>;

/** A fault of somebody. */
export const faultOf = ({ namespace, name }: { namespace: string; name: string }, sentence: string): Fault => ({
  about: `${namespace}/${name}`,
  sentence,
});

/** What a check says: what is wrong, in a sentence alone where it is about nobody, or nothing. */
export type MaybeFault = Fault | string | undefined;

/** What is wrong of what checks have said. */
export const faultsIn = (findings: readonly MaybeFault[]): Fault[] =>
  findings
    .filter((finding) => finding !== undefined)
    .map((finding) => (typeof finding === 'string' ? { sentence: finding } : finding));

/** Several things that are wrong, a sentence a line. */
export class FaultsError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ sentence }) => sentence).join('\n'));
    this.name = 'FaultsError';
    this.faults = faults;
  }
}
