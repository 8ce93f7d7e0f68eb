import { Command, Option } from 'commander';
import { defined } from '../common/defined.ts';
import type { AuditFlags } from './audit.ts';
import type { DownFlags } from './down.ts';
import type { MergeFlags } from './merge.ts';
import type { DiffFlags } from './diff.ts';
import { profileNames } from '../plan/catalog.ts';
import { packageVersion } from '../common/paths.ts';
import { assignedSettings } from '../plan/config/assign.ts';
import { loadSettings } from '../plan/config/load.ts';
import type { PartialSettings, Settings } from '../plan/config/settings.ts';
import { distributionNames, merge } from '../lab/mesh/distribution.ts';
import {
  agents,
  atLeastOne,
  AUDIT_FORMATS,
  DIFF_FORMATS,
  duration,
  port,
  renamed,
  shard,
  webAddress,
} from './option-values.ts';
import type { Shard } from '../verdict/report/shard.ts';
import { WAYS_IN } from '../lab/mesh/addresses.ts';
import { NOISE_RULE } from '../verdict/report/diff/noise.ts';
import { SUPPLY_KINDS } from '../supply/supply.ts';

interface Flags {
  config?: string;
  set?: string[];
  profile?: string;
  distribution?: string;
  supply?: Settings['supply'];
  bundle?: string;
  istioVersion?: string;
  upgradeFrom?: string;
  only?: string[];
  keep?: true;
  out?: string;
  apiPort?: number;
  gatewayPort?: number;
  cluster?: Settings['cluster'];
  kubeconfig?: string;
  context?: string;
  server?: string;
  wayIn?: Settings['kubeconfig']['wayIn'];
  agents?: number;
  shard?: Shard;
  shards?: number;
  namespace?: string;
  volumeClaim?: string;
  sabotage?: string;
  dryRun?: true;
}

const EXIT_CODES = `
Exit codes: 0 conformant · 1 a claim failed · 2 wrong use or configuration · 3 environment or supply
            4 the lab could not be brought up · 5 a bug of meshtrust's own · 130 interrupted, after cleaning up`;

const AUDIT_HELP = `
The role in fixtures/rbac/observer.yaml is all it needs; what a user may not see is said, and judged from the rest.

Exit codes: 0 every edge was seen and is trusted · 1 broken edges · 2 wrong use · 3 the cluster does not answer, or
            nothing could be judged · 6 trusted, but an edge or a proxy was not seen · 7 trusted, but the next restart
            of an istiod breaks or changes something · 130 interrupted`;

const DIFF_HELP = `
${NOISE_RULE}
Every run makes keys of its own: issuers and roots are compared by name, key algorithm and number, proxies by workload.

Exit codes: 0 no regression · 1 a regression: a claim newly fails or is missing, more requests are lost, or a
            conversation that was trusted is broken · 2 wrong use, or a file that is no report`;

/**
 * The command line. Commands are loaded when they are called: what they import takes a second, and a wrong flag needs
 * none of it.
 */
