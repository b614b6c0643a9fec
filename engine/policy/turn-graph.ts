import { ANSWER, END, FRAME_PLACE, MAX_FRAMES, PAD, SLOT } from '../../domain/protocol/compact.js';
import { Graph, type Value } from '../graph/graph.js';
import { add, cast, concat, embed, expand, reshape, reshaped, slice } from '../graph/ops.js';
import { argMax, draw, logProbAt, type Drawing } from './draw.js';
import { masked, nextState, startState } from './grammar.js';
import { boxLogits, shownMarks } from './heads.js';
import { cacheOutputs, memoryInputs, promptOutputs, rememberedLength, type Remembered } from './memory.js';
import { param, parameterInputs, type Parameters } from './params.js';
import { placeLogits } from './place-logits.js';
import { LOOK_TOKENS, type BatchShape, type PolicySpec } from './spec.js';
import { causalMask, embedSequence, layers, promptInputs, type LayerCache, type Memory } from './trunk.js';
import { lookTokens } from './vision.js';

/**
 * One turn of B rollouts: what is new since their last turn goes through the layers once, over the keys and values that
 * are remembered, then the seven tokens of the action slot are drawn one after the other. No token crosses into
 * JavaScript before the turn is done, and nothing that came before is computed again.
 *
 * Inputs of the first turn: the prompt's `words` and `thumbs`. Of a later one: `said` int32 [B], the last token of the slot
 * before, `lookKinds` int32 [B, 1] and `seen` [B, 18, D] of the look after it, and the memory (memory.ts). Then `forced`
 * int32 [B] (1: the turn must answer) and, where tokens are drawn, `uniforms` float [B, 7] in [0, 1), `temperature` and
 * `topP` float []. Outputs: `tokens` int32 [B, 7], `logProbs` float [B, 7] at temperature 1 over all tokens that the policy
 * may say, and the memory with this turn in it.
 */
export function turnGraph(spec: PolicySpec, shape: BatchShape, drawing: Drawing): Graph {
  const { batch, looks } = shape;
  const g = new Graph();
  const p = parameterInputs(g, spec);
  const past = looks > 0 ? memoryInputs(g, spec, shape) : null;
  const x = past ? newTokens(g, p, shape) : { ...promptTokens(g, p, batch), kinds: null };
  const forced = g.input('forced', 'int32', [batch]);
  const chance = chanceInputs(g, batch, drawing);

  const added = x.tokens.shape[1]!;
  const before = rememberedLength(looks);
  const capacity = before + added + SLOT - 1;
  const block = layers(g, spec, p, x.tokens, causalMask(g, added, capacity, before), {
    memory: withRoom(g, past),
    glance: past?.frames ?? 'own',
    read: 'last',
  });
  const frames = block.frames!;
  const boxes = past?.boxes ?? boxLogits(g, p, block.middle);
  const shown = x.kinds ? lastShown(g, p, block.middle, x.kinds) : null;
  let last = reshape(g, block.out, [batch, spec.width]);
  let scores = reshape(g, slice(g, block.scores!, 1, added - 1, added), [batch, MAX_FRAMES]);
  let caches = block.caches;
  let done = g.int32s(new Array<number>(batch).fill(0), [batch]);
  let state = spec.grammar ? startState(g, batch) : null;
  const tokens: Value[] = [];
  const logProbs: Value[] = [];
  for (let place = 0; place < SLOT; place++) {
    const named = tokens[FRAME_PLACE] ?? null;
    const said = placeLogits(g, p, { place, last, scores, boxes, shown, named });
    const logits = state ? masked(g, said, state) : said;
    const drawn = chance
      ? draw(g, logits, slice(g, chance.uniforms, 1, place, place + 1), chance)
      : argMax(g, logits);
    const chosen = place === 0 ? where(g, forced, g.int32s([ANSWER], [1]), drawn) : drawn;
    const token = where(g, done, g.int32s([PAD], [1]), chosen);
    tokens.push(token);
    logProbs.push(logProbAt(g, logits, token));
    if (place === SLOT - 1) break;
    const ended = g.apply('Equal', [token, g.int32s([END], [1])], 'bool', [batch]);
    done = g.apply('Max', [done, cast(g, ended, 'int32')], 'int32', [batch]);
    if (state) state = nextState(g, state, token);
    const at = before + added + place;
    const next = layers(g, spec, p, tokenVector(g, p, token, place, looks), causalMask(g, 1, capacity, at), {
      memory: writtenAt(g, caches, at),
      glance: frames,
    });
    caches = next.caches;
    last = reshape(g, next.out, [batch, spec.width]);
    scores = reshape(g, next.scores!, [batch, MAX_FRAMES]);
  }
  g.output('tokens', stack(g, tokens, 'int32'));
  g.output('logProbs', stack(g, logProbs, 'float32'));
  cacheOutputs(g, caches, [looks]);
  if (!past) promptOutputs(g, frames, boxes);
  return g;
}

