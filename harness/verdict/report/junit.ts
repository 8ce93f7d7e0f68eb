import library, { type Builder, type TestCase } from 'junit-report-builder';
import type { ClaimResult, ConformanceReport } from './model.ts';
import { mapStrings, plain } from '../../common/text.ts';

/** The package is the builder itself; its types (5.1.2) claim a module with a default export. */
const builder = library as unknown as Builder;

/**
 * JUnit XML as CI servers read it: a suite per claim group, a case per claim, seconds; what ended the run early is an
 * error in a suite `set-up`. Characters that XML 1.0 forbids are left out, as all are that nobody sees.
 */
export function renderJunit(untidy: ConformanceReport): string {
  const report = mapStrings(untidy, plain);
  const junit = builder.newBuilder().name(`meshtrust ${report.profile} ${report.distribution}`);
  const open = (name: string, milliseconds: number) =>
    junit
      .testSuite()
      .name(name)
      .timestamp(report.run.started)
      .time(milliseconds / 1000);

  if (report.failure !== undefined) {
    const { phase, kind, message } = report.failure;
    const seconds = report.phases.findLast(({ name }) => name === phase)?.seconds ?? 0;
    const set = open('set-up', seconds * 1000);
    set.testCase().className('set-up').name(phase).time(seconds).error(message, kind);
  }
  for (const [group, claims] of Map.groupBy(report.claims, (claim) => claim.group)) {
    const suite = open(
      group,
      claims.reduce((sum, claim) => sum + claim.durationMs, 0),
    );
    for (const claim of claims) {
      const test = suite.testCase().className(group).name(claim.id);
      judge(test.time(claim.durationMs / 1000), claim);
      test.standardOutput([claim.sentence, ...claim.evidence].join('\n'));
    }
  }
  return junit.build();
}

function judge(test: TestCase, { status, reason = '' }: ClaimResult): void {
  if (status === 'failed') test.failure(reason, 'claim');
  if (status === 'skipped') skip(test, reason);
  if (status === 'notSupported') skip(test, `not supported: ${reason}`);
  if (status === 'notRun') skip(test, `not run: ${reason}`);
}

/** The builder knows no message for a skipped case (5.1.2), so it is added to the element it has built. */
function skip(test: TestCase, message: string): void {
  const build = test.skipped().build.bind(test);
  test.build = (parent) => {
    const element = build(parent);
    const { children } = element as unknown as {
      children: { name?: string; att(name: string, value: string): void }[];
    };
    children.find((child) => child.name === 'skipped')?.att('message', message);
    return element;
  };
}