export function program(): Command {
  const root = new Command('meshtrust')
    .description('Conformance suite for trust between two Istio control planes in one cluster')
    .version(packageVersion())
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXIT_CODES)
    .exitOverride();

  const run = runOptions(labOptions(root.command('run')))
    .description('bring a lab up, show the split, apply the remedies, judge every claim, write the report')
    .option('--shard <i/n>', 'judge part i of n of these claims; merge makes one report of the n reports', shard)
    .option('--dry-run', 'print what would be made, got and judged, and about how long it takes; touch nothing')
    .addOption(new Option('--sabotage <name>').hideHelp())
    .action(async (flags: Flags) => {
      const settings = settingsFrom(flags);
      const { runCommand } = await import('./run.ts');
      process.exitCode = await runCommand(settings, {
        shard: flags.shard,
        sabotage: flags.sabotage,
        dryRun: flags.dryRun === true,
      });
    });
  root
    .command('merge')
    .description('make one report of the reports of all shards of a run')
    .argument('<report...>', "folder of each shard's report, or its conformance.yaml")
    .option('--out <folder>', 'folder for the report (default: a new one below ./reports)')
    .option('--partial', 'merge what is there; while a shard is missing there is no verdict')
    .action(async (reports: string[], flags: MergeFlags) => {
      const { mergeCommand } = await import('./merge.ts');
      process.exitCode = await mergeCommand(reports, flags);
    });
  claimOptions(labOptions(root.command('job')))
    .description(
      'print an Indexed Job that judges the cluster it runs in; its images go into the registry of the settings',
    )
    .requiredOption('--shards <n>', 'indexes of the Job: parts of the claims, judged one after another', atLeastOne)
    .option('--namespace <name>', 'namespace for the Job', 'meshtrust-job')
    .option(
      '--volume-claim <name>',
      'PersistentVolumeClaim in it for the reports (default: reports end up in the logs)',
    )
    .addOption(new Option('--claim <name>').hideHelp().argParser(renamed('--volume-claim')))
    .action(async (flags: Flags) => {
      const settings = settingsFrom(flags);
      const { jobCommand } = await import('./job.ts');
      const { shards = 1, namespace = 'meshtrust-job', volumeClaim } = flags;
      process.exitCode = await jobCommand(settings, { shards, namespace, volumeClaim });
    });
  labOptions(root.command('up'))
    .description('bring a lab up, in the split, and leave it for looking around')
    .action(async (flags: Flags) => {
      const settings = settingsFrom(flags);
      const { upCommand } = await import('./up.ts');
      process.exitCode = await upCommand(settings);
    });
  root
    .command('down')
    .description('remove labs that were left up')
    .argument('[id]', 'the lab to remove (default: all)')
    .addOption(
      new Option(
        '--cluster <kind>',
        'where the lab is; with kubeconfig the cluster itself knows what is to go',
      ).choices(['k3d', 'kubeconfig']),
    )
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (default: the one kubectl would use)')
    .option('--context <name>', 'context in it that is meant')
    .option('--server <url>', 'address of its API server, to confirm that the current context is meant')
    .option('--forget', 'forget a lab whose cluster is gone; nothing of it is removed')
    .action(async (id: string | undefined, flags: DownFlags) => {
      const { downCommand } = await import('./down.ts');
      process.exitCode = await downCommand(id, flags);
    });
  auditOptions(root.command('audit'))
    .description('judge the trust of a live cluster, read-only: who talks to whom, and what is broken and why')
    .action(async (flags: AuditFlags) => {
      const { auditCommand } = await import('./audit.ts');
      process.exitCode = await auditCommand(flags);
    });
  root
    .command('diff')
    .description('compare two runs by their reports: what newly fails, is missing, slower or trusted otherwise')
    .argument('<old>', 'a conformance.yaml, or the folder it lies in')
    .argument('<new>', 'the same, of the run to hold against it')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(DIFF_FORMATS).default(DIFF_FORMATS[0]))
    .option('--out <file>', 'write there instead of to standard output')
    .option('--strict', 'what is slower, and other versions, issuers or roots, are regressions too')
    .addHelpText('after', DIFF_HELP)
    .action(async (old: string, now: string, flags: DiffFlags) => {
      const { diffCommand } = await import('./diff.ts');
      process.exitCode = diffCommand(old, now, flags);
    });
  const config = root.command('config').description('what a run is told to do');
  runOptions(labOptions(config.command('print')))
    .description('print the effective settings as YAML, and where each value came from')
    .action(async (flags: Flags) => {
      const { configPrintCommand } = await import('./config.ts');
      process.exitCode = configPrintCommand(flags.config, given(flags));
    });
  labOptions(root.command('doctor'))
    .description('say what a run would meet on this machine, without changing anything')
    .action(async (flags: Flags) => {
      const settings = settingsFrom(flags);
      const { doctorCommand } = await import('./doctor.ts');
      process.exitCode = await doctorCommand(settings);
    });
  for (const command of [root, run, ...root.commands]) command.exitOverride();
  return root;
}

const claimOptions = (command: Command): Command =>
  command
    .addOption(new Option('--profile <name>', `set of claims (${profileNames().join(', ')})`))
    .option('--only <glob...>', 'judge only the claims whose id matches, for example trust.manual.*');