function promptTokens(g: Graph, p: Parameters, batch: number): { readonly tokens: Value } {
  const prompt = promptInputs(g, batch);
  return { tokens: embedSequence(g, p, { ...prompt, actions: null, lookKinds: null, seen: null }) };
}

/** The last token of the slot before, then the look that it brought: [B, 19, D]. */
function newTokens(
  g: Graph,
  p: Parameters,
  { batch, looks }: BatchShape,
): { readonly tokens: Value; readonly kinds: Value } {
  const d = param(p, 'embed.tokens').shape[1]!;
  const said = g.input('said', 'int32', [batch]);
  const kinds = g.input('lookKinds', 'int32', [batch, 1]);
  const seen = g.input('seen', 'float32', [batch, LOOK_TOKENS, d]);
  const looked = reshape(g, lookTokens(g, p, kinds, seen, looks - 1), [batch, LOOK_TOKENS, d]);
  return { tokens: concat(g, [tokenVector(g, p, said, SLOT - 1, looks - 1), looked], 1), kinds };
}

function chanceInputs(
  g: Graph,
  batch: number,
  drawing: Drawing,
): { readonly uniforms: Value; readonly temperature: Value; readonly topP: Value | null } | null {
  if (drawing === 'greedy') return null;
  return {
    uniforms: g.input('uniforms', 'float32', [batch, SLOT]),
    temperature: g.input('temperature', 'float32', []),
    topP: drawing === 'nucleus' ? g.input('topP', 'float32', []) : null,
  };
}

/** What is remembered, then the own, then room for the slot's tokens: zeros, which a mask hides until they are written. */
function withRoom(g: Graph, past: Remembered | null): Memory {
  return (layer, own) => {
    const join = (name: keyof LayerCache): Value => {
      const [rows, , perHead] = own[name].shape as [number, number, number];
      const room = expand(g, g.scalar(0), [rows, SLOT - 1, perHead]);
      const remembered = past ? past.layers[layer]!.map((cache) => cache[name]) : [];
      return concat(g, [...remembered, own[name], room], 1);
    };
    return { key: join('key'), value: join('value') };
  };
}

/** The same memory with a token's keys and values written at a position: in place, for nobody else reads it any more. */
function writtenAt(g: Graph, caches: readonly LayerCache[], position: number): Memory {
  return (layer, own) => {
    const write = (name: keyof LayerCache): Value => {
      const all = caches[layer]![name];
      const [rows] = all.shape as [number];
      const index = g.int64s(new Array<number>(rows).fill(position));
      return g.apply('TensorScatter', [all, own[name], index], 'float32', all.shape, { axis: { int: -2 } });
    };
    return { key: write('key'), value: write('value') };
  };
}

/** Which marks the newest look showed, [B, 18 · marks]. */
function lastShown(g: Graph, p: Parameters, middle: Value, kinds: Value): Value {
  const [batch] = kinds.shape as [number];
  const shown = shownMarks(g, p, slice(g, middle, 1, 1, 1 + LOOK_TOKENS), kinds);
  return reshape(g, shown, [batch, shown.shape[2]!]);
}

/** The token int32 [B] at `place` of the action slot of turn `turn` as a vector [B, 1, D]: the trainer's sums, in its order. */
function tokenVector(g: Graph, p: Parameters, token: Value, place: number, turn: number): Value {
  const [batch] = token.shape as [number];
  const x = embed(g, param(p, 'embed.tokens'), reshape(g, token, [batch, 1]));
  const placed = add(g, x, slice(g, param(p, 'embed.place'), 0, place, place + 1));
  return add(g, placed, slice(g, param(p, 'embed.turn'), 0, turn, turn + 1));
}

function where(g: Graph, flag: Value, yes: Value, no: Value): Value {
  return g.apply('Where', [cast(g, flag, 'bool'), yes, no], 'int32', no.shape);
}

function stack(g: Graph, columns: readonly Value[], dtype: 'int32' | 'float32'): Value {
  const [batch] = columns[0]!.shape as [number];
  const wide = columns.map((c) => reshaped(g, c, [batch, 1]));
  return g.apply('Concat', wide, dtype, [batch, columns.length], { axis: { int: 1 } });
}
