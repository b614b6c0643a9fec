import { builtinModules } from 'node:module';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** By name, anchored: `domain` is a Node built-in too, and our room. */
const builtIns = `^(node:.*|${builtinModules.join('|')})$`;

/** Temporal replays workflow code: what it may import is what gives the same answer every time. */
const workflowImports = {
  patterns: [
    { regex: builtIns, message: 'Workflow code runs in a sandbox without Node; do this in an activity.' },
    {
      regex: '^(\\.\\./)+(configs|activities(?!/contract\\.js$))/',
      message: 'Workflows see only the types of activities and configs: use `import type`.',
      allowTypeImports: true,
    },
    {
      regex: '^(\\.\\./)+(engine|infra|cli|tests)/',
      message: 'Workflows orchestrate: they know domain, and types of activities and configs.',
    },
    {
      regex: '^(?!\\.|@temporalio/(workflow|common)$)',
      message: 'Workflows import @temporalio/workflow, @temporalio/common and domain only.',
    },
  ],
};

const domainImports = {
  patterns: [
    { regex: builtIns, message: 'domain is pure and runs inside workflows: no Node built-ins.' },
    {
      regex: '^(\\.\\./)+(engine|configs|workflows|activities|infra|cli|tests)/',
      message: 'domain knows nothing but itself.',
    },
    {
      regex: '^(?!\\.|@noble/hashes(/|$)|pure-rand(/|$))',
      message: 'domain may use @noble/hashes and pure-rand, nothing else.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.cache/', 'node_modules/', '.ruminate/', 'tests/**/fixtures/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // A default with a `never` check makes the compiler say what is missing.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Activities, ports and fakes are async by contract, whether or not an implementation waits for anything.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      // Expectations name methods of fakes without calling them.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', workflowImports] },
  },
  {
    files: ['domain/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', domainImports] },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...[
            'process',
            'console',
            'performance',
            'Buffer',
            'URL',
            'AbortController',
            'fetch',
            'module',
            'require',
          ],
          ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'document', 'window'],
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
