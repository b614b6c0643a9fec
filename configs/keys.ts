import { z } from 'zod';
import { curriculumFile } from './schema.js';

/** A JSON schema as far as it is walked here. */
type Node = z.core.JSONSchema.BaseSchema;

/** The keys that a file may have at a path, in the schema's order; a stage's depend on the `type` it says. */
export function keysAt(
  value: unknown,
  path: readonly PropertyKey[],
  schema: z.ZodType = curriculumFile,
): readonly string[] {
  let node: Node | undefined = z.toJSONSchema(schema, { io: 'input' });
  let here: unknown = value;
  for (const step of path) {
    node = child(choice(node, here), step);
    here = member(here, step);
  }
  return Object.keys(choice(node, here)?.properties ?? {});
}

/** Of a union, the option whose `type` (of a policy: `engine`) is the one written. */
function choice(node: Node | undefined, value: unknown): Node | undefined {
  const options = node?.oneOf ?? node?.anyOf;
  if (options === undefined) return node;
  const told = options.filter(isNode).some((option) => child(option, 'engine')?.const !== undefined)
    ? { key: 'engine', said: member(value, 'engine') ?? 'onnx' }
    : { key: 'type', said: member(value, 'type') };
  return options.filter(isNode).find((option) => child(option, told.key)?.const === told.said);
}

function child(node: Node | undefined, step: PropertyKey): Node | undefined {
  const found = typeof step === 'number' ? node?.items : node?.properties?.[String(step)];
  return isNode(found) ? found : undefined;
}

/** `value[step]`, or undefined where there is no such thing. */
export function member(value: unknown, step: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    ? (Reflect.get(value, step) as unknown)
    : undefined;
}

function isNode(schema: unknown): schema is Node {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema);
}
