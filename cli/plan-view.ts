import { counted } from '../domain/counted.js';
import Table from 'cli-table3';
import pc from 'picocolors';
import type { DataFacts } from '../domain/plan/facts.js';
import type { RunPlan, StagePlan } from '../domain/plan/run-plan.js';
import { duration } from './format.js';
import { NO_FRAME } from './table.js';

const [NARROWEST, WIDEST] = [80, 120];
const LABEL_WIDTH = 15;
const HEADS = ['stage', 'what', 'from', 'steps', 'a step', 'each', 'tokens', 'time'];
/** Widths with a space on each side; the first three columns get what is left. */
const FIXED = { steps: 8, perStep: 8, each: 8, tokens: 9, time: 14 };
const LEGEND = 'a step: demonstrations or rollouts; each: tokens of one, about; tokens: of all';

/** A plan for people, as wide as their terminal, within reason. */
export function planText(plan: RunPlan, columns = WIDEST): string {
  const width = Math.min(WIDEST, Math.max(NARROWEST, columns));
  return [
    `${pc.bold(plan.run)}: what this run would do. Nothing was started or written.`,
    '',
    ...labelled(width, [
      ['policy', policyLines(plan)],
      ['train', dataLines(plan.data.train)],
      ['test', dataLines(plan.data.test)],
    ]),
    '',
    ...stageTable(plan, width),
    '',
    ...labelled(width, [
      ['evaluation', [evaluationLine(plan)]],
      ['memory', memoryLines(plan)],
      ['checkpoints', [checkpointLine(plan)]],
      ['home', [`${plan.writes.home}: what is rendered, copied and logged`]],
      ['object store', [plan.writes.store.join(', ')]],
      ...(plan.warnings.length === 0 ? [] : [['look out', plan.warnings] as const]),
    ]),
    '',
    ...labelled(width, [['rests on', plan.assumptions]]),
  ].join('\n');
}

function policyLines({ policy, engine, device }: RunPlan): readonly string[] {
  const { what, path, there, parameters, trainable, dtype, loraRank } = policy;
  const frozen = loraRank === null ? 'in fp32, all of which train' : `in ${dtype}, which do not train`;
  return [
    what,
    parameters === null
      ? 'parameters: unknown, because nothing says the shape of the model'
      : `${count(parameters)} parameters ${frozen}`,
    ...(loraRank === null || trainable === null
      ? []
      : [`LoRA of rank ${loraRank}: ${count(trainable)} parameters in fp32, which train`]),
    `engine ${engine}, on ${device}`,
    ...(there || path === null ? [] : [`not there yet: expected at ${path}`]),
  ];
}

function dataLines({ source, dir, there, videos, questions, counts }: DataFacts): readonly string[] {
  const size =
    videos === null || questions === null
      ? []
      : [`${counted(videos, 'video', grouped)}, ${counted(questions, 'question', grouped)}`];
  const missing = source === 'world' ? 'to be rendered into' : 'not there yet: expected at';
  const place = there ? dir : `${missing} ${dir}`;
  if (counts === null) return [...size, place];
  const { looks, demonstrations, leftOut } = counts;
  return [
    ...size,
    `questions of one crop ${grouped(looks.crop)}, of one clip ${grouped(looks.clip)}, of several looks ${grouped(looks.several)}`,
    `demonstrations: ${grouped(demonstrations.drp)} drp, ${grouped(demonstrations.crp)} crp`,
    ...(leftOut === 0
      ? []
      : [`${grouped(leftOut)} rows and videos are left out (ruminate data check says which)`]),
    place,
  ];
}

function stageTable({ stages, totals }: RunPlan, width: number): readonly string[] {
  const left = width - Object.values(FIXED).reduce((sum, one) => sum + one, 0);
  const longest = (of: 'name' | 'from'): number =>
    Math.min(Math.floor(left / 3), 2 + Math.max(...stages.map((stage) => stage[of].length)));
  const [name, from] = [longest('name'), longest('from')];
  const widths = [name, left - name - from, from, ...Object.values(FIXED)];
  const time = totals.seconds !== null ? duration(totals.seconds) : measured(totals.measuredSeconds);
  const sum = ['', '', '', grouped(totals.steps), '', '', tokens(totals.tokens), time];
  const [head = '', ...rows] = drawn(widths, [HEADS, ...stages.map(cells), sum]);
  const rule = pc.dim('─'.repeat(width));
  return [pc.dim(head), rule, ...rows.slice(0, -1), rule, ...rows.slice(-1), pc.dim(` ${LEGEND}`)];
}

