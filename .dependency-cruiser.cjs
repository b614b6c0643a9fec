/**
 * The arrows between the rooms (docs/architecture.md); tests/architecture/arrows.test.ts runs them over the sources.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const ROOMS = '^(domain|engine|configs|workflows|activities|infra|cli)/';

/** Edges that vanish at compile time. */
const TYPE_ONLY = ['type-only'];

/** A room may see the rooms named, its own files, and (unless `packages` is given) any package. */
function mayOnlySee(room, rooms, why, more = {}) {
  return {
    name: `${room}-sees-${rooms.join('-') || 'nothing'}`,
    comment: why,
    severity: 'error',
    from: { path: `^${room}/` },
    to: { path: ROOMS, pathNot: `^(${[room, ...rooms].join('|')})/`, ...more },
  };
}

module.exports = {
  forbidden: [
    mayOnlySee('domain', [], 'Rules are pure: they know nothing but themselves.'),
    {
      name: 'domain-has-no-io',
      comment: 'domain runs inside Temporal workflows: no Node built-ins, and no packages but two pure ones.',
      severity: 'error',
      from: { path: '^domain/' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'node_modules/(@noble/hashes|pure-rand)/',
      },
    },
    mayOnlySee('engine', ['domain'], 'The engine computes; it knows the rules and nothing of who calls it.'),
    mayOnlySee('configs', ['domain'], 'Curricula are typed data over the rules.'),
    mayOnlySee('workflows', ['domain', 'configs', 'activities'], 'Workflows orchestrate, nothing else.'),
    {
      name: 'workflows-see-types-of-configs-and-activities',
      comment:
        'Only types; activities/contract.ts (pure: types and the names of task queues) may be imported whole.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        path: '^(configs|activities)/',
        pathNot: '^activities/contract\\.ts$',
        dependencyTypesNot: TYPE_ONLY,
      },
    },
    {
      name: 'workflows-have-no-io',
      comment: 'Workflow code is replayed: no Node built-ins, and of packages only the SDK.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'node_modules/@temporalio/(workflow|common)/',
      },
    },
    mayOnlySee('activities', ['domain', 'engine'], 'Activities work on ports; adapters are handed to them.'),
    {
      name: 'activities-see-types-of-engine',
      comment:
        'The engine is handed in by the worker, so that another backend can take its place. What its files and its ' +
        'pictures look like (safetensors, names and sizes, states as bytes) is data, and activities may know it.',
      severity: 'error',
      from: { path: '^activities/' },
      to: {
        path: '^engine/',
        pathNot: '^engine/(safetensors|policy/(spec|state))\\.ts$',
        dependencyTypesNot: TYPE_ONLY,
      },
    },
    {
      name: 'adapters-see-domain-and-ports',
      comment:
        'Only infra/worker and infra/client see both sides; other adapters know domain and the types of ports.',
      severity: 'error',
      from: { path: '^infra/', pathNot: '^infra/(worker|client|bench)/' },
      to: { path: '^(engine|configs|workflows|activities|cli)/', dependencyTypesNot: TYPE_ONLY },
    },
    {
      name: 'nobody-sees-cli',
      comment: 'The command line is a door, not a room to pass through.',
      severity: 'error',
      from: { path: ROOMS, pathNot: '^cli/' },
      to: { path: '^cli/' },
    },
    {
      name: 'cli-sees-the-client',
      comment:
        'Commands talk to the client, to set-up and services, and to plain command functions of other rooms.',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: '^(engine|workflows|activities|infra/worker)/', dependencyTypesNot: TYPE_ONLY },
    },
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one idea in two places.',
      severity: 'error',
      from: { path: ROOMS },
      to: { circular: true, viaOnly: { dependencyTypesNot: TYPE_ONLY } },
    },
    {
      name: 'nothing-sees-tests',
      severity: 'error',
      from: { path: ROOMS },
      to: { path: '^tests/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
    },
  },
};