const runOptions = (command: Command): Command =>
  claimOptions(command)
    .option('--keep', 'leave the lab up afterwards')
    .option('--out <folder>', 'folder for the report (default: a new one below ./reports)');

const auditOptions = (command: Command): Command =>
  command
    .option(
      '--kubeconfig <file>',
      'kubeconfig of the cluster (default: the one kubectl would use, else of the lab that is up)',
    )
    .option('--context <name>', 'context in it (default: the current one)')
    .option('--namespace <name...>', 'look at the proxies of these namespaces only')
    .option('--as <user>', 'ask in the name of this user')
    .option('--as-group <group...>', 'and as a member of these groups')
    .option('--no-secrets', 'do not look at Secrets, even where that is allowed')
    .addOption(
      new Option('-o, --output <format>', 'how to print the graph').choices(AUDIT_FORMATS).default(AUDIT_FORMATS[0]),
    )
    .option('--out <file>', 'write there instead of to standard output')
    .option('--concurrency <number>', 'how many proxies are asked at a time', atLeastOne, 10)
    .option('--strict', 'what was not seen, and what the next restart would change, is as bad as a broken edge')
    .option('--between <name...>', 'judge only edges between two namespaces, apps or planes, given by their names')
    .option('--push <url>', 'give its gauges to the Prometheus Pushgateway at this address as well', webAddress)
    .option('--within <time>', 'an edge whose CAs do not last that long counts as broken, such as 30d', duration)
    .option('--verbose', 'a table with nothing folded')
    .addHelpText('after', AUDIT_HELP);

const labOptions = (command: Command): Command =>
  command
    .option('--config <file>', 'settings file (default: meshtrust.yaml, if there is one)')
    .option('--set <key=value...>', 'any setting of that file, for example planes.mesh.tag=3.2.0')
    .addOption(new Option('--distribution <name>', `how the planes are configured (${distributionNames().join(', ')})`))
    .addOption(new Option('--supply <kind>', 'where the parts come from').choices(['auto', ...SUPPLY_KINDS]))
    .option('--bundle <folder>', 'take the parts from a bundle that was put together elsewhere')
    .addOption(new Option('--cluster <kind>', 'what the lab runs on').choices(['k3d', 'kubeconfig']))
    .option('--kubeconfig <file>', 'kubeconfig of the existing cluster (default: the one kubectl would use)')
    .option('--context <name>', 'context in it that is meant')
    .option('--server <url>', 'address of its API server, to confirm that the current context is meant')
    .addOption(new Option('--way-in <way>', 'how requests get to its gateway').choices(WAYS_IN))
    .option('--agents <number>', 'nodes of the lab beside the server (default: none)', agents)
    .option('--istio-version <version>', 'version of both planes')
    .option('--upgrade-from <version>', 'version that profile upgrade starts from, on its way to --istio-version')
    .option('--api-port <port>', 'port of the Kubernetes API on 127.0.0.1 (default: a free one)', port)
    .option('--gateway-port <port>', 'port of the gateway on 127.0.0.1 (default: a free one)', port);

const settingsFrom = (flags: Flags) => loadSettings(flags.config, given(flags));

/** What the flags say of the settings. */
function given(flags: Flags): PartialSettings {
  const { profile, distribution, supply, istioVersion, upgradeFrom, only, keep, out, apiPort, gatewayPort } = flags;
  const k3d = defined({ agents: flags.agents });
  const ports = defined({ api: apiPort, gateway: gatewayPort });
  const existing = { file: flags.kubeconfig, context: flags.context, server: flags.server, wayIn: flags.wayIn };
  const kubeconfig = defined(existing);
  const upgrade = defined({ from: upgradeFrom });
  const { cluster, bundle } = flags;
  const named = defined({
    ...{ profile, distribution, cluster, kubeconfig, supply, bundle, istioVersion, upgrade },
    ...{ only, keep, out, ports, k3d },
  });
  return merge(assignedSettings(flags.set ?? []), named);
}