function cells(stage: StagePlan): readonly string[] {
  return [
    stage.name,
    whatOf(stage),
    stage.from,
    grouped(stage.steps),
    grouped(stage.perStep),
    stage.tokensEach === null ? 'unknown' : grouped(stage.tokensEach),
    tokens(stage.tokens),
    stage.seconds === null ? 'not measured' : duration(stage.seconds),
  ];
}

function whatOf({ type, what }: StagePlan): string {
  if (type === 'rl' && what.split(', ').length === 3) return 'rl all kinds';
  return [type, what].filter(Boolean).join(' ');
}

function measured(seconds: number): string {
  return seconds === 0 ? 'not measured' : `> ${duration(seconds)}`;
}

function evaluationLine({ evaluation }: RunPlan): string {
  const { policies, questions, tokens: all } = evaluation;
  if (questions === null) return `${policies} policies, each asked the questions of the test folder`;
  return `${policies} policies, each asked ${grouped(questions)} questions: ${all === null ? 'unknown' : `about ${tokens(all)}`} tokens`;
}

function memoryLines({ memory, engine, policy, device, ranks }: RunPlan): readonly string[] {
  if (engine === 'onnx')
    return [
      'little: weights, gradients and moments of the embedded policy are ' +
        bytes(16 * (policy.trainable ?? 0)),
    ];
  if (memory === null) return ['unknown, as the size of the model is'];
  const { frozen, trained, gradients, moments, trainer, sampler } = memory;
  const gpus = ranks === 1 ? 'on the one GPU that the engine uses' : `over ${ranks} GPUs`;
  const where = device === 'cuda' ? gpus : 'on this machine';
  const parts = [
    ...(frozen === 0 ? [] : [`frozen weights ${bytes(frozen)}`]),
    `weights that train ${bytes(trained)}`,
    `gradients ${bytes(gradients)}`,
    `moments ${bytes(moments)}`,
  ];
  return [
    `to train ${bytes(trainer)}: ${parts.join(', ')}`,
    `to sample ${bytes(sampler)}: the same without gradients and moments, in a process of its own`,
    `together ${bytes(trainer + sampler)} ${where}`,
    ...(ranks === 1
      ? []
      : [`each of ${ranks} ranks keeps a share of both; while it samples, all weights (docs/torch.md)`]),
  ];
}

function checkpointLine({ checkpoints }: RunPlan): string {
  const { count: many, kept, bytesEach, bytes: all } = checkpoints;
  const stay = kept === many ? '' : `, of which ${grouped(kept)} stay`;
  if (bytesEach === null || all === null) return `${grouped(many)}, of unknown size${stay}`;
  return `${grouped(many)} of ${bytes(bytesEach)}${stay}: ${bytes(all)} in the object store`;
}

type Labelled = readonly (readonly [label: string, lines: readonly string[]])[];

function labelled(width: number, rows: Labelled): readonly string[] {
  return drawn(
    [LABEL_WIDTH, width - LABEL_WIDTH],
    rows.flatMap(([label, lines]) => lines.map((line, i) => [i === 0 ? label : '', line])),
    { wordWrap: true, first: pc.dim, align: 'left' },
  );
}

interface Drawing {
  readonly wordWrap?: boolean;
  /** Of the first column. */
  readonly first?: (text: string) => string;
  /** Of columns past the third. */
  readonly align?: 'left' | 'right';
}

function drawn(
  widths: readonly number[],
  rows: readonly (readonly string[])[],
  { wordWrap = false, first = (text) => text, align = 'right' }: Drawing = {},
): readonly string[] {
  const table = new Table({
    chars: NO_FRAME,
    colWidths: [...widths],
    colAligns: widths.map((_, i) => (i < 3 ? 'left' : align)),
    style: { head: [], border: [], compact: true },
    wordWrap,
    wrapOnWordBoundary: true,
  });
  table.push(...rows.map(([head = '', ...row]) => [first(head), ...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** `8.29 billion`, `80.7 million`, `1,234` */
function count(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} billion`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} million` : grouped(value);
}

function tokens(value: number | null): string {
  if (value === null) return 'unknown';
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} M` : grouped(value);
}

function bytes(value: number): string {
  const [gib, mib, kib] = [2 ** 30, 2 ** 20, 2 ** 10];
  if (value >= gib) return `${(value / gib).toFixed(1)} GiB`;
  return value >= mib ? `${(value / mib).toFixed(1)} MiB` : `${(value / kib).toFixed(1)} KiB`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
