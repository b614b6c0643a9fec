import { describe, expect, it } from 'vitest';
import { assemble, type ChatMessage } from '../../domain/conversation/assemble.js';
import type { ConversationTurn, ShownPicture } from '../../domain/conversation/records.js';
import type { BlobPicture } from '../../domain/conversation/tokenized.js';
import { tokenizable } from '../../domain/conversation/tokenize.js';
import { picture, request, spoken } from '../openai/support/talk.js';

const blobOf = ({ frame }: ShownPicture): BlobPicture => ({ blob: frame });
const CROP = { tool: 'crop', targetFrame: 2, bbox01: [0, 0, 0.5, 0.5] } as const;
const TEXT = '<tool_call>{"name":"crop","arguments":{"target_frame":2,"bbox_2d":[0,0,0.5,0.5]}}</tool_call>';

function looked(native: boolean): ConversationTurn {
  const pictures = [picture(2, { box01: [0, 0, 0.5, 0.5] })];
  return {
    spoken: spoken({ action: CROP, native, text: native ? '' : TEXT }),
    looked: { kind: 'looks', call: CROP, pictures },
  };
}

function asked(protocol: 'tools' | 'text', turns: readonly ConversationTurn[], final = false) {
  const { conversation } = request({ turns, protocol, final });
  const shots = [{ user: 'What does it say?', assistant: '<answer>EXIT</answer>' }];
  return assemble({ ...conversation, prompt: { ...conversation.prompt, shots } });
}

describe('an assembled prompt for the torch engine', () => {
  it('has every message with its words and pictures in order, and shots that nobody learns', () => {
    const messages = asked('text', [looked(false)]);
    const converted = tokenizable(messages, { shots: 1, blobOf, learn: () => true }).messages;
    expect(converted.map(({ role }) => role)).toEqual([
      ...['system', 'user', 'assistant', 'user', 'assistant', 'user'],
    ]);
    expect(converted[2]).toEqual({ role: 'assistant', text: '<answer>EXIT</answer>', learn: false });
    expect(converted[4]).toEqual({ role: 'assistant', text: TEXT, learn: true });
    const opening = contentOf(converted[3]!);
    // Words, then a label before each of the two overview frames, then the question.
    expect(opening.map(({ type }) => type)).toEqual(['text', 'image', 'text', 'image', 'text']);
    expect(opening.filter(({ type }) => type === 'image')).toEqual([
      { type: 'image', blob: 2 },
      { type: 'image', blob: 6 },
    ]);
    expect(textOf(opening[2])).toBe('Frame 6, at 0:05.0, 320×180 pixels:');
  });

  it('puts the demand for the answer on a line of its own', () => {
    const converted = tokenizable(asked('text', [], true), { shots: 1, blobOf }).messages;
    const last = contentOf(converted.at(-1)!);
    expect(textOf(last.at(-1))).toMatch(/What does the sign say\?[\s\S]*\nYou cannot look any more/);
  });

  it('keeps what the policy sampled as its tokens, by its place after the shots', () => {
    const sampled = { tokens: [27, 286], mask: [0, 1], logProbs: [0, -0.5] } as const;
    const messages = asked('text', [looked(false), looked(false)]);
    const converted = tokenizable(messages, { shots: 1, blobOf, said: [null, sampled] }).messages;
    const said = converted.filter(({ role }) => role === 'assistant');
    expect(said).toEqual([
      { role: 'assistant', text: '<answer>EXIT</answer>', learn: false },
      { role: 'assistant', text: TEXT, learn: false },
      { role: 'assistant', ...sampled },
    ]);
  });

  it('writes a tool call as the text protocol does, and its result as the tool’s', () => {
    const converted = tokenizable(asked('tools', [looked(true)]), { shots: 1, blobOf }).messages;
    expect(converted.slice(-3).map(({ role }) => role)).toEqual(['assistant', 'tool', 'user']);
    expect(converted.at(-3)).toEqual({ role: 'assistant', text: TEXT, learn: false });
  });

  it('refuses tokens of messages that are not there', () => {
    const messages: readonly ChatMessage[] = asked('text', []);
    const said = [{ tokens: [1], mask: [1], logProbs: [0] }] as const;
    expect(() => tokenizable(messages, { shots: 1, blobOf, said })).toThrow(
      'expected tokens of at most 0 messages after 1 shots, got 1',
    );
  });
});

type Messages = ReturnType<typeof tokenizable>['messages'];

function contentOf(message: Messages[number]) {
  return 'content' in message ? message.content : [];
}

function textOf(part: ReturnType<typeof contentOf>[number] | undefined): string | undefined {
  return part?.type === 'text' ? part.text : undefined;
}
