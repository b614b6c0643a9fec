import Table from 'cli-table3';
import type { Summary } from '../samples.js';
import type { VideoBench, VideoDuel } from './results.js';

/** The result for people. */
export function videoBenchTable(bench: VideoBench): string {
  const duels = [bench.random, bench.overview, bench.first, bench.twoHours].flatMap((duel) => duel ?? []);
  const { cpu, cores, memoryGib, loadBefore } = bench.machine;
  return [
    ...(duels.length > 0 ? [duelTable(duels)] : []),
    ...duels.flatMap(leftOut),
    ...(bench.reason === null ? [] : [`Without rivals: ${bench.reason}.`]),
    ...(bench.twoHours === null ? [] : [memoryLine(bench.twoHours.peakMiB)]),
    ...(bench.crop === null
      ? []
      : [
          `Crop at native resolution of a decoded 1080p frame: ${cell(bench.crop.fromMemory)} ms from memory, ` +
            `${cell(bench.crop.fromDisk)} ms from the cache on disk.`,
        ]),
    ...(bench.curation ?? []).map(
      ({ engine, timesRealTime, videoSec, wallSec }) =>
        `Curation, ${videoSec} s of 720p whose text changes every second, by ${engine}: ${wallSec.toFixed(1)} s, ${timesRealTime.toFixed(2)} × real time.`,
    ),
    '',
    `Machine: ${cpu}, ${cores} cores, ${memoryGib} GiB, load ${loadBefore} before; ${bench.threads} threads` +
      `${bench.pinned ? ` on the same ${bench.threads} cores` : ''}, files in the page cache.`,
    `Versions: ${Object.entries(bench.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join('; ')}.`,
  ].join('\n');
}

function duelTable(duels: readonly VideoDuel[]): string {
  const table = new Table({
    head: ['', 'who', 'median ms (min … max)', 'runs', 'their time / ours (rounds)'],
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { title, ours, theirs, fastestRival } of duels) {
    table.push([title, 'ours', cell(ours), String(ours.samples), '']);
    for (const [who, one] of Object.entries(theirs)) {
      if ('reason' in one) table.push(['', who, '–', '', 'left out']);
      else {
        const { ratio, lowest, highest } = one.ratio;
        const mark = who === fastestRival ? '* ' : '';
        const said = `${mark}${ratio.toFixed(2)} (${lowest.toFixed(2)} … ${highest.toFixed(2)})`;
        table.push(['', who, cell(one), String(one.samples), said]);
      }
    }
  }
  return `${table.toString()}\nAbove 1 we are faster; * is the fastest rival.`;
}

function leftOut({ title, theirs }: VideoDuel): readonly string[] {
  return Object.entries(theirs).flatMap(([who, one]) =>
    'reason' in one ? [`${title}, without ${who}: ${one.reason}`] : [],
  );
}

function memoryLine(peaks: NonNullable<VideoBench['twoHours']>['peakMiB']): string {
  const said = Object.entries(peaks).map(([who, peak]) =>
    peak === null
      ? `${who} unknown`
      : `${who} ${peak.all.toFixed(0)} MiB${peak.largest < peak.all ? ` (largest process ${peak.largest.toFixed(0)})` : ''}`,
  );
  return `Peak memory of fresh processes that read one frame of the two hours: ${said.join('; ')}.`;
}

function cell({ medianMs, minMs, maxMs }: Summary): string {
  return `${ms(medianMs)} (${ms(minMs)} … ${ms(maxMs)})`;
}

function ms(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
