// The law of imports, as data: arrows point down only. `test/boundaries.spec.ts` plants a violation and sees it found.
const may = {
  timer: [],
  engine: ['timer'],
  contract: ['timer'],
  postgres: ['engine', 'timer'],
  kafka: ['contract', 'timer'],
  transport: ['kafka', 'engine', 'contract', 'timer'],
  client: ['contract', 'kafka', 'timer'],
  hooks: ['contract', 'kafka', 'timer'],
  ...Object.fromEntries(
    ['delays', 'tasks', 'expiry', 'cluster'].map((lib) => [
      lib,
      ['client', 'hooks', 'contract', 'kafka', 'timer'],
    ]),
  ),
  runtime: [],
  embedded: ['runtime'],
};
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const spec = '\\.spec\\.ts$|/spec-dsl\\.ts$';

module.exports = {
  forbidden: [
    ...Object.entries(may).map(([lib, allowed]) =>
      rule(
        `${lib}-imports-down`,
        `libs/${lib} may import ${allowed.length === 0 ? 'nothing of ours' : allowed.join(', ')}`,
        { path: `^libs/${lib}/`, pathNot: spec },
        { path: '^(libs|apps)/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
      ),
    ),
    rule(
      'apps-stand-alone',
      'an app imports libs, never another app',
      { path: '^apps/([^/]+)/' },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    rule(
      'front-door-only',
      'another lib is entered by its index.ts',
      { path: '^(libs|apps)/([^/]+)/', pathNot: spec },
      {
        path: '^libs/',
        pathNot:
          '^libs/($2/|[^/]+/src/index\\.ts$|(client|hooks)/src/nest\\.ts$|(cluster|tasks)/src/model/index\\.ts$|contract/src/declared-fields\\.ts$)',
      },
    ),
    rule(
      'timer-is-pure',
      'the aggregate knows Temporal, and nothing else of the world',
      { path: '^libs/timer/', pathNot: spec },
      {
        dependencyTypes: ['core', 'npm', 'npm-dev'],
        pathNot: 'node_modules/temporal-polyfill/',
      },
    ),
    rule(
      'nest-at-the-rim',
      'Nest wires; it does not decide',
      {
        path: '^libs/(timer|engine|contract|kafka|postgres|runtime)/|^libs/(client|hooks)/src/(?!nest\\.ts)',
        pathNot: spec,
      },
      { path: 'node_modules/@nestjs/' },
    ),
    rule(
      'kafkajs-behind-one-door',
      'only libs/kafka imports kafkajs',
      { path: '^(libs|apps|bench)/', pathNot: `^libs/kafka/|${spec}` },
      { path: 'node_modules/kafkajs/' },
    ),
    rule(
      'no-test-code',
      'what ships does not import what tests',
      { path: '^(apps|libs)/', pathNot: `${spec}|^libs/testing/` },
      { path: '^(libs/testing|test)/' },
    ),
    rule('no-cycles', 'a cycle has no bottom', {}, { circular: true }),
    rule('no-orphan-alias', 'an alias that leads nowhere', {}, { couldNotResolve: true, pathNot: '^#' }),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
    webpackConfig: { fileName: '.dependency-cruiser.resolve.cjs' },
  },
};
