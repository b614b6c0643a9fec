import Table from 'cli-table3';
import type { DuelResult } from './duel.js';
import type { Profile } from './profile.js';
import type { EngineBench } from './results.js';
import type { Ratio, Summary } from '../samples.js';

/** Operators with less are summed up in one line. */
const SHOWN_SHARE = 0.02;

/** The result for people. */
export function engineBenchTable(bench: EngineBench): string {
  const { train, trainMuon, trainWide, decode, machine, versions } = bench;
  const all: readonly (readonly [string, DuelResult | null])[] = [
    ['train (AdamW)', train],
    ['train (Muon)', trainMuon],
    ['train, width 512', trainWide],
    ['decode', decode],
  ];
  const duels = all.flatMap(([name, duel]) => (duel ? [[name, duel] as const] : []));
  const { cpu, cores, memoryGib, loadBefore } = machine;
  return [
    ...(duels.length > 0 ? [duelTable(duels), noiseLine(duels.map(([, duel]) => duel))] : []),
    ...duels.flatMap(([name, duel]) => leftOut(name, duel)),
    ...(bench.reason === null ? [] : [`Without PyTorch: ${bench.reason}.`]),
    ...(trainWide ? [peakLine(trainWide)] : []),
    ...(decode
      ? [
          `Decoding: ${rate(decode.tokensPerSecond.ours)} tokens/s, PyTorch ${rate(decode.tokensPerSecond.torch)}.`,
        ]
      : []),
    ...(trainWide ? ['', 'Where a step of width 512 goes:', profileTable(trainWide.profile)] : []),
    ...(train ? ['', 'Where a step of width 128 goes:', profileTable(train.profile)] : []),
    ...(bench.sizes ? ['', sizesTable(bench)] : []),
    '',
    `Machine: ${cpu}, ${cores} cores, ${memoryGib} GiB, load ${loadBefore} before; ${bench.threads} threads on both sides${bench.clock === 'cpu' ? ', in CPU time' : ''}.`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join('; ')}.`,
  ].join('\n');
}

function duelTable(duels: readonly (readonly [string, DuelResult])[]): string {
  const table = plain([
    '',
    'who',
    'median ms',
    'spread',
    'runs',
    'their time / ours (rounds)',
    'of fastest runs',
  ]);
  for (const [name, duel] of duels) {
    table.push([name, 'ours', ...times(duel.ours), '', '']);
    for (const [who, theirs] of Object.entries(duel.theirs)) {
      if ('reason' in theirs) {
        table.push(['', who, '–', '', '', 'left out', '']);
        continue;
      }
      const ratio = who === duel.fastestTorch ? duel.ratio : duel.apart[who];
      const said = ratio ? ratioCell(ratio) : ['the faster counts', ''];
      table.push(['', who, ...times(theirs), ...said]);
    }
  }
  return table.toString();
}

/** Where a side's own runs lie further apart than this, its ratios say little. */
const QUIET_SPREAD = 0.1;

function noiseLine(duels: readonly DuelResult[]): string {
  const all = duels.flatMap(({ ours, theirs }) => [ours, ...Object.values(theirs)]);
  const noise = Math.max(0, ...all.map((one) => ('reason' in one ? 0 : one.spread)));
  const said = `Spread is the middle half of a side's runs against their median: ${percent(noise)} at most.`;
  return noise > QUIET_SPREAD ? `${said} The machine was busy: measure again on a quiet one.` : said;
}

function leftOut(name: string, { theirs }: DuelResult): readonly string[] {
  return Object.entries(theirs).flatMap(([who, one]) =>
    'reason' in one ? [`${name}, without ${who}: ${one.reason}`] : [],
  );
}

function ratioCell({ ratio, lowest, highest, ofFastest }: Ratio): readonly string[] {
  return [`${ratio.toFixed(2)} (${lowest.toFixed(2)} … ${highest.toFixed(2)})`, ofFastest.toFixed(2)];
}

function times({ medianMs, spread, samples }: Summary): readonly string[] {
  return [medianMs.toFixed(medianMs < 100 ? 1 : 0), percent(spread), String(samples)];
}

function peakLine({
  shareOfPeak,
  shareOfPeakByTorchCount,
  torchShareOfPeak,
  peak,
  matmulGflop,
}: NonNullable<EngineBench['trainWide']>): string {
  const count = (gflop: number | null): string => (gflop === null ? '–' : gflop.toFixed(1));
  const share = (x: number | null): string => (x === null ? '–' : percent(x));
  return (
    `Width 512: ${percent(shareOfPeak)} of the matmul peak (${peak.gflops.toFixed(0)} GFLOP/s at ${peak.shape.join('×')}; ` +
    `fastest single run ${peak.bestGflops.toFixed(0)}) with ${count(matmulGflop.ours)} GFLOP a step; ` +
    `by PyTorch's count of ${count(matmulGflop.torch)} GFLOP ${share(shareOfPeakByTorchCount)}, PyTorch itself ${share(torchShareOfPeak)}.`
  );
}

function profileTable({ runMs, operators }: Profile): string {
  const table = plain(['operator', 'ms', 'of the kernels', 'calls']);
  const small = operators.filter(({ share }) => share < SHOWN_SHARE);
  for (const { operator, ms, share, calls } of operators.filter((one) => !small.includes(one)))
    table.push([operator, ms.toFixed(1), percent(share), calls.toFixed(0)]);
  const sum = (of: (one: Profile['operators'][number]) => number): number =>
    small.reduce((total, one) => total + of(one), 0);
  table.push([
    `${small.length} others`,
    sum((o) => o.ms).toFixed(1),
    percent(sum((o) => o.share)),
    sum((o) => o.calls).toFixed(0),
  ]);
  const kernelsMs = operators.reduce((total, { ms }) => total + ms, 0);
  table.push(['between kernels', (runMs - kernelsMs).toFixed(1), `(whole runs: ${runMs.toFixed(1)} ms)`, '']);
  return table.toString();
}

function sizesTable({ sizes }: EngineBench): string {
  const table = plain([
    'width',
    'layers',
    'parameters',
    'length',
    'µs a token',
    'GFLOP/s',
    'attention: time',
    'operations',
    'half at length',
  ]);
  for (const size of sizes ?? [])
    table.push([
      size.width,
      size.layers,
      `${(size.parameters / 1e6).toFixed(1)}M`,
      size.length,
      size.usPerToken.toFixed(1),
      size.gflops.toFixed(0),
      percent(size.attentionTimeShare),
      percent(size.attentionFlopShare),
      size.attentionDominatesFrom,
    ]);
  return [
    'Forward and backward, a token:',
    table.toString(),
    "The last column is computed from operations, not measured: there attention's would be as many as all others'.",
  ].join('\n');
}

function plain(head: readonly string[]): Table.Table {
  return new Table({
    head: [...head],
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [] },
  });
}

function percent(x: number): string {
  return `${(100 * x).toFixed(1)} %`;
}

function rate(x: number | null): string {
  return x === null ? '–' : x.toFixed(0);
}
