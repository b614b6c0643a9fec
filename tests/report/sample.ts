import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepRecord } from '../../activities/contract.js';
import type { GradedRollout } from '../../domain/graded.js';
import { stream } from '../../domain/seeds.js';
import type { Action, Turn } from '../../domain/trajectory.js';
import type { Box01, Evidence, Question } from '../../domain/world/records.js';
import { planVideo } from '../../domain/world/plan.js';
import { draftQuestions } from '../../domain/world/questions.js';
import { HEIGHT_PX, VIDEO_FPS, WIDTH_PX } from '../../domain/world/scene.js';
import { NodeAvWriter } from '../../infra/video/node-av-writer.js';
import { film } from '../../infra/world/film.js';

/** Real videos of the small world with their questions, in `dir`. */
export async function sampleWorld(
  dir: string,
  videos: number,
  questionsEach: number,
): Promise<readonly Question[]> {
  await mkdir(join(dir, 'videos'), { recursive: true });
  const questions: Question[] = [];
  for (let index = 0; index < videos; index++) {
    const plan = planVideo(7, 'test', index);
    const { truth, frames } = film(plan);
    const video = `videos/${String(index).padStart(6, '0')}.mp4`;
    const shape = {
      fps: VIDEO_FPS,
      widthPx: WIDTH_PX,
      heightPx: HEIGHT_PX,
      channels: 4 as const,
      crf: plan.crf,
    };
    await new NodeAvWriter().write(join(dir, video), { ...shape, frames });
    const drafts = draftQuestions(stream('sample', index), truth, index, questionsEach);
    questions.push(...drafts.map((draft, n) => ({ ...draft, id: `${index}-${n}`, video })));
  }
  return questions;
}

/** A rollout on the question that looks where the answer stands, and is right or wrong as told. */
export function sampleRollout(question: Question, dir: string, correct: boolean): GradedRollout {
  const answer = correct ? (question.answers[0] ?? '') : 'X7';
  const turns: readonly Turn[] = [
    ...question.evidence.map(lookTurn),
    messageTurn({ tool: 'answer', text: answer }),
  ];
  const of = (tool: string): number => turns.filter((turn) => turn.action?.tool === tool).length;
  return {
    questionId: question.id,
    question: question.question,
    task: question.task,
    looks: question.looks,
    video: question.video,
    dir,
    answers: question.answers,
    rollout: { questionId: question.id, sample: 0, turns, answer },
    correct,
    anls: correct ? 1 : 0,
    clips: of('clip'),
    crops: of('crop'),
    refused: 0,
  };
}

function lookTurn({ tool, frame, box01 }: Evidence): Turn {
  if (tool === 'clip') {
    const call = { tool, targetFrames: [frame] } as const;
    return { ...messageTurn(call), observation: { kind: 'looks', call, looks: [pixels(frame, null)] } };
  }
  const call = { tool, targetFrame: frame, bbox01: grown(box01) } as const;
  return { ...messageTurn(call), observation: { kind: 'looks', call, looks: [pixels(frame, call.bbox01)] } };
}

function messageTurn(action: Action): Turn {
  return { thought: null, action, tokens: [3, 5, 1], logProbs: [-0.02, -0.1, 0], mask: [1, 1, 0] };
}

function pixels(frame: number, box01: Box01 | null) {
  return { frame, box01, widthPx: 108, heightPx: 32, offset: 0 };
}

function grown([x1, y1, x2, y2]: Box01): Box01 {
  return [Math.max(0, x1 - 0.03), Math.max(0, y1 - 0.04), Math.min(1, x2 + 0.03), Math.min(1, y2 + 0.04)];
}

/** Curves of the four stages. */
export function sampleSeries(): readonly StepRecord[] {
  return (['DRP-SFT', 'RL_d', 'CRP-SFT', 'RL_c'] as const).flatMap((stage, index) =>
    Array.from({ length: 20 }, (_, at): StepRecord => {
      const random = stream('series', stage, at);
      const rise = 1 - Math.exp(-(at + 1) / 6);
      if (index % 2 === 0) {
        const metrics = {
          loss: 2.4 * (1 - rise) + 0.3 + 0.05 * random.normal(),
          gradNorm: 1 + random.float(),
          lr: 0.002,
        };
        return {
          stage,
          step: (at + 1) * 30,
          metrics,
          timeMs: { loading: 60, training: 9000, storing: 120 },
        };
      }
      const accuracy = 0.45 + 0.12 * rise + 0.02 * random.normal();
      return {
        stage,
        step: (at + 1) * 2,
        metrics: {
          reward: accuracy + 0.2,
          accuracy,
          kl: 0.02 * rise,
          clips: 0.3 + 0.2 * rise,
          crops: 0.9 + 0.4 * rise,
          uniform: 0.3,
        },
        timeMs: {
          loading: 20,
          sampling: 620,
          looking: 90,
          embedding: 60,
          scoring: 80,
          training: 510,
          storing: 60,
          wall: 1500,
        },
      };
    }),
  );
}
