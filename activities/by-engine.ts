import type { PolicyConfig } from '../domain/curriculum.js';

/** One activity with an implementation for each engine: the policy in its input says which. */
export function byEngine<Input, Output>(
  policyOf: (input: Input) => PolicyConfig,
  implementations: Readonly<Record<PolicyConfig['engine'], (input: Input) => Promise<Output>>>,
): (input: Input) => Promise<Output> {
  // Runs of before there were engines name none.
  const engineOf = ({ engine = 'onnx' }: Partial<PolicyConfig>): PolicyConfig['engine'] => engine;
  return (input) => implementations[engineOf(policyOf(input))](input);
}
